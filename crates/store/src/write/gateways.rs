//! Gateways: how they are, and from when on their rate lets the next delivery leave.

use jiff::Timestamp;
use schoolbell_domain::channel::Channel;

use crate::dialect::lease_time;
use crate::error::{StoreError, StoreResult};
use crate::lease::Lease;
use crate::on;
use crate::sql::fill;
use crate::statements;
use crate::tx::Tx;

/// A configured gateway.
#[derive(Debug, Clone, PartialEq)]
pub struct GatewayEntry<'a> {
    pub name: &'a str,
    pub channel: Channel,
    pub kind: &'a str,
    pub per_second: f64,
    /// Calls at once; `None` for what keeps no line.
    pub lines: Option<i64>,
}

statements! {
    REGISTER = "INSERT INTO gateway (name, channel, kind, per_second, next_free_us, state, detail, changed_at, lines) \
        VALUES ($1, $2, $3, $4, 0, 'starting', '', $5, $6) ON CONFLICT (name) DO UPDATE SET channel = excluded.channel, \
        kind = excluded.kind, per_second = excluded.per_second, lines = excluded.lines, \
        state = CASE WHEN gateway.held_by IS NULL OR gateway.state = 'retired' THEN 'starting' ELSE gateway.state END, \
        detail = CASE WHEN gateway.held_by IS NULL OR gateway.state = 'retired' THEN '' ELSE gateway.detail END, \
        changed_at = excluded.changed_at";
    TAKE = "UPDATE gateway SET held_by = $1, held_until = $2 \
        WHERE name = $3 AND (held_by IS NULL OR held_by = $1 OR held_until < $4)";
    KEEP = "UPDATE gateway SET held_until = $1 WHERE name = $2 AND held_by = $3";
    RELEASE = "UPDATE gateway SET held_by = NULL, held_until = NULL WHERE name = $1 AND held_by = $2";
    COUNT_LATE = "UPDATE gateway SET late_answers = late_answers + $1 WHERE name = $2";
    SET_STATE = "UPDATE gateway SET state = $1, detail = $2, changed_at = $3 WHERE name = $4";
    NEXT_FREE = "SELECT next_free_us FROM gateway WHERE name = $1{for update}";
    SET_NEXT_FREE = "UPDATE gateway SET next_free_us = $1 WHERE name = $2";
    RETIRE = "UPDATE gateway SET state = 'retired', detail = 'not in the configuration', changed_at = $1 \
        WHERE name = $2 AND state <> 'retired' AND (held_by IS NULL OR held_until < $3)";
    NAMES = "SELECT name FROM gateway ORDER BY name";
}

/// Enters a gateway of the configuration, or brings its entry up to date; its rate goes on where it stood.
pub async fn register(tx: &mut Tx, gateway: &GatewayEntry<'_>, now: Timestamp) -> StoreResult<()> {
    on!(tx, |conn| sqlx::query(REGISTER)
        .bind(gateway.name)
        .bind(gateway.channel.code())
        .bind(gateway.kind)
        .bind(gateway.per_second)
        .bind(now.as_millisecond())
        .bind(gateway.lines)
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

/// Marks the entries of gateways that the configuration does not name any more. What a living node of another
/// configuration holds is left to it.
pub async fn retire_others(tx: &mut Tx, configured: &[&str], now: Timestamp) -> StoreResult<()> {
    let leases_from = lease_time(tx, now).await?;
    let names: Vec<String> = on!(tx, |conn| sqlx::query_scalar(NAMES).fetch_all(conn).await)?;
    for name in names.iter().filter(|name| !configured.contains(&name.as_str())) {
        on!(tx, |conn| sqlx::query(RETIRE)
            .bind(now.as_millisecond())
            .bind(name.as_str())
            .bind(leases_from.as_millisecond())
            .execute(conn)
            .await
            .map(drop))?;
    }
    Ok(())
}

/// `state` is `starting`, `up` or `away`; `detail` is a sentence for the operator.
pub async fn set_state(tx: &mut Tx, name: &str, state: &str, detail: &str, now: Timestamp) -> StoreResult<()> {
    on!(tx, |conn| sqlx::query(SET_STATE)
        .bind(state)
        .bind(detail)
        .bind(now.as_millisecond())
        .bind(name)
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

/// When the gateway's rate is free again, in microseconds of Unix time. PostgreSQL holds the row until the commit, so
/// that two nodes share one rate.
pub async fn next_free_us(tx: &mut Tx, name: &str) -> StoreResult<i64> {
    let text = fill(tx.engine(), NEXT_FREE, 0);
    let next_free =
        on!(tx, |conn| sqlx::query_scalar(sqlx::AssertSqlSafe(text.as_str())).bind(name).fetch_optional(conn).await)?;
    next_free.ok_or_else(|| StoreError::Missing(format!("gateway {name}")))
}

pub async fn set_next_free_us(tx: &mut Tx, name: &str, next_free_us: i64) -> StoreResult<()> {
    on!(tx, |conn| sqlx::query(SET_NEXT_FREE).bind(next_free_us).bind(name).execute(conn).await.map(drop))?;
    Ok(())
}

/// Takes the gateway for one node, unless another holds it; whether it is held now.
pub async fn take(tx: &mut Tx, name: &str, node: &str, lease: Lease) -> StoreResult<bool> {
    let touched = on!(tx, |conn| sqlx::query(TAKE)
        .bind(node)
        .bind(lease.until.as_millisecond())
        .bind(name)
        .bind(lease.from.as_millisecond())
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(touched == 1)
}

/// Holds it longer; `false` if another node has taken it.
pub async fn keep(tx: &mut Tx, name: &str, node: &str, lease: Lease) -> StoreResult<bool> {
    let touched = on!(tx, |conn| sqlx::query(KEEP)
        .bind(lease.until.as_millisecond())
        .bind(name)
        .bind(node)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(touched == 1)
}

/// Lets it go: any node may take it at once.
pub async fn release(tx: &mut Tx, name: &str, node: &str) -> StoreResult<()> {
    on!(tx, |conn| sqlx::query(RELEASE).bind(name).bind(node).execute(conn).await.map(drop))?;
    Ok(())
}

/// So many answers came too late to count.
pub async fn count_late(tx: &mut Tx, name: &str, answers: i64) -> StoreResult<()> {
    on!(tx, |conn| sqlx::query(COUNT_LATE).bind(answers).bind(name).execute(conn).await.map(drop))?;
    Ok(())
}
