//! Identifiers: 63-bit integers that grow with time, shown with a prefix (`brd_0F3K…`).
//!
//! The store keeps the integer, pages and logs show the text. An id made later sorts later, so new rows land at the
//! end of an index.

use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// 2024-01-01T00:00:00Z, the zero of our ids, in milliseconds of Unix time.
const EPOCH_MS: i64 = 1_704_067_200_000;
/// Crockford's alphabet: no I, L, O, U, so a person can read an id over the phone.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const SEQUENCE_BITS: u32 = 14;
const NODE_BITS: u32 = 8;

/// Why a text is not an id of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{value}` is not {expected}; it begins with `{prefix}` and has 13 letters or digits after it")]
pub struct BadId {
    pub value: String,
    pub expected: &'static str,
    pub prefix: &'static str,
}

/// Makes ids for one node: 41 bits of milliseconds, 14 of sequence, 8 of node.
///
/// A burst of more than 16,384 ids in one millisecond borrows from the next ones, so ids of one node are always
/// distinct and growing, also when the clock steps back.
#[derive(Debug)]
pub struct IdMaker {
    node: i64,
    last: AtomicI64,
}

impl IdMaker {
    pub fn new(node: u8) -> Self {
        Self { node: i64::from(node), last: AtomicI64::new(0) }
    }

    /// The next id, raw. Wrap it: `BroadcastId::from_raw(maker.next(now))`.
    pub fn next(&self, now: Timestamp) -> i64 {
        let floor = (now.as_millisecond() - EPOCH_MS).max(1) << SEQUENCE_BITS;
        let step = |last: i64| Some(floor.max(last + 1));
        let previous = self.last.fetch_update(Ordering::Relaxed, Ordering::Relaxed, step).unwrap_or(0);
        (floor.max(previous + 1) << NODE_BITS) | self.node
    }
}

fn encode(mut raw: i64) -> String {
    let mut out = [b'0'; 13];
    for slot in out.iter_mut().rev() {
        *slot = ALPHABET[usize::try_from(raw & 31).unwrap_or(0)];
        raw >>= 5;
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn decode(text: &str) -> Option<i64> {
    if text.len() != 13 {
        return None;
    }
    text.bytes().try_fold(0_i64, |raw, byte| {
        let digit = ALPHABET.iter().position(|a| *a == byte.to_ascii_uppercase())?;
        raw.checked_mul(32)?.checked_add(i64::try_from(digit).ok()?)
    })
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal, $expected:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(into = "String", try_from = "String")]
        pub struct $name(i64);

        impl $name {
            pub const fn from_raw(raw: i64) -> Self {
                Self(raw)
            }
            pub const fn raw(self) -> i64 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "{}"), encode(self.0))
            }
        }

        impl FromStr for $name {
            type Err = BadId;
            fn from_str(text: &str) -> Result<Self, BadId> {
                text.strip_prefix($prefix).and_then(decode).map(Self).ok_or_else(|| BadId {
                    value: text.to_owned(),
                    expected: $expected,
                    prefix: $prefix,
                })
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.to_string()
            }
        }

        impl TryFrom<String> for $name {
            type Error = BadId;
            fn try_from(text: String) -> Result<Self, BadId> {
                text.parse()
            }
        }
    };
}

id!(/** A school. */ SchoolId, "sch_", "a school's id");
id!(/** A student, guardian or member of staff. */ PersonId, "per_", "a person's id");
id!(/** One address of one person in one school's record. */ ContactPointId, "cpt_", "a contact point's id");
id!(/** A class or homeroom. */ SectionId, "sec_", "a section's id");
id!(/** What a person composed and sent. */ BroadcastId, "brd_", "a broadcast's id");
id!(/** One content to one contact point over one channel. */ DeliveryId, "dlv_", "a delivery's id");
id!(/** A rendered text. */ ContentId, "cnt_", "a content's id");
id!(/** What deliveries come from: a broadcast, a text or a reply. */ OriginId, "org_", "an origin's id");
id!(/** One run of the roster importer. */ ImportId, "imp_", "an import's id");
id!(/** Somebody who signs in. */ UserId, "usr_", "a user's id");
id!(/** Coarse background work. */ JobId, "job_", "a job's id");
id!(/** An entry of the consent ledger. */ ConsentEventId, "cns_", "a consent event's id");
id!(/** A text that came in. */ InboundId, "inb_", "an inbound message's id");
id!(/** A two-way text thread. */ ConversationId, "thr_", "a thread's id");
id!(/** A text of a thread. */ TextId, "txt_", "a text's id");
id!(/** An entry of a student's communications log. */ CommunicationId, "com_", "a log entry's id");
id!(/** A saved list of people. */ ListId, "lst_", "a list's id");
id!(/** A recorded sound for calls. */ RecordingId, "rec_", "a recording's id");
id!(/** One run that tells absences. */ AttendanceRunId, "run_", "an attendance run's id");
id!(/** One attendance file. */ AttendanceImportId, "ati_", "an attendance file's id");
id!(/** What a family said of an absence. */ AnswerId, "ans_", "an answer's id");
id!(/** A survey. */ SurveyId, "svy_", "a survey's id");
id!(/** What somebody answered to a survey. */ ResponseId, "rsp_", "a response's id");
id!(/** What waits for a second look. */ HoldId, "hld_", "a hold's id");
id!(/** A line of the audit log. */ AuditId, "aud_", "an audit line's id");

impl From<BroadcastId> for OriginId {
    fn from(id: BroadcastId) -> Self {
        Self(id.raw())
    }
}

impl From<InboundId> for OriginId {
    fn from(id: InboundId) -> Self {
        Self(id.raw())
    }
}

impl From<TextId> for OriginId {
    fn from(id: TextId) -> Self {
        Self(id.raw())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_as_it_was_shown() {
        let id = BroadcastId::from_raw(i64::MAX);
        assert_eq!(id.to_string().parse(), Ok(id));
        assert!("brd_0".parse::<BroadcastId>().is_err());
        assert!(id.to_string().parse::<SchoolId>().is_err());
    }

    #[test]
    fn ids_grow_within_one_millisecond_and_when_the_clock_steps_back() {
        let maker = IdMaker::new(7);
        let late = Timestamp::from_millisecond(1_800_000_000_000).unwrap();
        let early = Timestamp::from_millisecond(1_700_000_000_000).unwrap();
        let mut ids: Vec<i64> = (0..50_000).map(|_| maker.next(late)).collect();
        ids.push(maker.next(early));
        assert!(ids.windows(2).all(|pair| pair[0] < pair[1]));
    }
}
