//! The steady noise behind a call, and what stands out of it.

use crate::voice::spectrum::BINS;

/// The steady noise at each frequency, followed slowly upwards and fast downwards.
#[derive(Debug, Clone)]
pub(super) struct Noise {
    smooth: [f32; BINS],
    floor: [f32; BINS],
}

impl Default for Noise {
    fn default() -> Self {
        Self { smooth: [0.0; BINS], floor: [f32::MAX; BINS] }
    }
}

impl Noise {
    /// What stands out of the noise. One frame of noise may have several times its mean.
    pub(super) fn less(&mut self, power: &[f32; BINS]) -> [f32; BINS] {
        if self.floor[0] >= f32::MAX {
            self.smooth = beginning(power);
        }
        let mut rest = *power;
        for ((rest, smooth), floor) in rest.iter_mut().zip(&mut self.smooth).zip(&mut self.floor) {
            *smooth += 0.2 * (*rest - *smooth);
            // Upwards by 4 dB a second: the longest beep does not become noise.
            *floor = smooth.min(*floor * 1.02 + 1e-12);
            *rest = (*rest - 6.0 * *floor).max(0.0);
        }
        rest
    }
}

/// What one frame alone tells of the noise: each frequency together with its neighbours, for alone it may be anything.
fn beginning(power: &[f32; BINS]) -> [f32; BINS] {
    let mut smooth = [0.0; BINS];
    for (at, smooth) in smooth.iter_mut().enumerate() {
        let near = &power[at.saturating_sub(4)..(at + 5).min(BINS)];
        *smooth = near.iter().sum::<f32>() / f32::from(u8::try_from(near.len()).unwrap_or(u8::MAX));
    }
    smooth
}
