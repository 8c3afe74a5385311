//! Looks at the queue without taking from it.

use jiff::Timestamp;
use schoolbell_domain::channel::Channel;
use schoolbell_domain::delivery::DeliveryState;
use schoolbell_domain::ids::{DeliveryId, OriginId};

use crate::error::{StoreError, StoreResult};
use crate::on;
use crate::sql::{fetch_set, fill};
use crate::statements;
use crate::tx::Reads;

statements! {
    IS_DUE = "SELECT id FROM delivery WHERE state = 1 AND channel = $1 AND not_before <= $2 AND priority IN {list@3} \
        LIMIT 1";
    IS_LOST = "SELECT id FROM delivery WHERE state = 2 AND lease_until < $1 LIMIT 1";
    SYSTEM_IS_EXPIRED = "SELECT id FROM delivery WHERE origin_kind <> 1 AND state IN (1, 2, 3, 7) AND state <> 2 \
        AND expires_at <= $1 LIMIT 1";
    EXPIRED_BROADCASTS = "SELECT id FROM broadcast WHERE state IN ('expanding', 'sending', 'stopped') \
        AND finished_at IS NULL AND expires_at <= $1 ORDER BY id";
    STATES_OF = "SELECT id, state, reason FROM delivery WHERE origin_id = $1 ORDER BY id";
    ADDRESSES_OF = "SELECT COALESCE(address, ''), state, reason FROM delivery WHERE origin_id = $1 AND state <> 0";
    IN_FLIGHT = "SELECT COUNT(*) FROM delivery WHERE state = 2";
}

/// Whether anything of the channel may leave now.
pub async fn is_due(reads: &mut impl Reads, channel: Channel, priorities: &[i64], now: Timestamp) -> StoreResult<bool> {
    let tx = reads.tx();
    let fixed = (channel.code(), now.as_millisecond());
    let rows = fetch_set!(tx, (i64,), IS_DUE, [fixed.0, fixed.1], priorities, |query, priority| query.bind(*priority))?;
    Ok(!rows.is_empty())
}

/// Whether a lease ran out before this instant.
pub async fn is_lost(reads: &mut impl Reads, before: Timestamp) -> StoreResult<bool> {
    exists(reads, IS_LOST, before).await
}

/// Whether a text of the system or of a conversation is past its expiry and still open.
pub async fn system_is_expired(reads: &mut impl Reads, now: Timestamp) -> StoreResult<bool> {
    exists(reads, SYSTEM_IS_EXPIRED, now).await
}

/// Running broadcasts whose expiry has passed.
pub async fn expired_broadcasts(reads: &mut impl Reads, now: Timestamp) -> StoreResult<Vec<OriginId>> {
    let ids: Vec<i64> = on!(reads.tx(), |conn| sqlx::query_scalar(EXPIRED_BROADCASTS)
        .bind(now.as_millisecond())
        .fetch_all(conn)
        .await)?;
    Ok(ids.into_iter().map(OriginId::from_raw).collect())
}

/// How many deliveries are being sent.
pub async fn in_flight(reads: &mut impl Reads) -> StoreResult<i64> {
    Ok(on!(reads.tx(), |conn| sqlx::query_scalar(IN_FLIGHT).fetch_one(conn).await)?)
}

/// Every delivery of an origin with its state, by id. For small origins and for checks of the counters.
pub async fn states_of(reads: &mut impl Reads, origin: OriginId) -> StoreResult<Vec<(DeliveryId, DeliveryState)>> {
    let rows: Vec<(i64, i64, i64)> =
        on!(reads.tx(), |conn| sqlx::query_as(STATES_OF).bind(origin.raw()).fetch_all(conn).await)?;
    rows.into_iter()
        .map(|(id, state, reason)| {
            let id = DeliveryId::from_raw(id);
            let damaged = || StoreError::Damaged { row: id.to_string(), what: format!("state {state}, {reason}") };
            Ok((id, DeliveryState::from_codes(state, reason).ok_or_else(damaged)?))
        })
        .collect()
}

/// The address and state of every delivery of an origin that was not left out; to be held against a carrier's record.
pub async fn addresses_of(reads: &mut impl Reads, origin: OriginId) -> StoreResult<Vec<(String, DeliveryState)>> {
    let rows: Vec<(String, i64, i64)> =
        on!(reads.tx(), |conn| sqlx::query_as(ADDRESSES_OF).bind(origin.raw()).fetch_all(conn).await)?;
    rows.into_iter()
        .map(|(address, state, reason)| {
            let damaged =
                || StoreError::Damaged { row: format!("a delivery of {origin}"), what: format!("{state}, {reason}") };
            Ok((address, DeliveryState::from_codes(state, reason).ok_or_else(damaged)?))
        })
        .collect()
}

async fn exists(reads: &mut impl Reads, statement: &'static str, at: Timestamp) -> StoreResult<bool> {
    let tx = reads.tx();
    let text = fill(tx.engine(), statement, 0);
    let row: Option<i64> = on!(tx, |conn| sqlx::query_scalar(sqlx::AssertSqlSafe(text.as_str()))
        .bind(at.as_millisecond())
        .fetch_optional(conn)
        .await)?;
    Ok(row.is_some())
}
