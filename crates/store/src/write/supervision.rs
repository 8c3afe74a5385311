//! Threads drawn for supervision, and what a person found in them.

use jiff::Timestamp;
use schoolbell_domain::conversation::sampling::Finding;
use schoolbell_domain::ids::{ConversationId, SchoolId};

use crate::error::StoreResult;
use crate::on;
use crate::statements;
use crate::tx::Tx;

/// A thread that was drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drawn<'a> {
    pub id: i64,
    pub school: SchoolId,
    /// `2027-01`.
    pub month: &'a str,
    pub thread: ConversationId,
    pub seed: &'a str,
    pub by: &'a str,
    pub at: Timestamp,
}

/// What a person says of a sampled thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen<'a> {
    pub by: &'a str,
    pub at: Timestamp,
    pub finding: Finding,
    pub note: &'a str,
    /// Of the month, in the thread, when it was seen.
    pub texts: i64,
}

statements! {
    DRAW = "INSERT INTO thread_sample (id, school_id, month, conversation_id, seed, drawn_by, drawn_at) \
        VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (school_id, month, conversation_id) DO NOTHING";
    SEEN = "UPDATE thread_sample SET seen_by = $1, seen_at = $2, finding = $3, note = $4, texts = $5 \
        WHERE id = $6 AND seen_at IS NULL";
}

/// Puts a thread into the queue; one that was drawn for the month stays as it is.
pub async fn draw(tx: &mut Tx, drawn: Drawn<'_>) -> StoreResult<()> {
    on!(tx, |conn| sqlx::query(DRAW)
        .bind(drawn.id)
        .bind(drawn.school.raw())
        .bind(drawn.month)
        .bind(drawn.thread.raw())
        .bind(drawn.seed)
        .bind(drawn.by)
        .bind(drawn.at.as_millisecond())
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

/// A person has read it; `false` if somebody had.
pub async fn seen(tx: &mut Tx, id: i64, seen: Seen<'_>) -> StoreResult<bool> {
    let rows = on!(tx, |conn| sqlx::query(SEEN)
        .bind(seen.by)
        .bind(seen.at.as_millisecond())
        .bind(seen.finding.word())
        .bind(seen.note)
        .bind(seen.texts)
        .bind(id)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}
