//! Runs of the importer, for pages and for the importer itself.

use jiff::Timestamp;
use schoolbell_domain::ids::ImportId;
use schoolbell_domain::roster::issue::{Issue, IssueKind, Severity};

use crate::error::{StoreError, StoreResult};
use crate::on;
use crate::statements;
use crate::tx::Reads;

/// Where a run of the importer stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ImportState {
    Reading,
    /// The guard stopped it; a person may release or discard it.
    Held,
    Applied,
    /// Nothing in the files differs from what stands.
    Unchanged,
    Failed,
    Discarded,
    RolledBack,
}

impl ImportState {
    pub const ALL: [Self; 7] =
        [Self::Reading, Self::Held, Self::Applied, Self::Unchanged, Self::Failed, Self::Discarded, Self::RolledBack];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Reading => "reading",
            Self::Held => "held",
            Self::Applied => "applied",
            Self::Unchanged => "unchanged",
            Self::Failed => "failed",
            Self::Discarded => "discarded",
            Self::RolledBack => "rolled_back",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }
}

/// One run. `summary` is the engine's JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportRow {
    pub id: ImportId,
    pub state: ImportState,
    pub format: String,
    pub source: String,
    pub digest: String,
    pub summary: String,
    pub actor: String,
    pub reason: Option<String>,
    pub started_at: Timestamp,
    pub finished_at: Option<Timestamp>,
}

type Raw = (i64, String, String, String, String, String, String, Option<String>, i64, Option<i64>);
type RawIssue = (String, String, String, i64, String, String, String);

statements! {
    LOOKUP = "SELECT id, state, format, source, digest, summary, actor, reason, started_at, finished_at \
        FROM roster_import WHERE id = $1";
    NEWEST = "SELECT id, state, format, source, digest, summary, actor, reason, started_at, finished_at \
        FROM roster_import ORDER BY id DESC LIMIT $1";
    /// Newest first: the order in which they are undone.
    APPLIED_SINCE = "SELECT id FROM roster_import WHERE state = 'applied' AND id >= $1 ORDER BY id DESC";
    LAST_SYNC = "SELECT MAX(finished_at) FROM roster_import WHERE state IN ('applied', 'unchanged')";
    /// Every applied or undone run moves this number.
    VERSION = "SELECT COALESCE(MAX(CASE WHEN rolled_back_at IS NULL THEN finished_at ELSE rolled_back_at END), 0) \
        FROM roster_import WHERE state IN ('applied', 'rolled_back')";
    ISSUES = "SELECT severity, kind, file, line, field, value, message FROM roster_issue \
        WHERE import_id = $1 AND seq > $2 ORDER BY seq LIMIT $3";
}

/// One run, if there is such a one.
pub async fn lookup_import(reads: &mut impl Reads, id: ImportId) -> StoreResult<Option<ImportRow>> {
    let raw: Option<Raw> = on!(reads.tx(), |conn| sqlx::query_as(LOOKUP).bind(id.raw()).fetch_optional(conn).await)?;
    raw.map(import).transpose()
}

/// The newest runs, newest first.
pub async fn newest_imports(reads: &mut impl Reads, most: i64) -> StoreResult<Vec<ImportRow>> {
    let raw: Vec<Raw> = on!(reads.tx(), |conn| sqlx::query_as(NEWEST).bind(most).fetch_all(conn).await)?;
    raw.into_iter().map(import).collect()
}

/// Applied runs from `id` on, newest first.
pub async fn applied_since(reads: &mut impl Reads, id: ImportId) -> StoreResult<Vec<ImportId>> {
    let raw: Vec<(i64,)> = on!(reads.tx(), |conn| sqlx::query_as(APPLIED_SINCE).bind(id.raw()).fetch_all(conn).await)?;
    Ok(raw.into_iter().map(|(id,)| ImportId::from_raw(id)).collect())
}

/// When the roster was last the same as the source: "last synced" of every contact (A22). `None` before the first.
pub async fn last_sync(reads: &mut impl Reads) -> StoreResult<Option<Timestamp>> {
    let at: Option<i64> = on!(reads.tx(), |conn| sqlx::query_scalar(LAST_SYNC).fetch_one(conn).await)?;
    at.map(stamp).transpose()
}

/// A number that moves with every change of the roster: whoever compared before it moved compared with an old roster.
pub async fn roster_version(reads: &mut impl Reads) -> StoreResult<i64> {
    Ok(on!(reads.tx(), |conn| sqlx::query_scalar(VERSION).fetch_one(conn).await)?)
}

/// Issues of a run in the order of the files, `most` of them after the first `skip`.
pub async fn issues(reads: &mut impl Reads, id: ImportId, skip: i64, most: i64) -> StoreResult<Vec<Issue>> {
    let raw: Vec<RawIssue> =
        on!(reads.tx(), |conn| sqlx::query_as(ISSUES).bind(id.raw()).bind(skip).bind(most).fetch_all(conn).await)?;
    let issue = |(severity, kind, file, line, field, value, message): RawIssue| {
        let damaged = |what: &str| StoreError::Damaged { row: "roster_issue".to_owned(), what: what.to_owned() };
        Ok(Issue {
            severity: Severity::from_word(&severity).ok_or_else(|| damaged(&severity))?,
            kind: IssueKind::from_word(&kind).ok_or_else(|| damaged(&kind))?,
            file,
            line: u64::try_from(line).unwrap_or(0),
            field,
            value,
            message,
        })
    };
    raw.into_iter().map(issue).collect()
}

fn import(raw: Raw) -> StoreResult<ImportRow> {
    let (id, state, format, source, digest, summary, actor, reason, started_at, finished_at) = raw;
    let damaged = || StoreError::Damaged { row: format!("roster_import {id}"), what: format!("state `{state}`") };
    Ok(ImportRow {
        id: ImportId::from_raw(id),
        state: ImportState::from_word(&state).ok_or_else(damaged)?,
        format,
        source,
        digest,
        summary,
        actor,
        reason,
        started_at: stamp(started_at)?,
        finished_at: finished_at.map(stamp).transpose()?,
    })
}

fn stamp(ms: i64) -> StoreResult<Timestamp> {
    let damaged = |_| StoreError::Damaged { row: "roster_import".to_owned(), what: format!("instant {ms}") };
    Timestamp::from_millisecond(ms).map_err(damaged)
}
