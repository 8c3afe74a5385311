//! What frequencies a short piece of telephone audio holds.

use std::f32::consts::TAU;
use std::sync::{Arc, LazyLock};

use realfft::num_complex::Complex;
use realfft::{RealFftPlanner, RealToComplex};

/// Samples of one look: 32 ms.
pub(super) const WINDOW: usize = 256;
/// Frequencies of one look, 31.25 Hz apart, from 0 Hz to 4 kHz.
pub(super) const BINS: usize = WINDOW / 2 + 1;
/// Hz between two neighbouring bins.
pub(super) const BIN_HZ: f32 = 31.25;

/// The transform's table, computed once and shared by all calls.
static TRANSFORM: LazyLock<Arc<dyn RealToComplex<f32>>> =
    LazyLock::new(|| RealFftPlanner::<f32>::new().plan_fft_forward(WINDOW));

/// Hann's window, so that a pure tone stays within two bins on each side.
static HANN: LazyLock<[f32; WINDOW]> = LazyLock::new(|| {
    let mut weights = [0.0; WINDOW];
    for (at, weight) in (0u16..).zip(&mut weights) {
        *weight = 0.5 - 0.5 * (TAU * f32::from(at) / 256.0).cos();
    }
    weights
});

/// Power at each bin; a full-scale sine has about 1 in all.
pub(super) fn power(samples: &[i16; WINDOW]) -> [f32; BINS] {
    let mut input = [0.0f32; WINDOW];
    for ((value, sample), weight) in input.iter_mut().zip(samples).zip(HANN.iter()) {
        *value = f32::from(*sample) / 32768.0 * weight;
    }
    let mut output = [Complex::new(0.0f32, 0.0); BINS];
    let mut scratch = vec![Complex::new(0.0f32, 0.0); TRANSFORM.get_scratch_len()];
    TRANSFORM.process_with_scratch(&mut input, &mut output, &mut scratch).expect("the lengths are those of the plan");
    // A sine of amplitude 1 leaves |X|² = (N/4)² at its bin under this window, and a quarter of it on either side.
    output.map(|bin| bin.norm_sqr() / (64.0 * 64.0 * 1.5))
}

/// Power of one frequency in these samples, by Goertzel's recurrence: (amplitude · length / 2)² for a sine.
pub(super) fn goertzel(samples: &[f32], hz: f32) -> f32 {
    let coefficient = 2.0 * (TAU * hz / 8000.0).cos();
    let (mut last, mut before) = (0.0f32, 0.0f32);
    for sample in samples {
        let next = sample + coefficient * last - before;
        before = last;
        last = next;
    }
    last * last + before * before - coefficient * last * before
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sine(hz: f32, amplitude: f32) -> [i16; WINDOW] {
        let mut samples = [0; WINDOW];
        for (at, sample) in (0u16..).zip(&mut samples) {
            #[expect(clippy::cast_possible_truncation, reason = "a sine of that amplitude fits")]
            let value = (amplitude * (TAU * hz * f32::from(at) / 8000.0).sin()) as i16;
            *sample = value;
        }
        samples
    }

    #[test]
    fn a_tone_stands_at_its_bin_with_its_power() {
        let power = power(&sine(1000.0, 32767.0));
        let all: f32 = power.iter().sum();
        assert!((all - 1.0).abs() < 0.02, "{all}");
        assert!(power[30..=34].iter().sum::<f32>() > 0.999 * all);
    }

    #[test]
    fn goertzel_hears_its_frequency_and_no_other() {
        let samples = sine(770.0, 1000.0).map(f32::from);
        let own = goertzel(&samples, 770.0);
        assert!((own / (1000.0f32 * 128.0).powi(2) - 1.0).abs() < 0.03, "{own}");
        assert!(goertzel(&samples, 1209.0) < 0.001 * own);
    }
}
