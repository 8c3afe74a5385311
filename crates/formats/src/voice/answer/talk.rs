//! How long somebody talks, and since when there is a pause.

use std::collections::VecDeque;

use super::FRAME_MS;
use crate::voice::spectrum::BINS;

/// Six seconds of frames are remembered; nothing that is asked needs more.
const REMEMBERED: usize = 300;
/// What is quieter than this is never talk (dB below a full-scale sine).
const QUIET_DB: f32 = -54.0;
/// Below this a line is off, not quiet: it says nothing about the noise where somebody speaks.
const OFF_DB: f32 = -75.0;
/// Talk is at most so far below its loudest moment: a television behind a caller is farther, a weak syllable seldom.
const BELOW_PEAK_DB: f32 = 9.0;
/// Talk stands so far above the steady noise …
const ABOVE_NOISE_DB: f32 = 5.0;
/// … and its loudest moment so far; what does not is a gust or a lorry.
const PEAK_ABOVE_NOISE_DB: f32 = 11.0;
/// A shorter pause lies between two syllables.
const BETWEEN_SYLLABLES: usize = 18;
/// What is shorter is a click.
const CLICK: usize = 4;
/// A pause that parts two sentences of one speaker; after a longer one somebody begins anew.
const BETWEEN_SENTENCES: usize = 70;
/// So much talk without waiting for an answer: a greeting. The longest hellos, with a name and a family, are shorter.
const GREETING: usize = 140;
/// How long a pause after a hello is waited for, in frames of talk and of pause: after up to 0.7 s of talk 1.2 s, after
/// up to 1.2 s 1.6 s, after more 1.9 s. The longer somebody talked, the likelier a machine only takes breath.
const PATIENCE: [(usize, usize); 3] = [(35, 60), (60, 80), (GREETING, 95)];

/// What was said so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Said {
    Nothing,
    /// Too little to tell.
    Unsure,
    /// Short, and then a pause that lasts since so many milliseconds.
    Hello {
        since_ms: u32,
    },
    /// Longer than anybody says hello.
    Greeting,
}

/// The loudness of the last seconds, frame by frame.
#[derive(Debug, Clone, Default)]
pub(super) struct Talk {
    frames_db: VecDeque<f32>,
    /// Whether most of that frame stands out of the steady noise, whatever it is.
    stands_out: VecDeque<bool>,
}

impl Talk {
    /// Takes the spectrum of one more frame; what counts is the band of the telephone, 190 Hz to 3.4 kHz.
    ///
    /// `clear` is the same without the steady noise.
    pub(super) fn push(&mut self, power: &[f32; BINS], clear: &[f32; BINS]) {
        if self.frames_db.len() == REMEMBERED {
            self.frames_db.pop_front();
            self.stands_out.pop_front();
        }
        let band: f32 = power[6..110].iter().sum();
        let loud_db = 10.0 * band.max(1e-12).log10();
        self.frames_db.push_back(loud_db);
        self.stands_out.push_back(loud_db > QUIET_DB && clear[6..110].iter().sum::<f32>() > 0.5 * band);
    }

    /// Whether something sounds most of the time, so that it is neither a quiet line nor noise.
    pub(super) fn sounds(&self) -> bool {
        2 * self.stands_out.iter().filter(|&&out| out).count() > self.stands_out.len()
    }

    pub(super) fn said(&self) -> Said {
        let bursts = self.bursts();
        let Some(&(_, end)) = bursts.last() else { return Said::Nothing };
        let pause = self.frames_db.len() - end;
        let talk = together(&bursts);
        let patience = PATIENCE.into_iter().find(|(longest, _)| talk <= *longest);
        let wait = patience.map_or(0, |(_, wait)| wait);
        if talk >= GREETING {
            Said::Greeting
        } else if pause >= wait {
            Said::Hello { since_ms: ms(pause) }
        } else {
            Said::Unsure
        }
    }

    /// How long somebody talked by now, without longer pauses.
    pub(super) fn talked_ms(&self) -> u32 {
        ms(together(&self.bursts()))
    }

    /// How long it is silent by now: neither talk nor music; all that is remembered where nothing was.
    pub(super) fn silent_ms(&self) -> u32 {
        let talk = self.bursts().last().map_or(0, |&(_, end)| end);
        let sound = self.stands_out.iter().rposition(|&out| out).map_or(0, |at| at + 1);
        ms(self.frames_db.len() - talk.max(sound))
    }

    /// Where somebody talks, from frame to frame, without the pauses between syllables and without clicks.
    fn bursts(&self) -> Vec<(usize, usize)> {
        let Some(threshold) = self.threshold_db() else { return Vec::new() };
        let mut bursts: Vec<(usize, usize)> = Vec::new();
        for (at, _) in self.frames_db.iter().enumerate().filter(|&(_, &loud)| loud > threshold) {
            match bursts.last_mut() {
                Some((_, end)) if at - *end <= BETWEEN_SYLLABLES => *end = at + 1,
                Some(_) | None => bursts.push((at, at + 1)),
            }
        }
        bursts.retain(|(start, end)| end - start >= CLICK);
        bursts
    }

    /// From where on a frame is talk; judged anew with every frame, so that what came before the first word is
    /// measured against that word.
    fn threshold_db(&self) -> Option<f32> {
        // The loudest moment that lasts; one loud frame alone is a click.
        let frames: Vec<f32> = self.frames_db.iter().copied().collect();
        let peak = frames.windows(3).map(|three| three[0].min(three[1]).min(three[2])).max_by(f32::total_cmp)?;
        let mut heard: Vec<f32> = frames.into_iter().filter(|&frame| frame > OFF_DB).collect();
        let tenth = heard.len() / 10;
        let noise = if heard.is_empty() { OFF_DB } else { *heard.select_nth_unstable_by(tenth, f32::total_cmp).1 };
        let threshold = (peak - BELOW_PEAK_DB).max(QUIET_DB).max(noise + ABOVE_NOISE_DB);
        (peak > noise + PEAK_ABOVE_NOISE_DB).then_some(threshold)
    }
}

/// Frames of talk since the last pause after which somebody begins anew.
fn together(bursts: &[(usize, usize)]) -> usize {
    let (mut talk, mut last_end) = (0, 0);
    for &(start, end) in bursts {
        if start - last_end > BETWEEN_SENTENCES {
            talk = 0;
        }
        talk += end - start;
        last_end = end;
    }
    talk
}

fn ms(frames: usize) -> u32 {
    u32::try_from(frames).unwrap_or(u32::MAX / FRAME_MS) * FRAME_MS
}
