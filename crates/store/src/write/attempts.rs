//! Attempts: committed before the wire is touched, closed with what the carrier said.

use jiff::Timestamp;
use schoolbell_domain::delivery::FailReason;
use schoolbell_domain::ids::DeliveryId;

use crate::error::StoreResult;
use crate::sql::{execute_set, rows_that_fit};
use crate::statements;
use crate::tx::Tx;

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttemptEnd {
    Accepted,
    Refused(FailReason),
    /// The wire broke before the carrier answered.
    Unknown,
    /// The node that made it is gone.
    LeaseLost,
    /// It never reached the gateway: a STOP came between, or the program ended.
    NotHanded,
}

/// An attempt to close.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndedAttempt {
    pub delivery: DeliveryId,
    pub number: u32,
    pub end: AttemptEnd,
    /// The carrier's own code or words; empty for none.
    pub code: String,
}

/// One part that a carrier took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewReference {
    pub reference: String,
    pub delivery: DeliveryId,
    pub number: u32,
    /// From 1.
    pub part: i64,
    pub parts: i64,
}

statements! {
    BEGIN = "INSERT INTO attempt (delivery_id, number, gateway, started_at) VALUES {rows:4@1}";
    END = "WITH done (done_id, done_number, done_at, what, why, word) AS (VALUES {typed:bigint,bigint,bigint,bigint,bigint,text@1}) \
        UPDATE attempt SET ended_at = done.done_at, outcome = done.what, reason = done.why, code = done.word FROM done \
        WHERE attempt.delivery_id = done.done_id AND attempt.number = done.done_number AND attempt.ended_at IS NULL";
    /// A carrier that counts from the start again gives a reference twice: the newer delivery has it.
    REFER = "INSERT INTO attempt_reference (gateway, reference, delivery_id, number, part, parts, state) \
        VALUES {rows:7@1} ON CONFLICT (gateway, reference) DO UPDATE SET delivery_id = excluded.delivery_id, \
        number = excluded.number, part = excluded.part, parts = excluded.parts, state = excluded.state";
}

impl AttemptEnd {
    /// The code in the database.
    pub const fn code(self) -> i64 {
        match self {
            Self::Accepted => 1,
            Self::Refused(_) => 2,
            Self::Unknown => 3,
            Self::LeaseLost => 4,
            Self::NotHanded => 5,
        }
    }

    pub fn from_codes(outcome: i64, reason: i64) -> Option<Self> {
        match outcome {
            1 => Some(Self::Accepted),
            2 => FailReason::from_code(reason).map(Self::Refused),
            3 => Some(Self::Unknown),
            4 => Some(Self::LeaseLost),
            5 => Some(Self::NotHanded),
            _ => None,
        }
    }

    const fn reason_code(self) -> i64 {
        match self {
            Self::Refused(reason) => reason.code(),
            Self::Accepted | Self::Unknown | Self::LeaseLost | Self::NotHanded => 0,
        }
    }
}

/// Notes that these attempts begin over this gateway.
pub async fn begin(
    tx: &mut Tx,
    gateway: &str,
    started_at: Timestamp,
    attempts: &[(DeliveryId, u32)],
) -> StoreResult<()> {
    for chunk in attempts.chunks(rows_that_fit(4, 500)) {
        execute_set!(tx, BEGIN, [], chunk, |query, attempt| query
            .bind(attempt.0.raw())
            .bind(i64::from(attempt.1))
            .bind(gateway)
            .bind(started_at.as_millisecond()))?;
    }
    Ok(())
}

/// Closes attempts; one that is closed stays as it is.
pub async fn end(tx: &mut Tx, ended_at: Timestamp, attempts: &[EndedAttempt]) -> StoreResult<()> {
    for chunk in attempts.chunks(rows_that_fit(6, 500)) {
        execute_set!(tx, END, [], chunk, |query, attempt| query
            .bind(attempt.delivery.raw())
            .bind(i64::from(attempt.number))
            .bind(ended_at.as_millisecond())
            .bind(attempt.end.code())
            .bind(attempt.end.reason_code())
            .bind(attempt.code.as_str()))?;
    }
    Ok(())
}

/// Keeps under which references a carrier took the parts. No reference twice in `references`.
pub async fn refer(tx: &mut Tx, gateway: &str, references: &[NewReference]) -> StoreResult<()> {
    for chunk in references.chunks(rows_that_fit(7, 500)) {
        execute_set!(tx, REFER, [], chunk, |query, row| query
            .bind(gateway)
            .bind(row.reference.as_str())
            .bind(row.delivery.raw())
            .bind(i64::from(row.number))
            .bind(row.part)
            .bind(row.parts)
            .bind(0_i64))?;
    }
    Ok(())
}
