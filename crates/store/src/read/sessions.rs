//! Who is signed in. Tokens stand here as their SHA-256 alone.

use jiff::Timestamp;
use schoolbell_domain::ids::UserId;

use crate::error::StoreResult;
use crate::on;
use crate::statements;
use crate::time::instant;
use crate::tx::Reads;

/// One browser that is signed in.
#[derive(Debug, Clone)]
pub struct Session {
    /// SHA-256 of the token, hex.
    pub token_hash: String,
    pub user: UserId,
    pub csrf_token: String,
    pub user_agent: String,
    pub created_at: Timestamp,
    pub seen_at: Timestamp,
    pub expires_at: Timestamp,
}

type Row = (String, i64, String, String, i64, i64, i64);

statements! {
    LOOKUP = "SELECT token_hash, user_id, csrf_token, user_agent, created_at, seen_at, expires_at \
        FROM session WHERE token_hash = $1 AND expires_at > $2";
    OF_USER = "SELECT token_hash, user_id, csrf_token, user_agent, created_at, seen_at, expires_at \
        FROM session WHERE user_id = $1 AND expires_at > $2 ORDER BY seen_at DESC, token_hash";
}

fn session(row: Row) -> StoreResult<Session> {
    let (token_hash, user, csrf_token, user_agent, created_at, seen_at, expires_at) = row;
    Ok(Session {
        token_hash,
        user: UserId::from_raw(user),
        csrf_token,
        user_agent,
        created_at: instant(created_at)?,
        seen_at: instant(seen_at)?,
        expires_at: instant(expires_at)?,
    })
}

/// The session of a token, unless it has expired.
pub async fn lookup_session(reads: &mut impl Reads, token_hash: &str, now: Timestamp) -> StoreResult<Option<Session>> {
    let row: Option<Row> = on!(reads.tx(), |conn| sqlx::query_as(LOOKUP)
        .bind(token_hash)
        .bind(now.as_millisecond())
        .fetch_optional(conn)
        .await)?;
    row.map(session).transpose()
}

/// Where a user is signed in now, the latest seen first.
pub async fn sessions_of(reads: &mut impl Reads, user: UserId, now: Timestamp) -> StoreResult<Vec<Session>> {
    let rows: Vec<Row> = on!(reads.tx(), |conn| sqlx::query_as(OF_USER)
        .bind(user.raw())
        .bind(now.as_millisecond())
        .fetch_all(conn)
        .await)?;
    rows.into_iter().map(session).collect()
}
