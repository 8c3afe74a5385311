//! Looks at the queue without taking from it.

use jiff::Timestamp;
use schoolbell_domain::channel::Channel;
use schoolbell_domain::ids::OriginId;

use crate::error::StoreResult;
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

async fn exists(reads: &mut impl Reads, statement: &'static str, at: Timestamp) -> StoreResult<bool> {
    let tx = reads.tx();
    let text = fill(tx.engine(), statement, 0);
    let row: Option<i64> = on!(tx, |conn| sqlx::query_scalar(sqlx::AssertSqlSafe(text.as_str()))
        .bind(at.as_millisecond())
        .fetch_optional(conn)
        .await)?;
    Ok(row.is_some())
}
