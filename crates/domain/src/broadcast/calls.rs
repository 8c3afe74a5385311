//! When the phones of a family ring, where the sender chose otherwise than all at once.

use std::collections::HashMap;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use crate::channel::Channel;
use crate::people::Slot;

/// What ends the calls to a family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopsOn {
    /// Nothing: every phone rings.
    #[default]
    Nothing,
    /// A person at one of its phones has heard the message.
    Heard,
    /// Somebody has pressed the key that says so.
    Confirmed,
}

impl StopsOn {
    pub const ALL: [Self; 3] = [Self::Nothing, Self::Heard, Self::Confirmed];

    /// The word in the database and in forms.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Heard => "heard",
            Self::Confirmed => "confirmed",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stops| stops.word() == word)
    }

    /// Whether a call in which a person was there, or pressed the key, ends the others.
    pub const fn ends(self, heard: bool, confirmed: bool) -> bool {
        match self {
            Self::Nothing => false,
            Self::Heard => heard || confirmed,
            Self::Confirmed => confirmed,
        }
    }
}

/// What the sender chose for the calls of a message; by default every phone rings at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CallWishes {
    pub stops_on: StopsOn,
    /// A family that gets a text is called only so many minutes later, and not at all once the text has arrived; 0: at
    /// once, whatever becomes of the text.
    pub after_text_min: u16,
    /// One phone of a family after the other, so many minutes apart; 0: all at once.
    pub in_turn_min: u16,
}

/// The longest wait that can be chosen, in minutes.
pub const LONGEST_WAIT_MIN: u16 = 240;

impl CallWishes {
    /// Whether nothing was chosen.
    pub fn is_plain(self) -> bool {
        self == Self::default()
    }

    /// The same for what is urgent: nothing waits there, so only that a confirmation ends the calls is left.
    #[must_use]
    pub fn without_waits(self) -> Self {
        Self { after_text_min: 0, in_turn_min: 0, ..self }
    }
}

/// A delivery that would leave, for [`delays`]. A family is a household, apart where custody keeps children apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leaving {
    pub family: (i64, i64),
    pub channel: Channel,
    pub slot: Option<Slot>,
}

/// How much later each of them leaves, in the order given.
///
/// Calls to a family with a text wait `after_text_min`; the n-th of its phones, home first (A13), waits n times
/// `in_turn_min` more. Everything else leaves as planned. The rows are those of whole households.
pub fn delays(wishes: CallWishes, rows: &[Leaving]) -> Vec<SignedDuration> {
    let texted: Vec<(i64, i64)> = rows.iter().filter(|row| row.channel == Channel::Sms).map(|row| row.family).collect();
    let mut phones: HashMap<(i64, i64), Vec<(i64, usize)>> = HashMap::new();
    for (at, row) in rows.iter().enumerate().filter(|(_, row)| row.channel == Channel::Voice) {
        phones.entry(row.family).or_default().push((row.slot.map_or(i64::MAX, Slot::code), at));
    }
    let mut delays = vec![SignedDuration::ZERO; rows.len()];
    for (family, mut phones) in phones {
        phones.sort_unstable();
        let text = if texted.contains(&family) { wishes.after_text_min } else { 0 };
        for (turn, (_, at)) in (0..).zip(phones) {
            if let Some(delay) = delays.get_mut(at) {
                *delay = SignedDuration::from_mins(i64::from(text) + turn * i64::from(wishes.in_turn_min));
            }
        }
    }
    delays
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(family: i64, channel: Channel, slot: Slot) -> Leaving {
        Leaving { family: (family, 0), channel, slot: Some(slot) }
    }

    fn minutes(wishes: CallWishes, rows: &[Leaving]) -> Vec<i64> {
        delays(wishes, rows).into_iter().map(|delay| delay.as_mins()).collect()
    }

    #[test]
    fn calls_wait_for_the_text_of_their_family_and_for_their_turn_home_first() {
        let rows = [
            row(1, Channel::Voice, Slot::Mobile),
            row(1, Channel::Sms, Slot::Mobile),
            row(1, Channel::Voice, Slot::HomePrimary),
            row(2, Channel::Voice, Slot::Work),
            row(2, Channel::Email, Slot::Email),
            row(2, Channel::Voice, Slot::HomePrimary),
        ];
        let wishes = CallWishes { after_text_min: 10, in_turn_min: 3, ..CallWishes::default() };
        assert_eq!(minutes(wishes, &rows), [13, 0, 10, 3, 0, 0]);
        assert_eq!(minutes(CallWishes::default(), &rows), [0; 6]);
        assert_eq!(minutes(wishes.without_waits(), &rows), [0; 6], "what is urgent waits for nothing");
    }

    #[test]
    fn custody_keeps_turns_apart() {
        let apart = Leaving { family: (1, 7), ..row(1, Channel::Voice, Slot::Mobile) };
        let rows = [row(1, Channel::Voice, Slot::Mobile), apart, row(1, Channel::Sms, Slot::Mobile)];
        let wishes = CallWishes { after_text_min: 10, in_turn_min: 3, ..CallWishes::default() };
        assert_eq!(minutes(wishes, &rows), [10, 0, 0]);
    }

    #[test]
    fn a_confirmation_ends_more_than_hearing_it() {
        let ends = |stops: StopsOn| [stops.ends(false, false), stops.ends(true, false), stops.ends(true, true)];
        assert_eq!(StopsOn::ALL.map(ends), [[false; 3], [false, true, true], [false, false, true]]);
    }
}
