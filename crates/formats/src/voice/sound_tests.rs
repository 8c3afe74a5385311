//! Tests of recordings: wav files made here, and small mp3, ogg and m4a files under `testdata/voice`.

use super::super::made::{Dice, silence, talk, tones};
use super::*;

/// A wav file of 16-bit samples at any rate, each sample on every channel.
fn wav(samples: &[i16], rate: u32, channels: u16) -> Vec<u8> {
    let data: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes().repeat(usize::from(channels))).collect();
    let length = u32::try_from(data.len()).unwrap();
    let mut wav = b"RIFF".to_vec();
    wav.extend((length + 36).to_le_bytes());
    wav.extend(b"WAVEfmt \x10\0\0\0\x01\0");
    wav.extend(channels.to_le_bytes());
    wav.extend(rate.to_le_bytes());
    wav.extend((rate * 2 * u32::from(channels)).to_le_bytes());
    wav.extend((2 * channels).to_le_bytes());
    wav.extend(b"\x10\0data");
    wav.extend(length.to_le_bytes());
    wav.extend(data);
    wav
}

#[expect(clippy::cast_precision_loss, reason = "seconds of sound")]
fn rms(samples: &[i16]) -> f32 {
    (samples.iter().map(|&sample| f32::from(sample).powi(2)).sum::<f32>() / samples.len() as f32).sqrt()
}

/// Power of the tone against all, in a stretch of 256 samples.
fn holds(samples: &[i16], hz: f32) -> bool {
    let part: Vec<f32> = samples[4000..4256].iter().map(|&sample| f32::from(sample)).collect();
    let energy: f32 = part.iter().map(|sample| sample * sample).sum();
    super::super::spectrum::goertzel(&part, hz) > 0.9 * energy * 128.0
}

#[test]
fn any_rate_and_channel_count_becomes_the_same_tone_at_8_khz() {
    for (rate, channels) in
        [(8000, 1), (8000, 2), (11_025, 1), (16_000, 1), (22_050, 1), (44_100, 2), (48_000, 2), (96_000, 1)]
    {
        // The tone is made at 8 kHz and claimed to be sampled `rate` times a second, so it is that much higher.
        let claimed: Vec<i16> =
            tones(&[(500.0 * 8000.0 / f32::from(u16::try_from(rate / 2).unwrap()) / 2.0, 9000.0)], rate / 4);
        let heard = decode(&wav(&claimed, rate, channels), "bell.wav").unwrap();
        assert!(heard.len().abs_diff(16_000) <= 2, "{rate}: {}", heard.len());
        assert!(holds(&heard, 500.0), "{rate} Hz, {channels} channels");
    }
}

#[test]
fn quiet_and_loud_recordings_are_played_equally_loud() {
    let spoken = talk(3, 4000);
    for divisor in [1, 4, 20] {
        let quiet: Vec<i16> = spoken.iter().map(|sample| sample / divisor).collect();
        let heard = decode(&wav(&quiet, 8000, 1), "principal.wav").unwrap();
        let decibels = 20.0 * (rms(&heard) / TARGET_RMS).log10();
        assert!((-4.0..1.5).contains(&decibels), "a {divisor}th: {decibels} dB from the target");
        assert!(heard.iter().all(|sample| sample.unsigned_abs() <= 32_000), "no crackle");
    }
}

#[test]
fn long_pauses_do_not_make_the_rest_louder() {
    let mut with_pauses = talk(3, 4000);
    with_pauses.extend(silence(12_000));
    let heard = decode(&wav(&with_pauses, 8000, 1), "slow.wav").unwrap();
    let alone = decode(&wav(&talk(3, 4000), 8000, 1), "fast.wav").unwrap();
    assert!((rms(&heard[..32_000]) / rms(&alone) - 1.0).abs() < 0.02);
}

#[test]
fn what_we_write_is_what_we_read() {
    let heard = decode(&wav(&talk(9, 2000), 8000, 1), "a.wav").unwrap();
    let again = decode(&to_wav(&heard), "a.wav").unwrap();
    assert_eq!(heard.len(), again.len());
    assert!((rms(&heard) / rms(&again) - 1.0).abs() < 0.03);
}

/// Made by `sox -n -r 8000 -e mu-law telephone.wav synth 1 sine 440` and `sox -n -r 16000 -b 24 studio.wav …`.
#[test]
fn telephone_and_studio_wavs_are_understood() {
    for bytes in [
        include_bytes!("../../testdata/voice/telephone.wav").as_slice(),
        include_bytes!("../../testdata/voice/studio.wav"),
    ] {
        let heard = decode(bytes, "a.wav").unwrap();
        assert!(heard.len().abs_diff(8000) <= 2, "{}", heard.len());
        assert!(holds(&heard, 440.0));
    }
}

/// Three seconds of a 440 Hz tone, made by `sox -n -r 22050 tone.EXT synth 3 sine 440`.
#[test]
fn mp3_and_ogg_are_understood_whatever_their_name() {
    for (label, bytes) in [
        ("mp3", include_bytes!("../../testdata/voice/tone.mp3").as_slice()),
        ("ogg", include_bytes!("../../testdata/voice/tone.ogg").as_slice()),
    ] {
        for name in [format!("tone.{label}"), "tone".to_owned(), "tone.wav".to_owned()] {
            let heard = decode(bytes, &name).unwrap();
            assert!(heard.len().abs_diff(24_000) < 1200, "{name}: {}", heard.len());
            assert!(holds(&heard, 440.0), "{label} as {name}");
        }
    }
}

#[test]
fn errors_say_what_and_how_to_mend() {
    let text = |bytes: &[u8], name: &str| decode(bytes, name).unwrap_err().to_string();
    let said = "is no sound file that is understood; save it as wav, mp3, m4a or ogg (Vorbis)";
    assert_eq!(text(b"%PDF-1.7 and so on", "flyer.pdf"), format!("flyer.pdf: {said}"));
    assert_eq!(text(b"", "empty.mp3"), format!("empty.mp3: {said}"));
    let opus = [
        b"OggS\0\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\x13".as_slice(),
        b"OpusHead\x01\x01\0\0\0\0\0\0\0\0\0",
    ]
    .concat();
    assert_eq!(text(&opus, "a.ogg"), "a.ogg: holds Opus sound, which is not understood; save it as wav or mp3");
    assert_eq!(
        text(&wav(&silence(2000), 8000, 1), "a.wav"),
        "a.wav: is silent; see whether the microphone was on, and record it again"
    );
    assert_eq!(
        text(&wav(&talk(1, 300), 8000, 1), "a.wav"),
        "a.wav: is shorter than half a second; record the whole message"
    );
    assert_eq!(
        text(&wav(&talk(1, 300), 200_000, 1), "a.wav"),
        "a.wav: is sampled 200000 times a second; save it with 8,000 to 96,000"
    );
    let long = vec![500i16; 8000 * 301];
    assert_eq!(
        text(&wav(&long, 8000, 1), "a.wav"),
        "a.wav: is longer than 5 minutes; shorten the message, people hang up long before"
    );
    let big = vec![0u8; (MAX_MIB << 20) + 1];
    assert_eq!(text(&big, "a.wav"), "a.wav: has more than 25 MiB; save it as mp3, or make it shorter");
}

#[test]
fn damaged_and_random_bytes_are_refused_or_read_and_never_harm() {
    let mut dice = Dice::new(11);
    let whole = wav(&talk(2, 3000), 22_050, 1);
    let mp3 = include_bytes!("../../testdata/voice/tone.mp3");
    let ogg = include_bytes!("../../testdata/voice/tone.ogg");
    for source in [whole.as_slice(), mp3, ogg] {
        for _ in 0..60 {
            let mut bytes = source.to_vec();
            for _ in 0..8 {
                let length = f32::from(u16::try_from(bytes.len().min(60_000)).unwrap());
                let at = usize::from(super::super::made::sample(dice.between(0.0, length / 2.0)).unsigned_abs());
                bytes[at] = dice.throw().to_bits().to_le_bytes()[1];
            }
            let cut =
                bytes.len() / 2 + usize::from(super::super::made::sample(dice.between(0.0, 3000.0)).unsigned_abs());
            bytes.truncate(cut);
            if let Ok(heard) = decode(&bytes, "x") {
                assert!(heard.len() <= 8000 * 301);
            }
        }
    }
}
