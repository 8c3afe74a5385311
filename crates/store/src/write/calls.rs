//! Calls that were answered and are over.

use jiff::Timestamp;
use schoolbell_domain::ids::{DeliveryId, OriginId};

use crate::error::StoreResult;
use crate::on;
use crate::statements;
use crate::tx::Tx;

/// The record of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCall<'a> {
    pub delivery: DeliveryId,
    /// The attempt's number.
    pub number: u32,
    pub gateway: &'a str,
    /// `person` or `machine`.
    pub party: &'a str,
    pub answered_at: Timestamp,
    pub ended_at: Timestamp,
    pub keys: &'a str,
    /// How it ended, in words.
    pub said: &'a str,
}

statements! {
    INSERT = "INSERT INTO call_record (delivery_id, number, gateway, party, answered_at, ended_at, keys, said) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (delivery_id, number) DO NOTHING";
    COUNT = "INSERT INTO call_tally (origin_id, party, count) VALUES ($1, $2, 1) \
        ON CONFLICT (origin_id, party) DO UPDATE SET count = call_tally.count + 1";
}

/// One call more that somebody or something took.
pub async fn count(tx: &mut Tx, origin: OriginId, party: &str) -> StoreResult<()> {
    on!(tx, |conn| sqlx::query(COUNT).bind(origin.raw()).bind(party).execute(conn).await.map(drop))?;
    Ok(())
}

/// Keeps a record; `false` if it stands already.
pub async fn insert(tx: &mut Tx, call: &NewCall<'_>) -> StoreResult<bool> {
    let done = on!(tx, |conn| sqlx::query(INSERT)
        .bind(call.delivery.raw())
        .bind(i64::from(call.number))
        .bind(call.gateway)
        .bind(call.party)
        .bind(call.answered_at.as_millisecond())
        .bind(call.ended_at.as_millisecond())
        .bind(call.keys)
        .bind(call.said)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(done == 1)
}
