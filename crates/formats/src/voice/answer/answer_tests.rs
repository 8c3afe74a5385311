//! Tests of the listener on sounds made here; the labelled set of recordings is made by `scripts/voice-set`.

use super::super::made::{Dice, mix, silence, talk, tones};
use super::*;

/// Everything that is told, each with the time at which it was.
fn told(samples: &[i16]) -> Vec<(u32, Heard)> {
    let mut listener = Listener::default();
    let mut now_ms = 0;
    let mut told = Vec::new();
    for frame in samples.chunks(FRAME) {
        now_ms += FRAME_MS;
        told.extend(listener.push(frame).map(|heard| (now_ms, heard)));
    }
    told
}

fn line(parts: &[Vec<i16>]) -> Vec<i16> {
    parts.concat()
}

fn beep(hz: f32, ms: u32) -> Vec<i16> {
    tones(&[(hz, 8000.0)], ms)
}

fn at(heard: Option<&(u32, Heard)>) -> Option<u32> {
    heard.map(|(_, heard)| match heard {
        Heard::Human { at_ms } | Heard::Machine { at_ms } | Heard::Beep { at_ms } => *at_ms,
        Heard::Silence => 0,
    })
}

#[test]
fn a_hello_and_a_pause_is_a_person_within_two_seconds() {
    for (seed, length) in [(1, 250), (2, 400), (3, 700), (4, 1100), (5, 1800)] {
        let told = told(&line(&[silence(600), talk(seed, length), silence(6000)]));
        assert!(
            matches!(told.as_slice(), [(now, Heard::Human { .. })] if *now <= 600 + length + 2000),
            "{length} ms: {told:?}"
        );
        assert!(at(told.first()).is_some_and(|at| at.abs_diff(600 + length) <= 200), "{length} ms: {told:?}");
    }
}

#[test]
fn a_greeting_is_a_machine_and_its_beep_starts_the_voicemail() {
    for (seed, hz) in [(1, 350.0), (2, 440.0), (3, 1000.0), (4, 1400.0), (5, 2000.0)] {
        let greeting = line(&[silence(500), talk(seed, 6000), silence(700)]);
        let told = told(&line(&[greeting, beep(hz, 400), silence(3000)]));
        assert!(matches!(told.as_slice(), [(_, Heard::Machine { .. }), (_, Heard::Beep { .. })]), "{hz} Hz: {told:?}");
        assert!(at(told.last()).is_some_and(|at| at.abs_diff(7600) <= 60), "{hz} Hz: {told:?}");
    }
}

#[test]
fn a_short_greeting_is_known_by_its_beep() {
    for tone in [tones(&[(620.0, 5000.0), (1100.0, 5000.0)], 300), beep(1400.0, 250), beep(850.0, 1500)] {
        let length = u32::try_from(tone.len() / 8).unwrap();
        let told = told(&line(&[silence(300), talk(8, 1500), silence(400), tone, silence(3000)]));
        assert!(at(told.last()).is_some_and(|at| at.abs_diff(2200 + length) <= 60), "{length}: {told:?}");
        assert!(matches!(told.last(), Some((_, Heard::Beep { .. }))), "{told:?}");
    }
}

#[test]
fn without_a_beep_the_voicemail_begins_after_a_long_silence() {
    let told = told(&line(&[silence(300), talk(6, 6000), silence(9000)]));
    assert!(
        matches!(told.as_slice(), [(_, Heard::Machine { .. }), (now, Heard::Silence)] if *now < 10_500),
        "{told:?}"
    );
}

#[test]
fn who_says_nothing_is_played_the_message() {
    let mut dice = Dice::new(5);
    for line in [silence(9000), dice.noise(72_000, 40.0), dice.noise(72_000, 300.0)] {
        let told = told(&line);
        assert!(matches!(told.as_slice(), [(4000, Heard::Silence)]), "{told:?}");
    }
}

#[test]
fn a_hello_in_noise_is_a_person() {
    let mut dice = Dice::new(6);
    for rms in [50.0, 200.0, 500.0] {
        let noise = dice.noise(64_000, rms);
        let told = told(&mix(&noise, &line(&[silence(900), talk(4, 600), silence(6000)])));
        assert!(matches!(told.as_slice(), [(now, Heard::Human { .. })] if *now < 3500), "noise {rms}: {told:?}");
    }
}

#[test]
fn a_machine_that_says_hello_first_is_mended_at_its_beep() {
    let parts =
        [silence(300), talk(2, 400), silence(1600), talk(3, 4000), silence(500), beep(1000.0, 500), silence(3000)];
    let told = told(&line(&parts));
    assert!(matches!(told.as_slice(), [(_, Heard::Human { .. }), (_, Heard::Beep { .. })]), "{told:?}");
}

#[test]
fn tones_of_the_network_and_keys_are_no_beep() {
    for (label, tone) in [
        ("dial tone", tones(&[(350.0, 5000.0), (440.0, 5000.0)], 2000)),
        ("ringing", tones(&[(440.0, 5000.0), (480.0, 5000.0)], 2000)),
        ("busy", tones(&[(480.0, 5000.0), (620.0, 5000.0)], 500)),
        ("key 1", tones(&[(697.0, 5000.0), (1209.0, 5000.0)], 150)),
        ("key 5", tones(&[(770.0, 5000.0), (1336.0, 5000.0)], 150)),
        ("not in service", line(&[beep(913.8, 274), beep(1370.6, 274), beep(1776.7, 380)])),
        ("too high", beep(2600.0, 500)),
        ("a click", beep(1000.0, 30)),
    ] {
        let told = told(&line(&[silence(400), tone, silence(1500)]));
        assert!(!told.iter().any(|(_, heard)| matches!(heard, Heard::Beep { .. })), "{label}: {told:?}");
    }
}

#[test]
fn a_tone_within_music_is_no_beep() {
    let tune = line(&[beep(523.0, 300), beep(659.0, 300), beep(784.0, 300), beep(1046.0, 600), talk(4, 2000)]);
    let told = told(&line(&[tune.clone(), tune, silence(400), beep(1000.0, 400), silence(2000)]));
    assert!(
        matches!(told.as_slice(), [(_, Heard::Machine { .. }), (_, Heard::Beep { at_ms })] if at_ms.abs_diff(7800) <= 60),
        "{told:?}"
    );
}

#[test]
fn pieces_of_any_length_tell_the_same() {
    let call = line(&[silence(500), talk(3, 5000), silence(700), beep(900.0, 400), silence(2000)]);
    let mut wanted = Vec::new();
    let mut listener = Listener::default();
    wanted.extend(call.chunks(160).filter_map(|frame| listener.push(frame)));
    for length in [1, 80, 97, 240] {
        let mut listener = Listener::default();
        let told: Vec<Heard> = call.chunks(length).filter_map(|piece| listener.push(piece)).collect();
        assert_eq!(told, wanted, "{length} samples at once");
    }
}
