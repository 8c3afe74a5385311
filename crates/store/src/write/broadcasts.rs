//! Drafts saved, broadcasts moved from state to state. Each move is guarded and says whether it happened.

use jiff::Timestamp;
use schoolbell_domain::broadcast::Draft;
use schoolbell_domain::ids::{BroadcastId, SchoolId, UserId};

use crate::error::{StoreError, StoreResult};
use crate::on;
use crate::statements;
use crate::tx::Tx;

statements! {
    INSERT = "INSERT INTO broadcast (id, state, category, title, draft, owner_school, version, created_by, created_at, \
        updated_at) VALUES ($1, 'draft', $2, $3, $4, $5, 1, $6, $7, $8)";
    SAVE = "UPDATE broadcast SET category = $1, title = $2, draft = $3, owner_school = $4, version = version + 1, \
        updated_at = $5 WHERE id = $6 AND version = $7 AND state = 'draft'";
    DISCARD = "UPDATE broadcast SET state = 'discarded', updated_at = $1 WHERE id = $2 AND state = 'draft'";
    SEND = "UPDATE broadcast SET state = 'expanding', sent_by = $1, sent_at = $2, expires_at = $3, updated_at = $2 \
        WHERE id = $4 AND version = $5 AND state IN ('draft', 'scheduled')";
    SCHEDULE = "UPDATE broadcast SET state = 'scheduled', sent_by = $1, send_at = $2, updated_at = $3 \
        WHERE id = $4 AND version = $5 AND state = 'draft'";
    UNSCHEDULE = "UPDATE broadcast SET state = 'draft', sent_by = NULL, send_at = NULL, updated_at = $1, \
        version = version + 1 WHERE id = $2 AND state = 'scheduled'";
    ADVANCE = "UPDATE broadcast SET expand_cursor = $1 WHERE id = $2 AND state = 'expanding' \
        AND COALESCE(expand_cursor, 0) = $3 AND $3 < $1";
    EXPANDED = "UPDATE broadcast SET state = 'sending', expanded_at = $1, plan_digest = $2 \
        WHERE id = $3 AND state = 'expanding'";
    STOP = "UPDATE broadcast SET state = 'stopped', stopped_by = $1, stopped_at = $2, updated_at = $2 \
        WHERE id = $3 AND state IN ('expanding', 'sending')";
}

/// Who keeps a draft, and when.
#[derive(Debug, Clone, Copy)]
pub struct Keeping {
    pub by: UserId,
    pub at: Timestamp,
}

pub async fn insert_draft(tx: &mut Tx, id: BroadcastId, draft: &Draft, keeping: Keeping) -> StoreResult<()> {
    let text = to_text(id, draft)?;
    on!(tx, |conn| sqlx::query(INSERT)
        .bind(id.raw())
        .bind(draft.category.map(schoolbell_domain::category::Category::key))
        .bind(&draft.title)
        .bind(&text)
        .bind(draft.owner.map(SchoolId::raw))
        .bind(keeping.by.raw())
        .bind(keeping.at.as_millisecond())
        .bind(keeping.at.as_millisecond())
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

/// Replaces a draft of this version; `false` if somebody saved it since, or it is no draft any more.
pub async fn save_draft(tx: &mut Tx, id: BroadcastId, draft: &Draft, version: i64, at: Timestamp) -> StoreResult<bool> {
    let text = to_text(id, draft)?;
    moved(on!(tx, |conn| sqlx::query(SAVE)
        .bind(draft.category.map(schoolbell_domain::category::Category::key))
        .bind(&draft.title)
        .bind(&text)
        .bind(draft.owner.map(SchoolId::raw))
        .bind(at.as_millisecond())
        .bind(id.raw())
        .bind(version)
        .execute(conn)
        .await
        .map(|done| done.rows_affected())))
}

pub async fn discard_draft(tx: &mut Tx, id: BroadcastId, at: Timestamp) -> StoreResult<bool> {
    moved(on!(tx, |conn| sqlx::query(DISCARD)
        .bind(at.as_millisecond())
        .bind(id.raw())
        .execute(conn)
        .await
        .map(|done| done.rows_affected())))
}

/// Which broadcast, in which version.
#[derive(Debug, Clone, Copy)]
pub struct Version {
    pub id: BroadcastId,
    pub version: i64,
}

/// Send was pressed, or its time has come.
pub async fn begin_sending(tx: &mut Tx, which: Version, keeping: Keeping, expires_at: Timestamp) -> StoreResult<bool> {
    moved(on!(tx, |conn| sqlx::query(SEND)
        .bind(keeping.by.raw())
        .bind(keeping.at.as_millisecond())
        .bind(expires_at.as_millisecond())
        .bind(which.id.raw())
        .bind(which.version)
        .execute(conn)
        .await
        .map(|done| done.rows_affected())))
}

pub async fn schedule(tx: &mut Tx, which: Version, keeping: Keeping, send_at: Timestamp) -> StoreResult<bool> {
    moved(on!(tx, |conn| sqlx::query(SCHEDULE)
        .bind(keeping.by.raw())
        .bind(send_at.as_millisecond())
        .bind(keeping.at.as_millisecond())
        .bind(which.id.raw())
        .bind(which.version)
        .execute(conn)
        .await
        .map(|done| done.rows_affected())))
}

/// Back to a draft.
pub async fn unschedule(tx: &mut Tx, id: BroadcastId, at: Timestamp) -> StoreResult<bool> {
    moved(on!(tx, |conn| sqlx::query(UNSCHEDULE)
        .bind(at.as_millisecond())
        .bind(id.raw())
        .execute(conn)
        .await
        .map(|done| done.rows_affected())))
}

/// The rows behind household `from` up to `to` stand; `false` if the broadcast was stopped, or another run has written
/// some of them. The first page comes behind 0.
pub async fn advance_cursor(tx: &mut Tx, id: BroadcastId, (from, to): (i64, i64)) -> StoreResult<bool> {
    moved(on!(tx, |conn| sqlx::query(ADVANCE)
        .bind(to)
        .bind(id.raw())
        .bind(from)
        .execute(conn)
        .await
        .map(|done| done.rows_affected())))
}

/// Every row stands.
pub async fn end_expanding(tx: &mut Tx, id: BroadcastId, digest: &str, at: Timestamp) -> StoreResult<bool> {
    moved(on!(tx, |conn| sqlx::query(EXPANDED)
        .bind(at.as_millisecond())
        .bind(digest)
        .bind(id.raw())
        .execute(conn)
        .await
        .map(|done| done.rows_affected())))
}

pub async fn stop(tx: &mut Tx, id: BroadcastId, keeping: Keeping) -> StoreResult<bool> {
    moved(on!(tx, |conn| sqlx::query(STOP)
        .bind(keeping.by.raw())
        .bind(keeping.at.as_millisecond())
        .bind(id.raw())
        .execute(conn)
        .await
        .map(|done| done.rows_affected())))
}

fn moved(rows: Result<u64, sqlx::Error>) -> StoreResult<bool> {
    Ok(rows? == 1)
}

fn to_text(id: BroadcastId, draft: &Draft) -> StoreResult<String> {
    serde_json::to_string(draft).map_err(|error| StoreError::Damaged { row: id.to_string(), what: error.to_string() })
}
