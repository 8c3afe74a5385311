//! Sessions and one-time sign-in links.

use jiff::Timestamp;
use schoolbell_domain::ids::UserId;

use crate::error::StoreResult;
use crate::on;
use crate::read::sessions::Session;
use crate::statements;
use crate::tx::Tx;

statements! {
    INSERT = "INSERT INTO session (token_hash, user_id, csrf_token, user_agent, created_at, seen_at, expires_at) \
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    TOUCH = "UPDATE session SET seen_at = $1, expires_at = $2 WHERE token_hash = $3 AND seen_at < $1";
    END = "DELETE FROM session WHERE token_hash = $1";
    END_OTHERS = "DELETE FROM session WHERE user_id = $1 AND token_hash <> $2";
    SWEEP = "DELETE FROM session WHERE expires_at <= $1";
    INSERT_LINK = "INSERT INTO sign_in_link (token_hash, user_id, expires_at) VALUES ($1, $2, $3)";
    USE_LINK = "UPDATE sign_in_link SET used_at = $1 \
        WHERE token_hash = $2 AND used_at IS NULL AND expires_at > $1 RETURNING user_id";
    VOID_LINKS = "UPDATE sign_in_link SET used_at = $1 WHERE user_id = $2 AND used_at IS NULL";
}

/// Writes a session, and drops those of everybody that have expired.
pub async fn insert_session(tx: &mut Tx, session: &Session) -> StoreResult<()> {
    on!(&mut *tx, |conn| sqlx::query(SWEEP).bind(session.created_at.as_millisecond()).execute(conn).await.map(drop))?;
    on!(tx, |conn| sqlx::query(INSERT)
        .bind(&session.token_hash)
        .bind(session.user.raw())
        .bind(&session.csrf_token)
        .bind(&session.user_agent)
        .bind(session.created_at.as_millisecond())
        .bind(session.seen_at.as_millisecond())
        .bind(session.expires_at.as_millisecond())
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

/// Moves a session's expiry on.
pub async fn touch_session(tx: &mut Tx, token_hash: &str, now: Timestamp, expires_at: Timestamp) -> StoreResult<()> {
    on!(tx, |conn| sqlx::query(TOUCH)
        .bind(now.as_millisecond())
        .bind(expires_at.as_millisecond())
        .bind(token_hash)
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

/// Ends one session; `false` if there was none.
pub async fn end_session(tx: &mut Tx, token_hash: &str) -> StoreResult<bool> {
    let rows = on!(tx, |conn| sqlx::query(END).bind(token_hash).execute(conn).await.map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Ends every session of a user but the one named (an empty `keep` ends all); returns how many.
pub async fn end_other_sessions(tx: &mut Tx, user: UserId, keep: &str) -> StoreResult<u64> {
    Ok(on!(tx, |conn| sqlx::query(END_OTHERS)
        .bind(user.raw())
        .bind(keep)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?)
}

pub async fn insert_link(tx: &mut Tx, token_hash: &str, user: UserId, expires_at: Timestamp) -> StoreResult<()> {
    on!(tx, |conn| sqlx::query(INSERT_LINK)
        .bind(token_hash)
        .bind(user.raw())
        .bind(expires_at.as_millisecond())
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

/// Uses a link up and says whose it is; `None` if it is unknown, used or expired.
pub async fn use_link(tx: &mut Tx, token_hash: &str, now: Timestamp) -> StoreResult<Option<UserId>> {
    let user: Option<i64> = on!(tx, |conn| sqlx::query_scalar(USE_LINK)
        .bind(now.as_millisecond())
        .bind(token_hash)
        .fetch_optional(conn)
        .await)?;
    Ok(user.map(UserId::from_raw))
}

/// Makes every open link of a user useless.
pub async fn void_links(tx: &mut Tx, user: UserId, now: Timestamp) -> StoreResult<()> {
    on!(tx, |conn| sqlx::query(VOID_LINKS).bind(now.as_millisecond()).bind(user.raw()).execute(conn).await.map(drop))?;
    Ok(())
}
