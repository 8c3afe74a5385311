//! Runs of the importer and what was wrong in their files.

use jiff::Timestamp;
use schoolbell_domain::ids::ImportId;
use schoolbell_domain::roster::issue::Issue;

use crate::error::StoreResult;
use crate::on;
use crate::read::imports::ImportState;
use crate::sql::execute_set;
use crate::statements;
use crate::tx::Tx;

/// A run that begins.
#[derive(Debug, Clone)]
pub struct NewImport<'a> {
    pub id: ImportId,
    pub format: &'a str,
    /// The name that people know: of the file or the folder.
    pub source: &'a str,
    /// JSON, the engine's.
    pub summary: &'a str,
    pub actor: &'a str,
    pub started_at: Timestamp,
}

/// How a run goes on or ends.
#[derive(Debug, Clone)]
pub struct Moved<'a> {
    pub id: ImportId,
    pub from: ImportState,
    pub to: ImportState,
    pub format: &'a str,
    pub digest: &'a str,
    pub summary: &'a str,
    pub reason: Option<&'a str>,
    pub finished_at: Option<Timestamp>,
}

statements! {
    BEGIN = "INSERT INTO roster_import (id, state, format, source, digest, summary, actor, started_at) \
        VALUES ($1, 'reading', $2, $3, '', $4, $5, $6)";
    MOVE = "UPDATE roster_import SET state = $1, format = $2, digest = $3, summary = $4, \
        reason = COALESCE($5, reason), finished_at = $6 WHERE id = $7 AND state = $8";
    REOPEN = "UPDATE roster_import SET state = 'reading', reason = $1, finished_at = NULL \
        WHERE id = $2 AND state = 'held'";
    INTERRUPT = "UPDATE roster_import SET state = 'failed', finished_at = $1 WHERE state = 'reading' AND started_at < $2";
    ROLL_BACK = "UPDATE roster_import SET state = 'rolled_back', rolled_back_at = $1 WHERE id = $2 AND state = 'applied'";
    FORGET_ISSUES = "DELETE FROM roster_issue WHERE import_id = $1";
    ADD_ISSUES = "INSERT INTO roster_issue (import_id, seq, severity, kind, file, line, field, value, message) \
        VALUES {rows:9@1}";
}

pub async fn begin_import(tx: &mut Tx, import: NewImport<'_>) -> StoreResult<()> {
    on!(tx, |conn| sqlx::query(BEGIN)
        .bind(import.id.raw())
        .bind(import.format)
        .bind(import.source)
        .bind(import.summary)
        .bind(import.actor)
        .bind(import.started_at.as_millisecond())
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

/// Moves a run on; `false` if it is not in the state that it should come from.
pub async fn move_import(tx: &mut Tx, moved: Moved<'_>) -> StoreResult<bool> {
    let touched = on!(tx, |conn| sqlx::query(MOVE)
        .bind(moved.to.word())
        .bind(moved.format)
        .bind(moved.digest)
        .bind(moved.summary)
        .bind(moved.reason)
        .bind(moved.finished_at.map(Timestamp::as_millisecond))
        .bind(moved.id.raw())
        .bind(moved.from.word())
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(touched == 1)
}

/// A held run is read again, for somebody released it; `false` if it is not held.
pub async fn reopen_import(tx: &mut Tx, id: ImportId, reason: &str) -> StoreResult<bool> {
    let touched = on!(tx, |conn| sqlx::query(REOPEN)
        .bind(reason)
        .bind(id.raw())
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(touched == 1)
}

/// Runs that began before `before` and never ended were cut short by a crash: they changed nothing.
pub async fn fail_interrupted(tx: &mut Tx, now: Timestamp, before: Timestamp) -> StoreResult<u64> {
    let touched = on!(tx, |conn| sqlx::query(INTERRUPT)
        .bind(now.as_millisecond())
        .bind(before.as_millisecond())
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(touched)
}

pub async fn mark_rolled_back(tx: &mut Tx, id: ImportId, now: Timestamp) -> StoreResult<bool> {
    let touched = on!(tx, |conn| sqlx::query(ROLL_BACK)
        .bind(now.as_millisecond())
        .bind(id.raw())
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(touched == 1)
}

/// Keeps the issues of a run, in place of those of an earlier reading.
pub async fn replace_issues(tx: &mut Tx, id: ImportId, issues: &[Issue]) -> StoreResult<()> {
    on!(&mut *tx, |conn| sqlx::query(FORGET_ISSUES).bind(id.raw()).execute(conn).await.map(drop))?;
    let numbered: Vec<(i64, &Issue)> = (1..).zip(issues).collect();
    for chunk in numbered.chunks(500) {
        execute_set!(tx, ADD_ISSUES, [], chunk, |query, row| query
            .bind(id.raw())
            .bind(row.0)
            .bind(row.1.severity.word())
            .bind(row.1.kind.word())
            .bind(&row.1.file)
            .bind(i64::try_from(row.1.line).unwrap_or(i64::MAX))
            .bind(&row.1.field)
            .bind(&row.1.value)
            .bind(&row.1.message))?;
    }
    Ok(())
}
