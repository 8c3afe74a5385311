//! Sounds that tests make: tones, noise, and talk that has the shape of speech.

use std::f32::consts::TAU;

/// Dice that fall the same way every time (xorshift).
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// Between 0 and 1.
    pub(super) fn throw(&mut self) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let [high, low, ..] = self.0.to_be_bytes();
        f32::from(u16::from_be_bytes([high, low])) / 65535.0
    }

    pub(super) fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.throw()
    }

    /// Noise of that root mean square.
    pub(super) fn noise(&mut self, length: usize, rms: f32) -> Vec<i16> {
        (0..length).map(|_| sample((self.throw() + self.throw() + self.throw() - 1.5) * 2.0 * rms)).collect()
    }
}

#[expect(clippy::cast_possible_truncation, reason = "clamped to what fits")]
pub(super) fn sample(value: f32) -> i16 {
    value.clamp(-32768.0, 32767.0) as i16
}

#[expect(clippy::cast_precision_loss, reason = "tests are far shorter than 2^24 samples")]
fn seconds(at: usize) -> f32 {
    at as f32 / 8000.0
}

fn length(ms: u32) -> usize {
    usize::try_from(ms * 8).unwrap_or(0)
}

pub(super) fn silence(ms: u32) -> Vec<i16> {
    vec![0; length(ms)]
}

/// Sines at once, each a frequency and an amplitude.
pub(super) fn tones(parts: &[(f32, f32)], ms: u32) -> Vec<i16> {
    let value = |at| parts.iter().map(|(hz, amplitude)| amplitude * (TAU * (hz * seconds(at)).fract()).sin()).sum();
    (0..length(ms)).map(|at| sample(value(at))).collect()
}

/// Both at once, as long as the longer.
pub(super) fn mix(left: &[i16], right: &[i16]) -> Vec<i16> {
    let at = |samples: &[i16], index: usize| samples.get(index).copied().unwrap_or(0);
    (0..left.len().max(right.len())).map(|index| at(left, index).saturating_add(at(right, index))).collect()
}

/// Syllables of a gliding voice with formants and hisses between them: the shape of speech, in no language.
pub(super) fn talk(seed: u64, ms: u32) -> Vec<i16> {
    let mut dice = Dice::new(seed);
    let base = dice.between(90.0, 230.0);
    let mut samples = Vec::with_capacity(length(ms));
    let mut phase = 0.0f32;
    while samples.len() < length(ms) {
        let syllable = length(120).max(usize::from(sample(dice.between(960.0, 2200.0)).unsigned_abs()));
        let (first, second) = (dice.between(280.0, 800.0), dice.between(900.0, 2400.0));
        let (from, to) = (base * dice.between(0.85, 1.25), base * dice.between(0.8, 1.2));
        let loud = dice.between(0.5, 1.0);
        for at in 0..syllable {
            let part = seconds(at) / seconds(syllable);
            phase = (phase + (from + (to - from) * part) / 8000.0).fract();
            samples.push(sample(loud * (part * TAU / 2.0).sin().powf(0.6) * voiced(phase, from, (first, second))));
        }
        if dice.throw() < 0.4 {
            let hiss = dice.noise(length(60), 500.0);
            samples.extend(hiss);
        }
        if dice.throw() < 0.15 {
            samples.extend(silence(120));
        }
    }
    samples.truncate(length(ms));
    samples
}

/// Overtones of a throat, weighed by two formants.
fn voiced(phase: f32, pitch: f32, formants: (f32, f32)) -> f32 {
    let near = |hz: f32, formant: f32| 1.0 / (1.0 + ((hz - formant) / 120.0).powi(2));
    (1u8..=24)
        .map(f32::from)
        .filter(|overtone| overtone * pitch < 3600.0)
        .map(|overtone| {
            let hz = overtone * pitch;
            (0.15 / overtone + near(hz, formants.0) + 0.5 * near(hz, formants.1)) * (TAU * phase * overtone).sin()
        })
        .sum::<f32>()
        * 5000.0
}
