//! Who answered: a person, or a machine that records after its beep.
//!
//! A person says a short hello and waits; a machine talks on. So what counts is how long somebody talks before the
//! first pause, measured against the loudest of it, so that a television behind a hello is a pause and weak syllables
//! of a greeting are none. A machine's message begins at the end of its beep (`beep`), never before. Who says nothing
//! at all is taken for a person.
//!
//! Errors are not alike: a person taken for a machine hears nothing, a machine taken for a person records the middle
//! of a message, until its beep is heard and the message begins anew. Where the evidence is even, it is a person.

mod beep;
mod noise;
mod talk;

use std::collections::VecDeque;

use self::beep::Beeps;
use self::noise::Noise;
use self::talk::{Said, Talk};
use super::FRAME;
use super::spectrum::{self, WINDOW};

/// What a listener knows now. Times are milliseconds since the first sample that was pushed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// A person said something short and waits: play the message. `at_ms` is where the pause began.
    Human { at_ms: u32 },
    /// Somebody talks as only a machine does: wait for the beep. `at_ms` is when that was certain.
    Machine { at_ms: u32 },
    /// A tone ended and silence followed: begin the voicemail, also when a message is being played already, for then
    /// a machine was taken for a person. `at_ms` is the end of the tone.
    Beep { at_ms: u32 },
    /// Nobody speaks. Before anything else was heard: play the message as for a person. After a machine's greeting:
    /// its beep did not come or was not heard; begin the voicemail.
    Silence,
}

/// Nobody said anything for so long: as after the usual patience of four seconds.
const NOBODY_MS: u32 = 4000;
/// Something that is neither talk nor noise went on for so long: music.
const MUSIC_MS: u32 = 5000;
/// No call is doubted longer.
const LONGEST_DOUBT_MS: u32 = 9000;
/// Where it never becomes silent, the voicemail begins without a beep so long after the verdict.
const LONGEST_GREETING_MS: u32 = 40_000;
/// How long a machine may be silent between greeting and beep.
const NO_BEEP_MS: u32 = 3500;
/// How long a machine's tune may pause before its beep.
const AFTER_MELODY_MS: u32 = 2000;
/// What a machine says at least before a short beep, that beep included.
const MORE_THAN_HELLO_MS: u32 = 1200;
/// How long after a verdict of a person a beep still mends it.
const MENDS_MS: u32 = 30_000;
/// The length of one frame.
const FRAME_MS: u32 = 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Nothing is known yet.
    Listening,
    /// A machine talks; its beep is waited for.
    AwaitsBeep {
        until_ms: u32,
    },
    /// The message is played to a person, or to what was taken for one.
    Plays {
        until_ms: u32,
    },
    Done,
}

/// Listens to one call from its answer on, to what comes from there only.
///
/// At most two things are told: who answered, and then the end of the beep or of the wait for it. A beep can come
/// alone.
#[derive(Debug, Clone)]
pub struct Listener {
    stage: Stage,
    now_ms: u32,
    /// Samples that are no whole frame yet.
    rest: Vec<i16>,
    /// The last `WINDOW` samples.
    window: VecDeque<i16>,
    noise: Noise,
    talk: Talk,
    beeps: Beeps,
}

impl Default for Listener {
    fn default() -> Self {
        Self {
            stage: Stage::Listening,
            now_ms: 0,
            rest: Vec::with_capacity(2 * FRAME),
            window: VecDeque::from(vec![0; WINDOW]),
            noise: Noise::default(),
            talk: Talk::default(),
            beeps: Beeps::default(),
        }
    }
}

impl Listener {
    /// What these samples tell; packets that were lost are pushed as silence, so that time goes on.
    ///
    /// Any number of samples may be pushed; with one packet at a time nothing is told late. After the beep, or the
    /// wait for it, nothing more is told.
    pub fn push(&mut self, samples: &[i16]) -> Option<Heard> {
        if self.stage == Stage::Done {
            return None;
        }
        self.rest.extend_from_slice(samples);
        let mut told = None;
        while told.is_none() && self.rest.len() >= FRAME {
            let frame: Vec<i16> = self.rest.drain(..FRAME).collect();
            told = self.frame(&frame);
        }
        told
    }

    fn frame(&mut self, frame: &[i16]) -> Option<Heard> {
        self.now_ms += FRAME_MS;
        self.window.drain(..FRAME);
        self.window.extend(frame);
        let mut window = [0; WINDOW];
        for (to, from) in window.iter_mut().zip(&self.window) {
            *to = *from;
        }
        let power = spectrum::power(&window);
        let clear = self.noise.less(&power);
        self.talk.push(&power, &clear);
        let beep = self.beeps.push(&power, &clear, self.now_ms);
        if let Some(beep) = beep.filter(|beep| beep.firm || self.may_end_in_a_beep()) {
            self.stage = Stage::Done;
            return Some(Heard::Beep { at_ms: beep.at_ms });
        }
        match self.stage {
            Stage::Listening => self.who(),
            Stage::AwaitsBeep { until_ms } => self.no_beep(until_ms),
            Stage::Plays { until_ms } => {
                if self.now_ms >= until_ms {
                    self.stage = Stage::Done;
                }
                None
            }
            Stage::Done => None,
        }
    }

    /// Of a hello a vowel may be left that looks like a short beep; a machine says more than a hello first.
    fn may_end_in_a_beep(&self) -> bool {
        self.stage != Stage::Listening || self.talk.talked_ms() >= MORE_THAN_HELLO_MS
    }

    fn who(&mut self) -> Option<Heard> {
        // A tone may be the beep of a machine that says little; its end decides.
        if self.beeps.undecided() {
            return None;
        }
        let plays = Stage::Plays { until_ms: self.now_ms + MENDS_MS };
        match self.talk.said() {
            Said::Nothing if self.now_ms >= MUSIC_MS && self.talk.sounds() => Some(self.machine()),
            Said::Nothing if self.now_ms >= NOBODY_MS && !self.talk.sounds() => {
                self.stage = plays;
                Some(Heard::Silence)
            }
            // A television may leave no pause at all; who said no greeting by then is a person.
            Said::Unsure if self.now_ms >= LONGEST_DOUBT_MS => {
                self.stage = plays;
                Some(Heard::Human { at_ms: self.now_ms })
            }
            Said::Nothing | Said::Unsure => None,
            // A tune that pauses is no hello.
            Said::Hello { since_ms } if self.beeps.is_melody() && since_ms < AFTER_MELODY_MS => None,
            Said::Hello { since_ms } => {
                self.stage = plays;
                Some(Heard::Human { at_ms: self.now_ms.saturating_sub(since_ms) })
            }
            Said::Greeting => Some(self.machine()),
        }
    }

    fn machine(&mut self) -> Heard {
        self.stage = Stage::AwaitsBeep { until_ms: self.now_ms + LONGEST_GREETING_MS };
        Heard::Machine { at_ms: self.now_ms }
    }

    fn no_beep(&mut self, until_ms: u32) -> Option<Heard> {
        let silent = !self.beeps.undecided() && self.talk.silent_ms() >= NO_BEEP_MS;
        (silent || self.now_ms >= until_ms).then(|| {
            self.stage = Stage::Done;
            Heard::Silence
        })
    }
}

#[cfg(test)]
#[path = "answer_tests.rs"]
mod tests;
