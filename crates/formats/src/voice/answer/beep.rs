//! The end of a machine's beep: a steady tone, or two at once, and then silence.

use crate::voice::spectrum::{BIN_HZ, BINS};

/// Beeps lie between 350 and 2000 Hz, give or take what a bin is wide.
const LOWEST_HZ: f32 = 335.0;
const HIGHEST_HZ: f32 = 2030.0;
/// A second tone or an overtone may be higher.
const HIGHEST_SECOND_HZ: f32 = 3500.0;
/// Part of all power, less the steady noise, that the one or two tones hold.
const PURE: f32 = 0.88;
/// How weak a second tone may be and still be one.
const SECOND: f32 = 0.03;
/// Quieter tones are the line's own (dB below a full-scale sine, as power).
const FLOOR: f32 = 1.6e-5;
/// How far a tone may wander from frame to frame; voices glide farther.
const STEADY_HZ: f32 = 10.0;
/// Frames of the shortest beep, 100 ms, less what its ends cover only in part.
const SHORTEST: u32 = 5;
/// The same where the tone is heard only because the noise was taken away, 200 ms: of a voice in noise two strong
/// overtones may be left.
const SHORTEST_IN_NOISE: u32 = 9;
/// Below so many Hz lie the strong overtones of voices, which may hold for a moment: a beep there lasts 160 ms.
const OVERTONES_BELOW_HZ: f32 = 520.0;
const SHORTEST_AMONG_OVERTONES: u32 = 8;
/// How far a beep drifts from its beginning to its end, at most, among overtones and above them, unless it lasts so long
/// that no voice holds it.
const DRIFT_HZ: (f32, f32) = (3.0, 5.0);
const LONGER_THAN_A_VOICE: (u32, u32) = (14, 9);
/// Frames of the longest: what goes on is a dial tone.
const LONGEST: u32 = 225;
/// Frames of silence after a beep, 0.4 s, before it is believed: music goes on, and some machines beep several times.
const SILENCE: u32 = 20;
/// The same after several tones of different height, 1.2 s: a tune may pause before the beep comes.
const SILENCE_AFTER_MELODY: u32 = 60;
/// Tones of different height within so many frames, 4 s, are a melody.
const MELODY: u32 = 200;
/// Silence is so much weaker than the beep was.
const WEAKER: f32 = 0.06;
/// Frames within that silence that may be louder: the clack of a recorder.
const CLACKS: u32 = 4;

/// One or two steady frequencies, the stronger first.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Tone {
    first_hz: f32,
    second_hz: Option<f32>,
    power: f32,
}

#[derive(Debug, Clone, Copy)]
struct Run {
    /// As it was last: some beeps die away like a bell.
    tone: Tone,
    /// The power of its loudest frame.
    peak: f32,
    /// Its lowest and highest frequency, but for the frame in which it begins or ends.
    range_hz: (f32, f32),
    frames: u32,
    /// Of these, frames in which it is a tone also with the noise.
    clear: u32,
}

#[derive(Debug, Clone, Copy)]
struct Ended {
    beep: Beep,
    power: f32,
    frames: u32,
    loud: u32,
}

/// The end of a beep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Beep {
    pub(super) at_ms: u32,
    /// Longer than any voice holds a tone, so that it is a beep also where no machine was heard before.
    pub(super) firm: bool,
}

/// Hears beeps in a stream of spectra.
#[derive(Debug, Clone)]
pub(super) struct Beeps {
    run: Option<Run>,
    /// The tone that ended last, until it is clear what follows.
    ended: Option<Ended>,
    /// The tone before the present one, for those that come in threes.
    before_hz: f32,
    /// Frames since the last tone that was of another height than the one before it.
    since_change: u32,
}

impl Default for Beeps {
    fn default() -> Self {
        Self { run: None, ended: None, before_hz: 0.0, since_change: MELODY }
    }
}

impl Beeps {
    /// Takes one more frame, with the steady noise and without it; the end of a beep, once enough silence followed it.
    pub(super) fn push(&mut self, power: &[f32; BINS], clear: &[f32; BINS], now_ms: u32) -> Option<Beep> {
        let all: f32 = clear[3..116].iter().sum();
        let tone = tone_of(clear, all);
        let also_in_noise = u32::from(tone_of(power, power[3..116].iter().sum()).is_some());
        self.since_change = self.since_change.saturating_add(1);
        match (self.run, tone) {
            (Some(run), Some(tone)) if run.tone.is_near(tone) => {
                self.run = Some(run.and(tone, also_in_noise));
            }
            (run, tone) => {
                if let Some(run) = run {
                    self.end(run, now_ms);
                }
                self.run = tone.map(|tone| Run::of(tone, also_in_noise));
            }
        }
        self.after(all)
    }

    /// Whether a tone sounds, or ended so lately that it may still turn out to be the beep.
    pub(super) fn undecided(&self) -> bool {
        self.ended.is_some() || self.run.is_some_and(|run| (SHORTEST..=LONGEST).contains(&run.frames))
    }

    /// Whether tones of different height came lately.
    pub(super) fn is_melody(&self) -> bool {
        self.since_change < MELODY
    }

    fn end(&mut self, run: Run, now_ms: u32) {
        if !run.is_no_voice() {
            return;
        }
        let before_hz = std::mem::replace(&mut self.before_hz, run.tone.first_hz);
        if before_hz > 0.0 && !near(before_hz, run.tone.first_hz, 2.0 * STEADY_HZ) {
            self.since_change = 0;
        }
        let special_information =
            near(run.tone.first_hz, 1776.7, 20.0) && (near(before_hz, 1370.6, 20.0) || near(before_hz, 1428.5, 20.0));
        let beep = run.frames <= LONGEST && !special_information && !run.tone.is_of_the_network(run.frames);
        // The frame that is no tone any more began one frame ago.
        let at_ms = now_ms.saturating_sub(super::FRAME_MS);
        let found = Beep { at_ms, firm: run.frames >= run.limits().2 };
        self.ended = beep.then_some(Ended { beep: found, power: run.peak, frames: 0, loud: 0 });
    }

    fn after(&mut self, all: f32) -> Option<Beep> {
        let ended = self.ended.as_mut()?;
        ended.frames += 1;
        // The first two frames still hold some of the tone.
        if ended.frames > 2 && all > ended.power * WEAKER {
            ended.loud += 1;
        }
        if ended.loud > CLACKS {
            self.ended = None;
            return None;
        }
        let patience = if self.since_change < MELODY { SILENCE_AFTER_MELODY } else { SILENCE };
        let believed = ended.frames >= patience;
        let beep = ended.beep;
        believed.then(|| {
            self.ended = None;
            beep
        })
    }
}

impl Run {
    fn of(tone: Tone, clear: u32) -> Self {
        Self { tone, peak: tone.power, range_hz: (f32::MAX, f32::MIN), frames: 1, clear }
    }

    fn and(self, tone: Tone, clear: u32) -> Self {
        let (low, high) = self.range_hz;
        // What was the last frame until now is within the tone, unless it was the first.
        let hz = self.tone.first_hz;
        let range_hz = if self.frames > 1 { (low.min(hz), high.max(hz)) } else { self.range_hz };
        Self { tone, peak: self.peak.max(tone.power), range_hz, frames: self.frames + 1, clear: self.clear + clear }
    }
}

impl Run {
    /// Whether it is longer and steadier than what a voice holds.
    fn is_no_voice(self) -> bool {
        let (shortest, drift_hz, long) = self.limits();
        let (low, high) = self.range_hz;
        let long_enough = self.clear >= shortest || self.frames >= shortest.max(SHORTEST_IN_NOISE);
        long_enough && (high - low <= drift_hz || self.frames >= long)
    }

    /// At its height: the frames of the shortest beep, how far it may drift, and from how many frames on it is no voice.
    fn limits(self) -> (u32, f32, u32) {
        if self.tone.first_hz < OVERTONES_BELOW_HZ {
            (SHORTEST_AMONG_OVERTONES, DRIFT_HZ.0, LONGER_THAN_A_VOICE.0)
        } else {
            (SHORTEST, DRIFT_HZ.1, LONGER_THAN_A_VOICE.1)
        }
    }
}

impl Tone {
    fn is_near(self, other: Self) -> bool {
        let second = match (self.second_hz, other.second_hz) {
            (Some(one), Some(other)) => near(one, other, 2.0 * STEADY_HZ),
            // A faint overtone comes and goes.
            (None, _) | (_, None) => true,
        };
        near(self.first_hz, other.first_hz, STEADY_HZ) && second && other.power > self.power * 0.2
    }

    /// Dial tone, ringing and busy, and the pairs of keys: no machine beeps with these.
    ///
    /// Source: ITU-T E.180 supplement 2 (North America), ITU-T Q.23.
    fn is_of_the_network(self, frames: u32) -> bool {
        // 440 and 480 Hz are too near each other to be told apart here; a beep there is shorter than a ring.
        if frames > 45 && near(self.first_hz, 460.0, 14.0) {
            return true;
        }
        let Some(second) = self.second_hz else { return false };
        let (low, high) = if second < self.first_hz { (second, self.first_hz) } else { (self.first_hz, second) };
        let is_pair = |pair: (f32, f32)| near(low, pair.0, 16.0) && near(high, pair.1, 24.0);
        let key = [697.0, 770.0, 852.0, 941.0]
            .into_iter()
            .any(|row| [1209.0, 1336.0, 1477.0, 1633.0].into_iter().any(|column| is_pair((row, column))));
        key || is_pair((350.0, 440.0)) || is_pair((480.0, 620.0))
    }
}

fn near(one: f32, other: f32, within: f32) -> bool {
    (one - other).abs() <= within
}

/// The one or two tones that hold nearly all of this frame.
fn tone_of(power: &[f32; BINS], all: f32) -> Option<Tone> {
    if all < FLOOR {
        return None;
    }
    let first = strongest(power, None)?;
    let (first_hz, first_power) = lobe(power, first, None);
    let in_range = (LOWEST_HZ..=HIGHEST_HZ).contains(&first_hz);
    let second = strongest(power, Some(first));
    let second = second.map(|at| lobe(power, at, Some(first))).filter(|(_, power)| *power >= SECOND * first_power);
    let both = first_power + second.map_or(0.0, |(_, power)| power);
    let second_fits = second.is_none_or(|(hz, _)| (300.0..=HIGHEST_SECOND_HZ).contains(&hz));
    let is_tone = in_range && (first_power >= PURE * all || (second_fits && both >= PURE * all));
    is_tone.then(|| Tone { first_hz, second_hz: second.map(|(hz, _)| hz), power: all })
}

/// The strongest bin of the telephone's band, leaving out the neighbours of another.
fn strongest(power: &[f32; BINS], beside: Option<usize>) -> Option<usize> {
    (5..112usize)
        .filter(|&at| beside.is_none_or(|other| at.abs_diff(other) > 2))
        .max_by(|&left, &right| power[left].total_cmp(&power[right]))
}

/// Frequency and power of the tone at that bin: the window spreads it over two bins on each side, less those of
/// another tone beside it.
fn lobe(power: &[f32; BINS], at: usize, beside: Option<usize>) -> (f32, f32) {
    let (mut sum, mut weighed) = (0.0, 0.0);
    for (offset, bin) in (-2i8..=2).zip(at - 2..=at + 2) {
        if beside.is_none_or(|other| bin.abs_diff(other) > 2) {
            sum += power[bin];
            weighed += power[bin] * f32::from(offset);
        }
    }
    let centre = f32::from(u16::try_from(at).unwrap_or(u16::MAX));
    ((centre + weighed / sum.max(f32::MIN_POSITIVE)) * BIN_HZ, sum)
}
