//! Supervision by sample: threads of a school and month are drawn at random, read by a person, and marked as done or flagged. The
//! draw can be repeated by anybody who knows its seed.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use sha2::{Digest, Sha256};

use crate::ids::ConversationId;

/// What a person found in a sampled thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Finding {
    Fine,
    /// Something has to be followed up; the note says what.
    Flagged,
}

impl Finding {
    pub const ALL: [Self; 2] = [Self::Fine, Self::Flagged];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Fine => "fine",
            Self::Flagged => "flagged",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|finding| finding.word() == word)
    }
}

/// `most` of these threads, each as likely as any other: ordered by SHA-256 of the seed and the id, the first ones.
///
/// The same seed and threads always give the same ones, in whatever order they come.
pub fn draw(seed: &str, from: &[ConversationId], most: usize) -> Vec<ConversationId> {
    let mut tickets: Vec<([u8; 32], ConversationId)> = from.iter().map(|id| (ticket(seed, *id), *id)).collect();
    tickets.sort_unstable();
    tickets.dedup();
    tickets.into_iter().take(most).map(|(_, id)| id).collect()
}

fn ticket(seed: &str, id: ConversationId) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(seed.as_bytes());
    hasher.update([0]);
    hasher.update(id.raw().to_be_bytes());
    hasher.finalize().into()
}

/// From the first instant of a month (`2027-01`) to that of the next, in a zone; `None` if it is no month.
pub fn month_span(month: &str, zone: &TimeZone) -> Option<(Timestamp, Timestamp)> {
    let first: Date = format!("{month}-01").parse().into_iter().next().filter(|_| month.len() == 7)?;
    let begins = |day: Date| day.to_zoned(zone.clone()).into_iter().next().map(|midnight| midnight.timestamp());
    Some((begins(first)?, begins(first.checked_add(1.month()).into_iter().next()?)?))
}

/// How much of a school's texting of one month a person has seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Threads with a text in the month, and their texts of the month.
    pub threads: i64,
    pub texts: i64,
    /// Drawn, seen by a person, flagged.
    pub drawn: i64,
    pub seen: i64,
    pub flagged: i64,
    /// Texts of the month in the threads that were seen.
    pub texts_seen: i64,
}

/// A share in whole hundredths, rounded down: never more than was seen. Of nothing it is 100.
pub const fn percent(part: i64, whole: i64) -> i64 {
    if whole <= 0 { 100 } else { part * 100 / whole }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ids(count: i64) -> Vec<ConversationId> {
        (1..=count).map(ConversationId::from_raw).collect()
    }

    #[test]
    fn a_month_is_that_of_the_school() {
        let chicago = TimeZone::get("America/Chicago").unwrap();
        let (from, to) = month_span("2027-03", &chicago).unwrap();
        assert_eq!((from.to_string(), to.to_string()), ("2027-03-01T06:00:00Z".into(), "2027-04-01T05:00:00Z".into()));
        for wrong in ["2027-13", "2027", "march", "2027-1", ""] {
            assert_eq!(month_span(wrong, &chicago), None, "{wrong}");
        }
    }

    #[test]
    fn a_share_is_never_told_larger_than_it_is() {
        assert_eq!((percent(1, 3), percent(199, 200), percent(0, 0), percent(5, 5)), (33, 99, 100, 100));
    }

    #[test]
    fn every_thread_is_drawn_about_as_often_as_any_other() {
        let all = ids(40);
        let mut times = [0_u32; 41];
        for seed in 0..2_000 {
            for id in draw(&seed.to_string(), &all, 4) {
                times[usize::try_from(id.raw()).unwrap()] += 1;
            }
        }
        // 200 expected, with a standard deviation of about 13.
        assert!(times[1..].iter().all(|count| (140..=260).contains(count)), "{times:?}");
    }

    proptest! {
        #[test]
        fn a_draw_can_be_repeated_and_takes_each_thread_once(seed in "[0-9a-f]{1,16}", count in 0..60_i64, most in 0..70_usize) {
            let all = ids(count);
            let mut turned = all.clone();
            turned.reverse();
            turned.extend(&all);
            let drawn = draw(&seed, &all, most);
            prop_assert_eq!(&draw(&seed, &turned, most), &drawn);
            prop_assert_eq!(drawn.len(), most.min(all.len()));
            let mut once = drawn.clone();
            once.sort_unstable();
            once.dedup();
            prop_assert_eq!(once.len(), drawn.len());
        }
    }
}
