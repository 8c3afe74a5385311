//! Gateways: how they are, and from when on their rate lets the next delivery leave.

use jiff::Timestamp;
use schoolbell_domain::channel::Channel;

use crate::error::{StoreError, StoreResult};
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
}

statements! {
    REGISTER = "INSERT INTO gateway (name, channel, kind, per_second, next_free_us, state, detail, changed_at) \
        VALUES ($1, $2, $3, $4, 0, 'starting', '', $5) ON CONFLICT (name) DO UPDATE SET channel = excluded.channel, \
        kind = excluded.kind, per_second = excluded.per_second, state = 'starting', detail = '', \
        changed_at = excluded.changed_at";
    SET_STATE = "UPDATE gateway SET state = $1, detail = $2, changed_at = $3 WHERE name = $4";
    NEXT_FREE = "SELECT next_free_us FROM gateway WHERE name = $1{for update}";
    SET_NEXT_FREE = "UPDATE gateway SET next_free_us = $1 WHERE name = $2";
    RETIRE = "UPDATE gateway SET state = 'retired', detail = 'not in the configuration', changed_at = $1 \
        WHERE name = $2 AND state <> 'retired'";
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
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

/// Marks the entries of gateways that the configuration does not name any more.
pub async fn retire_others(tx: &mut Tx, configured: &[&str], now: Timestamp) -> StoreResult<()> {
    let names: Vec<String> = on!(tx, |conn| sqlx::query_scalar(NAMES).fetch_all(conn).await)?;
    for name in names.iter().filter(|name| !configured.contains(&name.as_str())) {
        on!(tx, |conn| sqlx::query(RETIRE)
            .bind(now.as_millisecond())
            .bind(name.as_str())
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
