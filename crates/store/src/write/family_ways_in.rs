//! Keeping ways in that began, and launch links that were used.

use jiff::Timestamp;

use crate::error::StoreResult;
use crate::on;
use crate::statements;
use crate::tx::Tx;

/// A way in that begins.
#[derive(Clone)]
pub struct NewTry<'a> {
    pub token_hash: &'a str,
    /// What it may end as; a try of one kind ends no other.
    pub kind: &'a str,
    pub email: Option<&'a str>,
    pub state: &'a str,
    pub expires_at: Timestamp,
}

/// A try as it was kept.
#[derive(Clone)]
pub struct KeptTry {
    pub email: Option<String>,
    pub state: String,
}

statements! {
    SWEEP = "DELETE FROM door_try WHERE expires_at < $1";
    BEGIN = "INSERT INTO door_try (token_hash, kind, email, state, expires_at) VALUES ($1, $2, $3, $4, $5)";
    OPEN = "SELECT COUNT(*) FROM door_try WHERE kind = $1 AND expires_at > $2";
    END = "DELETE FROM door_try WHERE token_hash = $1 AND kind = $2 AND expires_at > $3 RETURNING email, state";
    SWEEP_LAUNCHES = "DELETE FROM launch_used WHERE expires_at < $1";
    LAUNCH = "INSERT INTO launch_used (token_hash, expires_at) VALUES ($1, $2) ON CONFLICT (token_hash) DO NOTHING";
}

/// Keeps a try, and drops those that are too old.
pub async fn begin_try(tx: &mut Tx, new: &NewTry<'_>, now: Timestamp) -> StoreResult<()> {
    on!(&mut *tx, |conn| sqlx::query(SWEEP).bind(now.as_millisecond()).execute(conn).await.map(drop))?;
    on!(tx, |conn| sqlx::query(BEGIN)
        .bind(new.token_hash)
        .bind(new.kind)
        .bind(new.email)
        .bind(new.state)
        .bind(new.expires_at.as_millisecond())
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

/// How many tries of a kind have begun and may still end.
pub async fn open_tries(tx: &mut Tx, kind: &str, now: Timestamp) -> StoreResult<i64> {
    Ok(on!(tx, |conn| sqlx::query_scalar(OPEN).bind(kind).bind(now.as_millisecond()).fetch_one(conn).await)?)
}

/// Uses a try up; `None` if there is none of this kind, it was used, or it is too old.
pub async fn end_try(tx: &mut Tx, token_hash: &str, kind: &str, now: Timestamp) -> StoreResult<Option<KeptTry>> {
    let row: Option<(Option<String>, String)> = on!(tx, |conn| sqlx::query_as(END)
        .bind(token_hash)
        .bind(kind)
        .bind(now.as_millisecond())
        .fetch_optional(conn)
        .await)?;
    Ok(row.map(|(email, state)| KeptTry { email, state }))
}

/// Uses a launch link up; `false` if it was used already.
pub async fn use_launch(tx: &mut Tx, token_hash: &str, expires_at: Timestamp, now: Timestamp) -> StoreResult<bool> {
    on!(&mut *tx, |conn| sqlx::query(SWEEP_LAUNCHES).bind(now.as_millisecond()).execute(conn).await.map(drop))?;
    let rows = on!(tx, |conn| sqlx::query(LAUNCH)
        .bind(token_hash)
        .bind(expires_at.as_millisecond())
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}
