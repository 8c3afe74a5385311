//! Signing in on the family's side: challenges and their codes, links, sessions, accounts.

use jiff::Timestamp;

use crate::error::StoreResult;
use crate::on;
use crate::read::family_doors::FamilySession;
use crate::statements;
use crate::tx::Tx;

/// A challenge that somebody tries to answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    pub email: String,
    /// `None` where the address is on no record.
    pub code_hash: Option<String>,
    /// This try included.
    pub tries: i64,
}

statements! {
    ASK = "INSERT INTO family_code (challenge_hash, email, tries, created_at, expires_at) VALUES ($1, $2, 0, $3, $4)";
    SWEEP_CODES = "DELETE FROM family_code WHERE created_at < $1";
    SET_CODE = "UPDATE family_code SET code_hash = $1 \
        WHERE challenge_hash = $2 AND code_hash IS NULL AND used_at IS NULL RETURNING email";
    /// Counts first, whatever comes of it: two answers at the same time are two tries.
    TRY = "UPDATE family_code SET tries = tries + 1 \
        WHERE challenge_hash = $1 AND used_at IS NULL AND expires_at > $2 AND tries < $3 \
        RETURNING email, code_hash, tries";
    USE_CHALLENGE = "UPDATE family_code SET used_at = $1 WHERE challenge_hash = $2 AND used_at IS NULL";
    USE_CODES = "UPDATE family_code SET used_at = $1 WHERE email = $2 AND used_at IS NULL";
    INSERT_LINK = "INSERT INTO family_link (token_hash, email, expires_at) VALUES ($1, $2, $3)";
    USE_LINK = "UPDATE family_link SET used_at = $1 \
        WHERE token_hash = $2 AND used_at IS NULL AND expires_at > $1 RETURNING email";
    ACCOUNT = "INSERT INTO family_account (email, created_at, last_sign_in_at) VALUES ($1, $2, $3) \
        ON CONFLICT (email) DO UPDATE SET last_sign_in_at = excluded.last_sign_in_at";
    LANGUAGE = "UPDATE family_account SET language = $1 WHERE email = $2";
    BEGIN = "INSERT INTO family_session (token_hash, email, csrf_token, user_agent, created_at, seen_at, expires_at) \
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    TOUCH = "UPDATE family_session SET seen_at = $1, expires_at = $2 WHERE token_hash = $3 AND seen_at < $1";
    END = "DELETE FROM family_session WHERE token_hash = $1";
    SWEEP = "DELETE FROM family_session WHERE expires_at <= $1";
}

/// Keeps a challenge; those older than `forget` go.
pub async fn ask(
    tx: &mut Tx,
    (challenge_hash, email): (&str, &str),
    (now, expires_at, forget): (Timestamp, Timestamp, Timestamp),
) -> StoreResult<()> {
    on!(&mut *tx, |conn| sqlx::query(SWEEP_CODES).bind(forget.as_millisecond()).execute(conn).await.map(drop))?;
    on!(tx, |conn| sqlx::query(ASK)
        .bind(challenge_hash)
        .bind(email)
        .bind(now.as_millisecond())
        .bind(expires_at.as_millisecond())
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

/// Gives a challenge its code, once; answers whose it is, or `None` if it has one or was used.
pub async fn set_code(tx: &mut Tx, challenge_hash: &str, code_hash: &str) -> StoreResult<Option<String>> {
    Ok(on!(tx, |conn| sqlx::query_scalar(SET_CODE).bind(code_hash).bind(challenge_hash).fetch_optional(conn).await)?)
}

/// Counts a try at a challenge; `None` if it is unknown, used, too old, or was tried `most` times.
pub async fn try_code(tx: &mut Tx, challenge_hash: &str, now: Timestamp, most: i64) -> StoreResult<Option<Tried>> {
    let row: Option<(String, Option<String>, i64)> = on!(tx, |conn| sqlx::query_as(TRY)
        .bind(challenge_hash)
        .bind(now.as_millisecond())
        .bind(most)
        .fetch_optional(conn)
        .await)?;
    Ok(row.map(|(email, code_hash, tries)| Tried { email, code_hash, tries }))
}

/// Uses up one challenge; `false` if it was used already.
pub async fn use_challenge(tx: &mut Tx, challenge_hash: &str, now: Timestamp) -> StoreResult<bool> {
    let rows = on!(tx, |conn| sqlx::query(USE_CHALLENGE)
        .bind(now.as_millisecond())
        .bind(challenge_hash)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Uses up every open code of an address.
pub async fn use_codes(tx: &mut Tx, email: &str, now: Timestamp) -> StoreResult<()> {
    on!(tx, |conn| sqlx::query(USE_CODES).bind(now.as_millisecond()).bind(email).execute(conn).await.map(drop))?;
    Ok(())
}

pub async fn insert_link(tx: &mut Tx, token_hash: &str, email: &str, expires_at: Timestamp) -> StoreResult<()> {
    on!(tx, |conn| sqlx::query(INSERT_LINK)
        .bind(token_hash)
        .bind(email)
        .bind(expires_at.as_millisecond())
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

/// Uses a link up and says whose it is; `None` if it is unknown, used or expired.
pub async fn use_link(tx: &mut Tx, token_hash: &str, now: Timestamp) -> StoreResult<Option<String>> {
    Ok(on!(tx, |conn| sqlx::query_scalar(USE_LINK)
        .bind(now.as_millisecond())
        .bind(token_hash)
        .fetch_optional(conn)
        .await)?)
}

/// Writes a session and its account, and drops sessions that have expired.
pub async fn begin_session(tx: &mut Tx, session: &FamilySession) -> StoreResult<()> {
    let now = session.created_at.as_millisecond();
    on!(&mut *tx, |conn| sqlx::query(SWEEP).bind(now).execute(conn).await.map(drop))?;
    on!(&mut *tx, |conn| sqlx::query(ACCOUNT).bind(&session.email).bind(now).bind(now).execute(conn).await.map(drop))?;
    on!(tx, |conn| sqlx::query(BEGIN)
        .bind(&session.token_hash)
        .bind(&session.email)
        .bind(&session.csrf_token)
        .bind(&session.user_agent)
        .bind(now)
        .bind(session.seen_at.as_millisecond())
        .bind(session.expires_at.as_millisecond())
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

/// The language of an account's pages.
pub async fn set_language(tx: &mut Tx, email: &str, language: &str) -> StoreResult<()> {
    on!(tx, |conn| sqlx::query(LANGUAGE).bind(language).bind(email).execute(conn).await.map(drop))?;
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
