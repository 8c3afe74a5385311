//! A call that came in, 20 ms by 20 ms: says what the reception wants, and hears keys or records.

use schoolbell_domain::delivery::receipt::ReceiptStatus;
use schoolbell_formats::sip::Law;

use super::talk::{Say, Talked};
use crate::reception::{Did, Next, Then};
use crate::voice::Party;

const SECOND: u32 = 50;
/// Nobody stays longer.
const LONGEST: u32 = 15 * 60 * SECOND;

enum Stage {
    /// The reception makes up its mind.
    Thinking,
    /// Which sound, and where in it.
    Saying {
        next: Next,
        number: usize,
        at: usize,
    },
    Keys {
        most: usize,
        left: u32,
        wait: u32,
    },
    Recording {
        samples: Vec<i16>,
        left: u32,
    },
    Over,
}

/// One visitor.
pub(super) struct Visiting {
    law: Law,
    stage: Stage,
    digits: String,
    did: Option<Did>,
    ticks: u32,
}

impl Visiting {
    pub(super) const fn new(law: Law) -> Self {
        Self { law, stage: Stage::Thinking, digits: String::new(), did: None, ticks: 0 }
    }

    /// What the reception wants said next.
    pub(super) fn go_on(&mut self, next: Next) {
        self.digits.clear();
        self.stage = Stage::Saying { next, number: 0, at: 0 };
    }

    /// What the visitor did, once.
    pub(super) fn take_did(&mut self) -> Option<Did> {
        self.did.take()
    }

    /// One tick: what was heard in these 20 ms, and the key that was pressed in them.
    pub(super) fn tick(&mut self, heard: &[i16], key: Option<char>) -> Say<'_> {
        self.ticks += 1;
        if self.ticks >= LONGEST {
            self.stage = Stage::Over;
        }
        if let Some(key) = key {
            self.press(key);
        }
        self.advance(heard);
        match &self.stage {
            Stage::Over => Say::Over,
            Stage::Saying { next, number, at } => {
                let frame = next.say.get(*number).and_then(|sound| sound.frame(self.law, at.saturating_sub(1)));
                frame.map_or(Say::Quiet, Say::Frame)
            }
            Stage::Thinking | Stage::Keys { .. } | Stage::Recording { .. } => Say::Quiet,
        }
    }

    fn press(&mut self, key: char) {
        let then = match &self.stage {
            Stage::Saying { next, .. } => Some(next.then),
            Stage::Thinking | Stage::Keys { .. } | Stage::Recording { .. } | Stage::Over => None,
        };
        if let Some(Then::Keys { most, wait_s }) = then {
            let wait = wait_s * SECOND;
            self.stage = Stage::Keys { most, left: wait, wait };
        }
        match &mut self.stage {
            Stage::Keys { most, left, wait } => {
                *left = *wait;
                if key != '#' {
                    self.digits.push(key);
                }
                if key == '#' || self.digits.len() >= *most {
                    self.tell_keys();
                }
            }
            Stage::Recording { samples, .. } => {
                let recorded = std::mem::take(samples);
                self.tell(Did::Recorded(recorded));
            }
            Stage::Thinking | Stage::Saying { .. } | Stage::Over => {}
        }
    }

    fn advance(&mut self, heard: &[i16]) {
        match &mut self.stage {
            Stage::Saying { next, number, at } => {
                *at += 1;
                while next.say.get(*number).is_some_and(|sound| *at > sound.frames()) {
                    (*number, *at) = (*number + 1, 1);
                }
                if *number >= next.say.len() {
                    self.stage = match next.then {
                        Then::HangUp => Stage::Over,
                        Then::Keys { most, wait_s } => {
                            Stage::Keys { most, left: wait_s * SECOND, wait: wait_s * SECOND }
                        }
                        Then::Record { longest_s } => {
                            Stage::Recording { samples: Vec::new(), left: longest_s * SECOND }
                        }
                    };
                }
            }
            Stage::Keys { left, .. } => {
                *left = left.saturating_sub(1);
                if *left == 0 {
                    self.tell_keys();
                }
            }
            Stage::Recording { samples, left } => {
                samples.extend_from_slice(heard);
                *left = left.saturating_sub(1);
                if *left == 0 {
                    let recorded = std::mem::take(samples);
                    self.tell(Did::Recorded(recorded));
                }
            }
            Stage::Thinking | Stage::Over => {}
        }
    }

    fn tell_keys(&mut self) {
        let pressed = std::mem::take(&mut self.digits);
        self.tell(if pressed.is_empty() { Did::Waited } else { Did::Pressed(pressed) });
    }

    fn tell(&mut self, did: Did) {
        self.did = Some(did);
        self.stage = Stage::Thinking;
    }

    /// For whoever asks how a call went; nobody was called here.
    pub(super) fn end(&self) -> Talked {
        Talked {
            party: Party::Person,
            keys: String::new(),
            length_ms: u64::from(self.ticks) * 20,
            status: ReceiptStatus::Delivered,
            said: "somebody called in",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::voice::{FRAME, Sound};

    fn next(seconds: usize, then: Then) -> Next {
        Next { say: vec![Sound::of(&vec![4_000; seconds * 8_000]), Sound::of(&vec![9_000; 8_000])], then }
    }

    /// So many ticks with these keys; answers how many of them said something.
    fn run(visiting: &mut Visiting, ticks: u32, keys: &[(u32, char)]) -> u32 {
        let key = |tick| keys.iter().find(|(at, _)| *at == tick).map(|(_, key)| *key);
        (0..ticks).map(|tick| u32::from(matches!(visiting.tick(&[7; FRAME], key(tick)), Say::Frame(_)))).sum()
    }

    #[test]
    fn what_is_said_is_said_whole_and_then_keys_are_waited_for() {
        let mut visiting = Visiting::new(Law::Mu);
        assert_eq!(run(&mut visiting, 50, &[]), 0, "nothing before the reception speaks");
        visiting.go_on(next(2, Then::Keys { most: 4, wait_s: 3 }));
        assert_eq!(run(&mut visiting, 400, &[]), 150);
        assert_eq!(visiting.take_did(), Some(Did::Waited));
        visiting.go_on(next(2, Then::Keys { most: 4, wait_s: 3 }));
        run(&mut visiting, 200, &[(20, '1'), (40, '2'), (60, '#')]);
        assert_eq!(visiting.take_did(), Some(Did::Pressed("12".to_owned())), "before all was said");
        assert_eq!(visiting.take_did(), None);
    }

    #[test]
    fn a_recording_ends_with_a_key_or_its_time() {
        let mut visiting = Visiting::new(Law::A);
        visiting.go_on(next(1, Then::Record { longest_s: 5 }));
        run(&mut visiting, 152, &[(151, '#')]);
        let Some(Did::Recorded(samples)) = visiting.take_did() else { panic!("nothing was recorded") };
        assert!((49..=51).contains(&(samples.len() / FRAME)), "{}", samples.len());
        visiting.go_on(Next { say: Vec::new(), then: Then::Record { longest_s: 1 } });
        run(&mut visiting, 60, &[]);
        assert!(matches!(visiting.take_did(), Some(Did::Recorded(samples)) if samples.len() == 50 * FRAME));
    }

    #[test]
    fn a_goodbye_hangs_up() {
        let mut visiting = Visiting::new(Law::Mu);
        visiting.go_on(next(1, Then::HangUp));
        run(&mut visiting, 101, &[]);
        assert_eq!(visiting.tick(&[0; FRAME], None), Say::Over);
    }
}
