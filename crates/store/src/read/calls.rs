//! How calls went: each attempt with its code, and the record of the one that was answered.

use jiff::Timestamp;
use schoolbell_domain::ids::{DeliveryId, OriginId};

use crate::error::StoreResult;
use crate::on;
use crate::statements;
use crate::time::instant;
use crate::tx::Reads;

/// One attempt to call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallAttempt {
    pub number: i64,
    pub gateway: String,
    pub started_at: Timestamp,
    /// The carrier's word on it; empty while it rings and where it was answered.
    pub code: String,
    /// The talk, where somebody or something answered and it is over.
    pub talk: Option<Talk>,
}

/// What was talked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Talk {
    /// `person` or `machine`.
    pub party: String,
    pub answered_at: Timestamp,
    pub ended_at: Timestamp,
    pub keys: String,
    pub said: String,
}

type Row = (i64, String, i64, Option<String>, Option<String>, Option<i64>, Option<i64>, Option<String>, Option<String>);

statements! {
    ATTEMPTS = "SELECT attempt.number, attempt.gateway, attempt.started_at, attempt.code, call_record.party, \
        call_record.answered_at, call_record.ended_at, call_record.keys, call_record.said FROM attempt \
        LEFT JOIN call_record ON call_record.delivery_id = attempt.delivery_id AND call_record.number = attempt.number \
        WHERE attempt.delivery_id = $1 ORDER BY attempt.number";
    TAKEN_BY = "SELECT count FROM call_tally WHERE origin_id = $1 AND party = $2";
}

/// How many of a broadcast's calls this party took: `person` or `machine`.
pub async fn taken_by(reads: &mut impl Reads, origin: OriginId, party: &str) -> StoreResult<u64> {
    let count: Option<i64> =
        on!(reads.tx(), |conn| sqlx::query_scalar(TAKEN_BY).bind(origin.raw()).bind(party).fetch_optional(conn).await)?;
    Ok(count.and_then(|count| u64::try_from(count).ok()).unwrap_or(0))
}

/// The attempts of a delivery by voice, the first one first.
pub async fn attempts(reads: &mut impl Reads, delivery: DeliveryId) -> StoreResult<Vec<CallAttempt>> {
    let rows: Vec<Row> = on!(reads.tx(), |conn| sqlx::query_as(ATTEMPTS).bind(delivery.raw()).fetch_all(conn).await)?;
    rows.into_iter().map(attempt).collect()
}

fn attempt(
    (number, gateway, started_at, code, party, answered_at, ended_at, keys, said): Row,
) -> StoreResult<CallAttempt> {
    let talk = match (party, answered_at, ended_at) {
        (Some(party), Some(answered_at), Some(ended_at)) => Some(Talk {
            party,
            answered_at: instant(answered_at)?,
            ended_at: instant(ended_at)?,
            keys: keys.unwrap_or_default(),
            said: said.unwrap_or_default(),
        }),
        (_, _, _) => None,
    };
    Ok(CallAttempt { number, gateway, started_at: instant(started_at)?, code: code.unwrap_or_default(), talk })
}
