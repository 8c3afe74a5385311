//! What background work waits, runs or has failed.

use jiff::Timestamp;
use schoolbell_domain::ids::JobId;

use crate::error::StoreResult;
use crate::on;
use crate::statements;
use crate::tx::Reads;

/// A job that failed for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedJob {
    pub id: JobId,
    pub kind: String,
    pub error: String,
}

statements! {
    OPEN = "SELECT COUNT(*) FROM job WHERE state IN ('ready', 'running')";
    DUE = "SELECT COUNT(*) FROM job WHERE state IN ('ready', 'running') AND run_at <= $1";
    OPEN_OF_KEY = "SELECT COUNT(*) FROM job WHERE unique_key = $1 AND state IN ('ready', 'running')";
    FAILED = "SELECT id, kind, COALESCE(last_error, '') FROM job WHERE state = 'failed' ORDER BY id DESC LIMIT $1";
}

/// How many jobs wait or run.
pub async fn open(reads: &mut impl Reads) -> StoreResult<i64> {
    Ok(on!(reads.tx(), |conn| sqlx::query_scalar(OPEN).fetch_one(conn).await)?)
}

/// How many jobs wait or run whose time has come.
pub async fn due(reads: &mut impl Reads, now: Timestamp) -> StoreResult<i64> {
    Ok(on!(reads.tx(), |conn| sqlx::query_scalar(DUE).bind(now.as_millisecond()).fetch_one(conn).await)?)
}

/// Whether a job of this unique key waits or runs.
pub async fn is_open(reads: &mut impl Reads, unique_key: &str) -> StoreResult<bool> {
    let count: i64 = on!(reads.tx(), |conn| sqlx::query_scalar(OPEN_OF_KEY).bind(unique_key).fetch_one(conn).await)?;
    Ok(count > 0)
}

/// The newest jobs that failed for good, at most `most`.
pub async fn failed(reads: &mut impl Reads, most: i64) -> StoreResult<Vec<FailedJob>> {
    let rows: Vec<(i64, String, String)> =
        on!(reads.tx(), |conn| sqlx::query_as(FAILED).bind(most).fetch_all(conn).await)?;
    Ok(rows.into_iter().map(|(id, kind, error)| FailedJob { id: JobId::from_raw(id), kind, error }).collect())
}
