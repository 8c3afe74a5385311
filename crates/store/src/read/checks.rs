//! Every row of an origin, to be held against counters and against a carrier's own record. Slow; no page asks it.

use std::collections::BTreeSet;

use jiff::Timestamp;
use schoolbell_domain::delivery::DeliveryState;
use schoolbell_domain::ids::{DeliveryId, OriginId};

use crate::error::{StoreError, StoreResult};
use crate::on;
use crate::statements;
use crate::tx::Reads;

statements! {
    STATES_OF = "SELECT id, state, reason FROM delivery WHERE origin_id = $1 ORDER BY id";
    AT_WORK = "SELECT (SELECT COUNT(*) FROM delivery WHERE state = 2 AND lease_until > $1) \
        + (SELECT COUNT(*) FROM job WHERE state IN ('ready', 'running') AND lease_until > $1) \
        + (SELECT COUNT(*) FROM gateway WHERE held_until > $1)";
    WITHOUT_BASIS = "SELECT COUNT(*) FROM delivery WHERE state <> 0 AND basis = ''";
    ADDRESSES_OF = "SELECT COALESCE(address, ''), state, reason FROM delivery WHERE origin_id = $1 AND state <> 0";
    UNSETTLED = "SELECT DISTINCT COALESCE(delivery.address, '') FROM delivery JOIN attempt \
        ON attempt.delivery_id = delivery.id WHERE delivery.origin_id = $1 AND attempt.outcome IN (3, 4)";
}

/// Every delivery of an origin with its state, by id.
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

/// Whether somebody holds the right to send, to run a job or to be bound to a carrier.
pub async fn is_at_work(reads: &mut impl Reads, now: Timestamp) -> StoreResult<bool> {
    let held: i64 =
        on!(reads.tx(), |conn| sqlx::query_scalar(AT_WORK).bind(now.as_millisecond()).fetch_one(conn).await)?;
    Ok(held > 0)
}

/// Deliveries that were to be sent and do not say on what basis: there must be none.
pub async fn without_basis(reads: &mut impl Reads) -> StoreResult<i64> {
    Ok(on!(reads.tx(), |conn| sqlx::query_scalar(WITHOUT_BASIS).fetch_one(conn).await)?)
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

/// The addresses of an origin to which an attempt was made whose end nobody knew: the wire broke, or the node was gone.
pub async fn unsettled_attempts_of(reads: &mut impl Reads, origin: OriginId) -> StoreResult<BTreeSet<String>> {
    let rows: Vec<String> =
        on!(reads.tx(), |conn| sqlx::query_scalar(UNSETTLED).bind(origin.raw()).fetch_all(conn).await)?;
    Ok(rows.into_iter().collect())
}
