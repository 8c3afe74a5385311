//! Signing in on the family's side: sessions, and how often an address was tried. Tokens stand here as hashes alone.

use jiff::Timestamp;

use crate::error::StoreResult;
use crate::on;
use crate::statements;
use crate::time::instant;
use crate::tx::Reads;

/// One browser of a family that is signed in.
#[derive(Debug, Clone)]
pub struct FamilySession {
    /// SHA-256 of the token, hex.
    pub token_hash: String,
    pub email: String,
    pub csrf_token: String,
    pub user_agent: String,
    pub created_at: Timestamp,
    pub seen_at: Timestamp,
    pub expires_at: Timestamp,
    /// The language chosen for the pages, where one was.
    pub language: Option<String>,
}

type Row = (String, String, String, String, i64, i64, i64, Option<String>);

statements! {
    SESSION = "SELECT family_session.token_hash, family_session.email, family_session.csrf_token, \
        family_session.user_agent, family_session.created_at, family_session.seen_at, family_session.expires_at, \
        family_account.language FROM family_session \
        LEFT JOIN family_account ON family_account.email = family_session.email \
        WHERE family_session.token_hash = $1 AND family_session.expires_at > $2";
    TRIES = "SELECT CAST(COALESCE(SUM(tries), 0) AS BIGINT) FROM family_code WHERE email = $1 AND created_at > $2 AND used_at IS NULL";
    ASKED = "SELECT COUNT(*) FROM family_code WHERE email = $1 AND created_at > $2";
}

/// The session of a token, unless it has expired.
pub async fn lookup_session(
    reads: &mut impl Reads,
    token_hash: &str,
    now: Timestamp,
) -> StoreResult<Option<FamilySession>> {
    let row: Option<Row> = on!(reads.tx(), |conn| sqlx::query_as(SESSION)
        .bind(token_hash)
        .bind(now.as_millisecond())
        .fetch_optional(conn)
        .await)?;
    row.map(|(token_hash, email, csrf_token, user_agent, created_at, seen_at, expires_at, language)| {
        Ok(FamilySession {
            token_hash,
            email,
            csrf_token,
            user_agent,
            created_at: instant(created_at)?,
            seen_at: instant(seen_at)?,
            expires_at: instant(expires_at)?,
            language,
        })
    })
    .transpose()
}

/// How many answers to open codes of this address were given after `since`, over all browsers.
pub async fn tries_at(reads: &mut impl Reads, email: &str, since: Timestamp) -> StoreResult<i64> {
    Ok(on!(reads.tx(), |conn| sqlx::query_scalar(TRIES)
        .bind(email)
        .bind(since.as_millisecond())
        .fetch_one(conn)
        .await)?)
}

/// How many codes were asked for under this address after `since`, whether it is on record or not.
pub async fn codes_asked_for(reads: &mut impl Reads, email: &str, since: Timestamp) -> StoreResult<i64> {
    Ok(on!(reads.tx(), |conn| sqlx::query_scalar(ASKED)
        .bind(email)
        .bind(since.as_millisecond())
        .fetch_one(conn)
        .await)?)
}
