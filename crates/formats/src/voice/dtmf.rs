//! Keys as tones in the sound itself, for trunks that carry no telephone events.
//!
//! Each key is a low and a high tone at once. Speech holds such pairs for moments too; what tells a key from a voice
//! is that nearly all the energy lies in the two tones, that they have no overtones, and that they last.
//!
//! Source: ITU-T Q.23 and Q.24: ±1.5 % of the frequency, 40 ms of tone, 40 ms between two keys, the high tone up to
//! 4 dB stronger and up to 8 dB weaker than the low one.

use super::spectrum::goertzel;

const LOW: [f32; 4] = [697.0, 770.0, 852.0, 941.0];
const HIGH: [f32; 4] = [1209.0, 1336.0, 1477.0, 1633.0];
const KEYS: [[char; 4]; 4] = [['1', '2', '3', 'A'], ['4', '5', '6', 'B'], ['7', '8', '9', 'C'], ['*', '0', '#', 'D']];

/// Samples looked at together, 12.75 ms: two whole ones fit into the shortest key.
const BLOCK: usize = 102;
/// A tone weaker than this (about −42 dBm0) is no key.
const FLOOR: f32 = 90.0 * 51.0 * 90.0 * 51.0;
/// The high tone may be 8 dB weaker than the low one …
const HIGH_WEAKER: f32 = 6.3;
/// … and 4 dB stronger.
const HIGH_STRONGER: f32 = 2.5;
/// How far a tone stands above the others of its group: 8 dB.
const ABOVE_OTHERS: f32 = 6.3;
/// Part of all the energy that the two tones hold; noise 12 dB below them has the rest.
const PURE: f32 = 0.86;
/// What an overtone may have of its tone: 6 dB below.
const OVERTONE: f32 = 0.25;

/// Hears keys in a stream of samples.
#[derive(Debug, Clone)]
pub struct Listener {
    waiting: Vec<f32>,
    /// The block before, for what needs a finer look than one block allows.
    before: Vec<f32>,
    hit: Option<char>,
    down: Option<char>,
    misses: u8,
}

impl Default for Listener {
    fn default() -> Self {
        let (waiting, before) = (Vec::with_capacity(BLOCK), vec![0.0; BLOCK]);
        Self { waiting, before, hit: None, down: None, misses: 0 }
    }
}

impl Listener {
    /// The key that went down within these samples, told once however long it is held.
    ///
    /// Any number of samples up to 40 ms may be pushed at once; two keys never fit into that.
    pub fn push(&mut self, samples: &[i16]) -> Option<char> {
        let mut key = None;
        for &sample in samples {
            self.waiting.push(f32::from(sample));
            if self.waiting.len() == BLOCK {
                key = key.or(self.block());
                std::mem::swap(&mut self.waiting, &mut self.before);
                self.waiting.clear();
            }
        }
        key
    }

    /// Two blocks in a row make a key; two without it end it.
    fn block(&mut self) -> Option<char> {
        let seen = pair(&self.waiting);
        let hit = seen.map(|(low, high)| KEYS[low][high]);
        let again = hit.is_some() && hit == self.hit;
        self.hit = hit;
        if self.down.is_some() && hit == self.down {
            self.misses = 0;
            return None;
        }
        if again && seen.is_some_and(|(low, high)| self.is_no_voice(low, high)) {
            (self.down, self.misses) = (hit, 0);
            return hit;
        }
        self.misses = self.misses.saturating_add(1);
        if self.misses >= 2 {
            self.down = None;
        }
        None
    }

    /// The guard against talk taken for a key: voices glide, so that over two blocks less is held by two tones, and they
    /// have overtones.
    fn is_no_voice(&self, low: usize, high: usize) -> bool {
        let both: Vec<f32> = self.before.iter().chain(&self.waiting).copied().collect();
        let tones = [LOW[low], HIGH[high]];
        is_pure(&both, tones) && tones.into_iter().all(|hz| goertzel(&both, 2.0 * hz) < OVERTONE * goertzel(&both, hz))
    }
}

/// Row and column of the pair that these samples hold.
fn pair(samples: &[f32]) -> Option<(usize, usize)> {
    let (low, low_power) = strongest(samples, LOW)?;
    let (high, high_power) = strongest(samples, HIGH)?;
    let loud = low_power > FLOOR && high_power > FLOOR;
    let balanced = high_power * HIGH_WEAKER > low_power && low_power * HIGH_STRONGER > high_power;
    (loud && balanced && is_pure(samples, [LOW[low], HIGH[high]])).then_some((low, high))
}

/// Whether nearly all energy lies in these two tones, each as far off as a key may be.
fn is_pure(samples: &[f32], tones: [f32; 2]) -> bool {
    let energy: f32 = samples.iter().map(|sample| sample * sample).sum();
    let half = f32::from(u16::try_from(samples.len()).unwrap_or(u16::MAX)) / 2.0;
    let power = |hz: f32| [0.988, 1.0, 1.012].map(|off| goertzel(samples, hz * off)).into_iter().fold(0.0, f32::max);
    // A sine alone has a Goertzel power of its energy times half the number of samples.
    tones.into_iter().map(power).sum::<f32>() > PURE * energy * half
}

/// The strongest tone of a group and its power, where it stands clearly above the others.
fn strongest(samples: &[f32], group: [f32; 4]) -> Option<(usize, f32)> {
    let powers = group.map(|hz| goertzel(samples, hz));
    let (at, &power) = powers.iter().enumerate().max_by(|(_, left), (_, right)| left.total_cmp(right))?;
    let above = powers.iter().enumerate().all(|(other, &weaker)| other == at || weaker * ABOVE_OTHERS < power);
    above.then_some((at, power))
}

#[cfg(test)]
mod tests {
    use super::super::g711::{decode_ulaw, encode_ulaw};
    use super::super::made::{Dice, mix, silence, talk, tones};
    use super::*;

    fn heard(samples: &[i16]) -> String {
        let mut listener = Listener::default();
        samples.chunks(160).filter_map(|frame| listener.push(frame)).collect()
    }

    /// Every key once: tone, then pause, in ms, each tone of that amplitude.
    fn typed(tone_ms: u32, pause_ms: u32, amplitudes: (f32, f32), detuned: f32) -> Vec<i16> {
        let mut samples = silence(100);
        for (row, low) in LOW.into_iter().enumerate() {
            for (column, high) in HIGH.into_iter().enumerate() {
                assert_ne!(KEYS[row][column], ' ');
                samples.extend(tones(&[(low * detuned, amplitudes.0), (high * detuned, amplitudes.1)], tone_ms));
                samples.extend(silence(pause_ms));
            }
        }
        samples
    }

    const ALL: &str = "123A456B789C*0#D";

    #[test]
    fn every_key_is_heard_once_over_the_range_of_the_recommendation() {
        for (label, tone_ms, pause_ms, amplitudes, detuned) in [
            ("plain", 100, 100, (4000.0, 4000.0), 1.0),
            ("shortest", 40, 40, (4000.0, 4000.0), 1.0),
            ("held for two seconds", 2000, 60, (4000.0, 4000.0), 1.0),
            ("high tone 7 dB weaker", 60, 60, (6000.0, 2700.0), 1.0),
            ("high tone 3 dB stronger", 60, 60, (3000.0, 4200.0), 1.0),
            ("as loud as can be", 60, 60, (15000.0, 15000.0), 1.0),
            ("very quiet", 60, 60, (150.0, 150.0), 1.0),
            ("1.5 % too high", 60, 60, (4000.0, 4000.0), 1.015),
            ("1.5 % too low", 60, 60, (4000.0, 4000.0), 0.985),
        ] {
            let samples = typed(tone_ms, pause_ms, amplitudes, detuned);
            assert_eq!(heard(&samples), ALL, "{label}");
            assert_eq!(heard(&decode_ulaw(&encode_ulaw(&samples))), ALL, "{label}, as µ-law");
        }
    }

    #[test]
    fn keys_are_heard_through_noise_15_db_below() {
        let mut dice = Dice::new(7);
        let clean = typed(80, 80, (3000.0, 3000.0), 1.0);
        let noise = dice.noise(clean.len(), 530.0);
        assert_eq!(heard(&mix(&clean, &noise)), ALL);
    }

    #[test]
    fn one_tone_or_a_pair_of_no_key_is_nothing() {
        for pair in [
            [(697.0, 5000.0), (0.0, 0.0)],
            [(350.0, 5000.0), (440.0, 5000.0)],
            [(480.0, 5000.0), (620.0, 5000.0)],
            [(1004.0, 8000.0), (0.0, 0.0)],
            [(740.0, 5000.0), (1209.0, 5000.0)],
            [(697.0, 8000.0), (1209.0, 1500.0)],
        ] {
            assert_eq!(heard(&tones(&pair, 1000)), "", "{pair:?}");
        }
    }

    #[test]
    fn talk_of_four_minutes_is_no_key() {
        for seed in 1..=6 {
            assert_eq!(heard(&talk(seed, 40_000)), "", "seed {seed}");
        }
    }

    #[test]
    fn a_key_with_overtones_is_a_voice() {
        let voice = [(697.0, 4000.0), (1209.0, 4000.0), (1394.0, 2800.0), (2418.0, 2800.0)];
        assert_eq!(heard(&tones(&voice, 300)), "");
    }
}
