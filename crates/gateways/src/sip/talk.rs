//! What one call says and when, decided 20 ms by 20 ms on what is heard. No socket, no clock: a call is a row of ticks.
//!
//! A person gets the message at once and the keys after it. A machine is waited out: its voicemail begins after the
//! beep, once. Whoever presses a key is a person, whatever the greeting sounded like.

use std::sync::{Arc, LazyLock};

use schoolbell_domain::delivery::reason::FailReason;
use schoolbell_domain::delivery::receipt::ReceiptStatus;
use schoolbell_formats::sip::Law;
use schoolbell_formats::voice::answer::{Heard, Listener};

use crate::voice::{FRAME, Party, Prompts, Sound};

/// Ticks in a second.
const SECOND: u32 = 50;
/// Nobody has decided by then who answered: the message begins, so that a person is not kept waiting.
const UNDECIDED: u32 = 8 * SECOND;
/// A greeting without a beep for so long: the voicemail begins all the same.
const NO_BEEP: u32 = 30 * SECOND;
/// How long the keys are waited for after the menu.
const MENU: u32 = 7 * SECOND;
/// With the office a family may talk so long.
const LONGEST_WITH_THE_OFFICE: u32 = 30 * 60 * SECOND;
/// What a caller hears while the office's phone rings: two seconds of ringing, four of quiet (ITU-T E.180, North America).
static RINGING: LazyLock<Sound> = LazyLock::new(ringing);

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
    /// Which sentence, and where in it.
    Menu(usize, usize),
    Keys(u32),
    /// A machine speaks; since so many ticks.
    Greeting(u32),
    Voicemail(usize),
    Confirmed(usize),
    Stopped(usize),
    /// Key 3: told that the office is called.
    Connecting(usize),
    /// The office's phone rings.
    Ringing(usize),
    NotConnected(usize),
    /// The office has answered; both talk, and we listen to nothing.
    WithOffice,
    Over,
}

/// One answered call.
pub(super) struct Talk {
    /// What is said now, in one of the two languages.
    prompts: Arc<Prompts>,
    /// What was said first.
    first: Arc<Prompts>,
    /// Whether key 3 leads anywhere on this trunk.
    may_transfer: bool,
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
            first: prompts.clone(),
            prompts,
            may_transfer: false,
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

    /// The same talk on a trunk that can connect with the office.
    pub(super) fn with_transfer(self) -> Self {
        Self { may_transfer: true, ..self }
    }

    /// Whether the office's phone rings, or should.
    pub(super) fn wants_office(&self) -> bool {
        matches!(self.stage, Stage::Ringing(_))
    }

    /// The office has answered.
    pub(super) fn connect(&mut self) {
        self.stage = Stage::WithOffice;
        self.longest = self.ticks.saturating_add(LONGEST_WITH_THE_OFFICE);
    }

    /// The office has not answered: the family is told, and hears the keys again.
    pub(super) fn not_connected(&mut self) {
        if self.wants_office() {
            self.stage = Stage::NotConnected(0);
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
        // What they press with the office, or while its phone rings, is not for us.
        if matches!(self.stage, Stage::Over | Stage::Stopped(_) | Stage::WithOffice | Stage::Ringing(_)) {
            return;
        }
        self.keys.push(key);
        self.party = Party::Person;
        let is_said = matches!(self.stage, Stage::Message(_) | Stage::Menu(..) | Stage::Keys(_));
        match key {
            '9' => self.stage = Stage::Stopped(0),
            '2' if self.offers('2') => self.change_language(),
            '3' if is_said && self.offers('3') => self.stage = Stage::Connecting(0),
            '4' if is_said => self.stage = Stage::Confirmed(0),
            // The answers to a call about an absence.
            '5'..='8' if is_said && self.offers(key) => self.stage = Stage::Confirmed(0),
            '1' => self.stage = Stage::Message(0),
            // To a machine that turns out to be a person it has not been said yet.
            _ if matches!(self.stage, Stage::Waiting | Stage::Greeting(_) | Stage::Voicemail(_)) => {
                self.stage = Stage::Message(0);
            }
            _ => {}
        }
    }

    /// Whether the key is said in the menu, and can be had here.
    fn offers(&self, key: char) -> bool {
        let is_said = self.prompts.menu.iter().any(|(said, _)| *said == key);
        is_said && (key != '3' || (self.may_transfer && self.prompts.office.is_some()))
    }

    /// To the other of the two languages, from its beginning.
    fn change_language(&mut self) {
        self.prompts = match &self.first.other {
            Some(other) if Arc::ptr_eq(&self.prompts, &self.first) => other.clone(),
            Some(_) | None => self.first.clone(),
        };
        self.stage = Stage::Message(0);
    }

    /// The sentences of the keys that can be had.
    fn sentence(&self, number: usize) -> Option<&Sound> {
        let offered = self.prompts.menu.iter().filter(|(key, _)| self.offers(*key));
        offered.map(|(_, sound)| sound).nth(number)
    }

    fn listen(&mut self, heard: &[i16]) {
        // A key has told already; and during the voicemail there is nobody to hear.
        if !self.keys.is_empty() {
            return;
        }
        let listens = match self.stage {
            Stage::Waiting | Stage::Message(_) | Stage::Greeting(_) => true,
            Stage::Menu(..)
            | Stage::Keys(_)
            | Stage::Voicemail(_)
            | Stage::Confirmed(_)
            | Stage::Stopped(_)
            | Stage::Connecting(_)
            | Stage::Ringing(_)
            | Stage::NotConnected(_)
            | Stage::WithOffice
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
            Stage::Message(at) if at >= prompts.message.frames() => Stage::Menu(0, 0),
            Stage::Menu(number, at) => match self.sentence(number) {
                Some(sentence) if at < sentence.frames() => Stage::Menu(number, at),
                Some(_) => Stage::Menu(number + 1, 0),
                None => Stage::Keys(MENU),
            },
            Stage::Connecting(at) if at >= prompts.connecting.frames() => Stage::Ringing(0),
            Stage::NotConnected(at) if at >= prompts.not_connected.frames() => Stage::Menu(0, 0),
            Stage::Keys(0) => Stage::Over,
            Stage::Greeting(NO_BEEP..) => Stage::Voicemail(0),
            Stage::Voicemail(at) if at >= prompts.voicemail.frames() => Stage::Over,
            Stage::Confirmed(at) if at >= prompts.confirmed.frames() => Stage::Over,
            Stage::Stopped(at) if at >= prompts.stopped.frames() => Stage::Over,
            stage @ (Stage::Waiting
            | Stage::Message(_)
            | Stage::Keys(_)
            | Stage::Greeting(_)
            | Stage::Voicemail(_)
            | Stage::Confirmed(_)
            | Stage::Stopped(_)
            | Stage::Connecting(_)
            | Stage::Ringing(_)
            | Stage::NotConnected(_)
            | Stage::WithOffice
            | Stage::Over) => stage,
        };
    }

    fn say(&mut self) -> Say<'_> {
        let stage = self.stage;
        if let Stage::Message(at) | Stage::Voicemail(at) = stage {
            self.played = self.played.max(at + 1);
        }
        self.stage = stage.a_frame_on();
        let (sound, at) = match stage {
            Stage::Waiting | Stage::Keys(_) | Stage::Greeting(_) | Stage::WithOffice => return Say::Quiet,
            Stage::Over => return Say::Over,
            Stage::Message(at) => (Some(&self.prompts.message), at),
            Stage::Menu(number, at) => (self.sentence(number), at),
            Stage::Voicemail(at) => (Some(&self.prompts.voicemail), at),
            Stage::Confirmed(at) => (Some(&self.prompts.confirmed), at),
            Stage::Stopped(at) => (Some(&self.prompts.stopped), at),
            Stage::Connecting(at) => (Some(&self.prompts.connecting), at),
            Stage::Ringing(at) => (Some(&*RINGING), at % RINGING.frames()),
            Stage::NotConnected(at) => (Some(&self.prompts.not_connected), at),
        };
        sound.and_then(|sound| sound.frame(self.law, at)).map_or(Say::Quiet, Say::Frame)
    }

    /// What it came to: asked at the end, whoever ended it.
    pub(super) fn end(&self) -> Talked {
        let heard = |sound: &crate::voice::Sound, part: usize| self.played * part >= sound.frames();
        let (status, said) = match self.party {
            Party::Person if self.stage == Stage::WithOffice => {
                (ReceiptStatus::Delivered, "a person spoke with the office")
            }
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

impl Stage {
    /// The same, 20 ms later.
    const fn a_frame_on(self) -> Self {
        match self {
            Self::Message(at) => Self::Message(at + 1),
            Self::Menu(number, at) => Self::Menu(number, at + 1),
            Self::Keys(left) => Self::Keys(left.saturating_sub(1)),
            Self::Greeting(since) => Self::Greeting(since + 1),
            Self::Voicemail(at) => Self::Voicemail(at + 1),
            Self::Confirmed(at) => Self::Confirmed(at + 1),
            Self::Stopped(at) => Self::Stopped(at + 1),
            Self::Connecting(at) => Self::Connecting(at + 1),
            Self::Ringing(at) => Self::Ringing(at + 1),
            Self::NotConnected(at) => Self::NotConnected(at + 1),
            Self::Waiting | Self::WithOffice | Self::Over => self,
        }
    }
}

fn ringing() -> Sound {
    let wave = |hz: f32, at: u16| (std::f32::consts::TAU * (hz * f32::from(at) / 8_000.0).fract()).sin();
    #[expect(clippy::cast_possible_truncation, reason = "two sines of 2,000 fit")]
    let tone = (0..16_000).map(|at| (2_000.0 * (wave(440.0, at) + wave(480.0, at))) as i16);
    Sound::of(&tone.chain(std::iter::repeat_n(0, 200 * FRAME)).collect::<Vec<i16>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sound(level: i16, seconds: usize) -> Sound {
        Sound::of(&vec![level; seconds * 8_000])
    }

    /// 3 s of message, 1 s of menu, 4 s of voicemail, 1 s of goodbye: each a level of its own, so that a frame tells.
    fn prompts() -> Arc<Prompts> {
        Arc::new(Prompts {
            message: sound(1_000, 3),
            menu: vec![('1', sound(2_000, 1))],
            voicemail: sound(4_000, 4),
            confirmed: sound(6_000, 1),
            stopped: sound(8_000, 1),
            connecting: sound(10_000, 1),
            not_connected: sound(12_000, 1),
            office: None,
            other: None,
        })
    }

    /// The same with a second language, whose message is of another level, and an office.
    fn bilingual() -> Arc<Prompts> {
        let keys = || vec![('1', sound(2_000, 1)), ('2', sound(14_000, 1)), ('3', sound(16_000, 1))];
        let made = |message: i16, other| {
            let prompts = Arc::into_inner(prompts()).unwrap();
            let office = Some("+15125550100".to_owned());
            Arc::new(Prompts { message: sound(message, 3), menu: keys(), office, other, ..prompts })
        };
        made(1_000, Some(made(20_000, None)))
    }

    fn talk() -> Talk {
        Talk::new(prompts(), Law::Mu, 120)
    }

    /// Runs through ticks; answers what was said as a row of prompt letters, one for each change.
    fn run(talk: &mut Talk, ticks: u32, key_at: &[(u32, char)], level: impl Fn(u32) -> i16) -> String {
        let mut said = String::new();
        for tick in 0..ticks {
            let key = key_at.iter().find(|(at, _)| *at == tick).map(|(_, key)| *key);
            // A voice of 200 Hz.
            let level = level(tick);
            let heard: Vec<i16> = (0..FRAME).map(|n| if n % 40 < 20 { level } else { -level }).collect();
            let letter = match talk.tick(&heard, key) {
                Say::Over => break,
                Say::Quiet => '.',
                Say::Frame(frame) => letters()
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

    /// Each prompt by a letter: message, key, voicemail, confirmed, stopped, connecting, no connection, the sentences of
    /// keys 2 and 3, and the message of the other language. The ringing is `?`.
    fn letters() -> [(char, Sound); 10] {
        [
            ('m', sound(1_000, 1)),
            ('k', sound(2_000, 1)),
            ('v', sound(4_000, 1)),
            ('c', sound(6_000, 1)),
            ('s', sound(8_000, 1)),
            ('o', sound(10_000, 1)),
            ('n', sound(12_000, 1)),
            ('2', sound(14_000, 1)),
            ('3', sound(16_000, 1)),
            ('M', sound(20_000, 1)),
        ]
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
    fn key_2_says_it_in_the_other_language_and_back() {
        let mut talk = Talk::new(bilingual(), Law::Mu, 120);
        // Key 3 is not said where the trunk connects nobody.
        assert_eq!(run(&mut talk, 3_000, &[(200, '2'), (300, '2'), (500, '3')], hello), ".mMmk2.");
        assert_eq!((talk.end().keys.as_str(), talk.end().status), ("223", ReceiptStatus::Delivered));
        let mut alone = super::tests::talk();
        assert_eq!(run(&mut alone, 3_000, &[(200, '2')], hello), ".mk.", "without another language it does nothing");
    }

    #[test]
    fn key_3_rings_the_office_and_says_so_if_nobody_takes_it() {
        let mut talk = Talk::new(bilingual(), Law::Mu, 120).with_transfer();
        assert_eq!(run(&mut talk, 600, &[], hello), ".mk23.");
        // What is pressed while the office rings is not for us.
        assert_eq!(run(&mut talk, 200, &[(10, '3'), (150, '9')], |_| 0), ".o?");
        assert!(talk.wants_office());
        talk.not_connected();
        assert_eq!(run(&mut talk, 300, &[], |_| 0), "nk23.");
        assert!(!talk.wants_office());
        assert_eq!(run(&mut talk, 200, &[(0, '3')], |_| 0), "o?");
        talk.connect();
        assert_eq!(run(&mut talk, 40_000, &[(5, '9')], |_| 0), ".");
        assert_eq!((talk.end().keys.as_str(), talk.end().said), ("33", "a person spoke with the office"));
        assert_eq!(run(&mut talk, 100_000, &[], |_| 0), ".");
        assert!(talk.end().length_ms < 32 * 60 * 1_000, "not for ever: {}", talk.end().length_ms);
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
