//! What one call says and when, decided 20 ms by 20 ms on what is heard. No socket, no clock: a call is a row of ticks.
//!
//! A person gets the message at once and the keys after it. A machine is waited out: its voicemail begins after the
//! beep, once. Whoever presses a key is a person, whatever the greeting sounded like.

use std::sync::Arc;

use schoolbell_domain::delivery::reason::FailReason;
use schoolbell_domain::delivery::receipt::ReceiptStatus;
use schoolbell_formats::sip::Law;
use schoolbell_formats::voice::answer::{Heard, Listener};

use crate::voice::{Party, Prompts};

/// Ticks in a second.
const SECOND: u32 = 50;
/// Nobody has decided by then who answered: the message begins, so that a person is not kept waiting.
const UNDECIDED: u32 = 8 * SECOND;
/// A greeting without a beep for so long: the voicemail begins all the same.
const NO_BEEP: u32 = 30 * SECOND;
/// How long the keys are waited for after the menu.
const MENU: u32 = 7 * SECOND;

/// What goes out in one tick.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Say<'a> {
    Frame(&'a [u8]),
    Quiet,
    /// The call is over; hang up.
    Over,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Whoever answered speaks first.
    Waiting,
    Message(usize),
    Menu(usize),
    Keys(u32),
    /// A machine speaks; since so many ticks.
    Greeting(u32),
    Voicemail(usize),
    Confirmed(usize),
    Stopped(usize),
    Over,
}

/// One answered call.
pub(super) struct Talk {
    prompts: Arc<Prompts>,
    law: Law,
    listener: Listener,
    stage: Stage,
    party: Party,
    keys: String,
    ticks: u32,
    longest: u32,
    /// Most frames of the message, or of the voicemail, that went out in one go.
    played: usize,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Talked {
    pub party: Party,
    pub keys: String,
    pub length_ms: u64,
    pub status: ReceiptStatus,
    /// For the record.
    pub said: &'static str,
}

impl Talked {
    /// The audio's thread is gone: nobody can say what was heard.
    pub(super) fn unknown() -> Self {
        let status = ReceiptStatus::Undelivered(FailReason::ConnectionLost);
        Self { party: Party::Person, keys: String::new(), length_ms: 0, status, said: "the audio broke off" }
    }
}

impl Talk {
    /// `longest`: a call is never longer, in seconds.
    pub(super) fn new(prompts: Arc<Prompts>, law: Law, longest_s: u32) -> Self {
        Self {
            prompts,
            law,
            listener: Listener::default(),
            stage: Stage::Waiting,
            party: Party::Person,
            keys: String::new(),
            ticks: 0,
            longest: longest_s.saturating_mul(SECOND),
            played: 0,
        }
    }

    /// One tick: what was heard in these 20 ms, and the key that was pressed in them.
    pub(super) fn tick(&mut self, heard: &[i16], key: Option<char>) -> Say<'_> {
        self.ticks += 1;
        if let Some(key) = key {
            self.press(key);
        }
        self.listen(heard);
        if self.ticks >= self.longest {
            self.stage = Stage::Over;
        }
        self.advance();
        self.say()
    }

    fn press(&mut self, key: char) {
        self.keys.push(key);
        self.party = Party::Person;
        match (self.stage, key) {
            (Stage::Over | Stage::Stopped(_), _) => {}
            (_, '9') => self.stage = Stage::Stopped(0),
            // 4 says that it was understood, 5 to 8 answer a call about an absence.
            (Stage::Message(_) | Stage::Menu(_) | Stage::Keys(_), '4'..='8') => self.stage = Stage::Confirmed(0),
            // 1 asks for it again; to a machine that turns out to be a person it has not been said yet.
            (_, '1') | (Stage::Waiting | Stage::Greeting(_) | Stage::Voicemail(_), _) => self.stage = Stage::Message(0),
            (Stage::Message(_) | Stage::Menu(_) | Stage::Keys(_) | Stage::Confirmed(_), _) => {}
        }
    }

    fn listen(&mut self, heard: &[i16]) {
        // A key has told already; and during the voicemail there is nobody to hear.
        if !self.keys.is_empty() {
            return;
        }
        let listens = match self.stage {
            Stage::Waiting | Stage::Message(_) | Stage::Greeting(_) => true,
            Stage::Menu(_)
            | Stage::Keys(_)
            | Stage::Voicemail(_)
            | Stage::Confirmed(_)
            | Stage::Stopped(_)
            | Stage::Over => false,
        };
        let Some(told) = listens.then(|| self.listener.push(heard)).flatten() else { return };
        match (self.stage, told) {
            (Stage::Waiting, Heard::Human { .. } | Heard::Silence) => self.stage = Stage::Message(0),
            (Stage::Waiting | Stage::Message(_), Heard::Machine { .. }) => {
                self.party = Party::Machine;
                self.played = 0;
                self.stage = Stage::Greeting(0);
            }
            (Stage::Waiting | Stage::Message(_), Heard::Beep { .. })
            | (Stage::Greeting(_), Heard::Beep { .. } | Heard::Silence) => {
                self.party = Party::Machine;
                self.played = 0;
                self.stage = Stage::Voicemail(0);
            }
            (_, Heard::Human { .. } | Heard::Machine { .. } | Heard::Silence | Heard::Beep { .. }) => {}
        }
    }

    /// Moves on where a stage has come to its end.
    fn advance(&mut self) {
        let prompts = &self.prompts;
        self.stage = match self.stage {
            Stage::Waiting if self.ticks >= UNDECIDED => Stage::Message(0),
            Stage::Message(at) if at >= prompts.message.frames() => Stage::Menu(0),
            Stage::Menu(at) if at >= prompts.menu.frames() => Stage::Keys(MENU),
            Stage::Keys(0) => Stage::Over,
            Stage::Greeting(NO_BEEP..) => Stage::Voicemail(0),
            Stage::Voicemail(at) if at >= prompts.voicemail.frames() => Stage::Over,
            Stage::Confirmed(at) if at >= prompts.confirmed.frames() => Stage::Over,
            Stage::Stopped(at) if at >= prompts.stopped.frames() => Stage::Over,
            stage @ (Stage::Waiting
            | Stage::Message(_)
            | Stage::Menu(_)
            | Stage::Keys(_)
            | Stage::Greeting(_)
            | Stage::Voicemail(_)
            | Stage::Confirmed(_)
            | Stage::Stopped(_)
            | Stage::Over) => stage,
        };
    }

    fn say(&mut self) -> Say<'_> {
        let (sound, at) = match &mut self.stage {
            Stage::Waiting => return Say::Quiet,
            Stage::Over => return Say::Over,
            Stage::Keys(left) => {
                *left -= 1;
                return Say::Quiet;
            }
            Stage::Greeting(since) => {
                *since += 1;
                return Say::Quiet;
            }
            Stage::Message(at) => (&self.prompts.message, at),
            Stage::Menu(at) => (&self.prompts.menu, at),
            Stage::Voicemail(at) => (&self.prompts.voicemail, at),
            Stage::Confirmed(at) => (&self.prompts.confirmed, at),
            Stage::Stopped(at) => (&self.prompts.stopped, at),
        };
        let frame = sound.frame(self.law, *at);
        *at += 1;
        if let Stage::Message(at) | Stage::Voicemail(at) = self.stage {
            self.played = self.played.max(at);
        }
        frame.map_or(Say::Quiet, Say::Frame)
    }

    /// What it came to: asked at the end, whoever ended it.
    pub(super) fn end(&self) -> Talked {
        let heard = |sound: &crate::voice::Sound, part: usize| self.played * part >= sound.frames();
        let (status, said) = match self.party {
            Party::Person if !self.keys.is_empty() => (ReceiptStatus::Delivered, "a person pressed a key"),
            Party::Person if heard(&self.prompts.message, 1) => (ReceiptStatus::Delivered, "a person heard it all"),
            Party::Person if heard(&self.prompts.message, 2) => (ReceiptStatus::Delivered, "a person heard most of it"),
            Party::Person => (ReceiptStatus::Undelivered(FailReason::Declined), "a person hung up early"),
            Party::Machine if heard(&self.prompts.voicemail, 1) => (ReceiptStatus::Delivered, "left on a machine"),
            Party::Machine => (ReceiptStatus::Undelivered(FailReason::MailboxFull), "a machine hung up early"),
        };
        Talked { party: self.party, keys: self.keys.clone(), length_ms: u64::from(self.ticks) * 20, status, said }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::voice::{FRAME, Sound};

    /// 3 s of message, 1 s of menu, 4 s of voicemail, 1 s of goodbye: each a level of its own, so that a frame tells.
    fn prompts() -> Arc<Prompts> {
        let sound = |level: i16, seconds: usize| Sound::of(&vec![level; seconds * 8_000]);
        Arc::new(Prompts {
            message: sound(1_000, 3),
            menu: sound(2_000, 1),
            voicemail: sound(4_000, 4),
            confirmed: sound(6_000, 1),
            stopped: sound(8_000, 1),
        })
    }

    fn talk() -> Talk {
        Talk::new(prompts(), Law::Mu, 120)
    }

    /// Runs through ticks; answers what was said as a row of prompt letters, one for each change.
    fn run(talk: &mut Talk, ticks: u32, key_at: &[(u32, char)], level: impl Fn(u32) -> i16) -> String {
        let mut said = String::new();
        let prompts = prompts();
        for tick in 0..ticks {
            let key = key_at.iter().find(|(at, _)| *at == tick).map(|(_, key)| *key);
            // A voice of 200 Hz.
            let level = level(tick);
            let heard: Vec<i16> = (0..FRAME).map(|n| if n % 40 < 20 { level } else { -level }).collect();
            let letter = match talk.tick(&heard, key) {
                Say::Over => break,
                Say::Quiet => '.',
                Say::Frame(frame) => [
                    ('m', &prompts.message),
                    ('k', &prompts.menu),
                    ('v', &prompts.voicemail),
                    ('c', &prompts.confirmed),
                    ('s', &prompts.stopped),
                ]
                .iter()
                .find(|(_, sound)| sound.frame(Law::Mu, 0) == Some(frame))
                .map_or('?', |(letter, _)| *letter),
            };
            if !said.ends_with(letter) {
                said.push(letter);
            }
        }
        said
    }

    /// A short hello, then quiet.
    fn hello(tick: u32) -> i16 {
        if (20..45).contains(&tick) { 5_000 } else { 0 }
    }

    #[test]
    fn a_person_hears_the_message_and_the_keys_and_the_call_ends() {
        let mut talk = talk();
        assert_eq!(run(&mut talk, 2_000, &[], hello), ".mk.");
        let end = talk.end();
        assert_eq!((end.party, end.status), (Party::Person, ReceiptStatus::Delivered));
        assert!((10_000..18_000).contains(&end.length_ms), "{}", end.length_ms);
    }

    #[test]
    fn key_1_says_it_again_and_key_9_ends_such_calls_law_9() {
        let mut talk = talk();
        assert_eq!(run(&mut talk, 3_000, &[(400, '1'), (750, '9')], hello), ".mk.mk.s");
        assert_eq!(talk.end().keys, "19");
        let mut at_once = super::tests::talk();
        assert_eq!(run(&mut at_once, 3_000, &[(200, '9')], hello), ".ms");
        assert_eq!(at_once.end().status, ReceiptStatus::Delivered);
    }

    #[test]
    fn key_4_says_that_it_was_understood() {
        let mut talk = talk();
        assert_eq!(run(&mut talk, 3_000, &[(200, '4')], hello), ".mc");
        assert_eq!((talk.end().keys.as_str(), talk.end().status), ("4", ReceiptStatus::Delivered));
    }

    #[test]
    fn whoever_says_nothing_is_spoken_to_all_the_same() {
        let mut talk = talk();
        assert_eq!(run(&mut talk, 3_000, &[], |_| 0), ".mk.");
    }

    #[test]
    fn who_hangs_up_at_once_has_not_got_it() {
        let mut talk = talk();
        run(&mut talk, 150, &[], hello);
        assert_eq!(talk.end().status, ReceiptStatus::Undelivered(FailReason::Declined));
    }

    #[test]
    fn no_call_is_longer_than_it_may_be() {
        let mut talk = Talk::new(prompts(), Law::A, 10);
        let again: Vec<(u32, char)> = (1..100).map(|n| (n * 100, '1')).collect();
        run(&mut talk, 10_000, &again, hello);
        assert_eq!(talk.end().length_ms, 10_000);
    }
}
