//! Coarse background work, enqueued in the transaction that it follows from.

use jiff::Timestamp;
use schoolbell_domain::ids::JobId;

use crate::error::StoreResult;
use crate::lease::Lease;
use crate::on;
use crate::sql::fill;
use crate::statements;
use crate::tx::Tx;

/// Work to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewJob {
    pub id: JobId,
    /// The key of the registry: `expand_broadcast`, `invite_numbers`.
    pub kind: &'static str,
    /// JSON, or what the kind understands.
    pub payload: String,
    /// At most one job with this key waits; a second one gives it its payload and time, or sees to it that it runs again.
    pub unique_key: Option<String>,
    pub run_at: Timestamp,
}

/// A job that this node has the right to run until its lease ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedJob {
    pub id: JobId,
    pub kind: String,
    pub payload: String,
    /// This run included.
    pub attempts: i64,
    run_at: i64,
}

type Row = (i64, String, String, i64, i64);

statements! {
    /// A key that waits or runs: the work is seen to once more, after what was enqueued now.
    ENQUEUE = "INSERT INTO job (id, kind, payload, unique_key, state, run_at, attempts) \
        VALUES ($1, $2, $3, $4, 'ready', $5, 0) \
        ON CONFLICT (unique_key) WHERE unique_key IS NOT NULL AND state IN ('ready', 'running') DO UPDATE SET \
        payload = excluded.payload, run_at = CASE \
            WHEN job.state = 'running' AND job.run_at >= excluded.run_at THEN job.run_at + 1 ELSE excluded.run_at END";
    CLAIM = "UPDATE job SET state = 'running', attempts = attempts + 1, lease_until = $1 WHERE id IN ( \
        SELECT id FROM job WHERE state IN ('ready', 'running') AND run_at <= $2 \
        AND (state = 'ready' OR lease_until < $4) ORDER BY run_at LIMIT $3{skip locked}) RETURNING id, kind, payload, attempts, run_at";
    RENEW = "UPDATE job SET lease_until = $1 WHERE id = $2 AND state = 'running' AND attempts = $3";
    /// Enqueued again while it ran: `run_at` moved, so it runs again.
    FINISH = "UPDATE job SET state = CASE WHEN run_at = $1 THEN 'done' ELSE 'ready' END, lease_until = NULL, \
        last_error = NULL WHERE id = $2 AND state = 'running' AND attempts = $3";
    RETRY = "UPDATE job SET state = 'ready', lease_until = NULL, run_at = $1, last_error = $2 \
        WHERE id = $3 AND state = 'running' AND attempts = $4";
    RELEASE_ALL = "UPDATE job SET state = 'ready', lease_until = NULL \
        WHERE state IN ('ready', 'running') AND lease_until IS NOT NULL";
    RELEASE = "UPDATE job SET state = 'ready', lease_until = NULL WHERE id = $1 AND state = 'running' AND attempts = $2";
    FAIL = "UPDATE job SET state = 'failed', lease_until = NULL, last_error = $1 \
        WHERE id = $2 AND state = 'running' AND attempts = $3";
}

/// Adds the job, or makes the waiting one of the same key run in its stead.
pub async fn enqueue(tx: &mut Tx, job: NewJob) -> StoreResult<()> {
    on!(tx, |conn| sqlx::query(ENQUEUE)
        .bind(job.id.raw())
        .bind(job.kind)
        .bind(job.payload)
        .bind(job.unique_key)
        .bind(job.run_at.as_millisecond())
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

/// Takes at most `most` jobs that are due `now`, or whose runner is gone, oldest first.
pub async fn claim(tx: &mut Tx, now: Timestamp, lease: Lease, most: i64) -> StoreResult<Vec<ClaimedJob>> {
    let text = fill(tx.engine(), CLAIM, 0);
    let mut rows: Vec<Row> = on!(tx, |conn| sqlx::query_as(sqlx::AssertSqlSafe(text.as_str()))
        .bind(lease.until.as_millisecond())
        .bind(now.as_millisecond())
        .bind(most)
        .bind(lease.from.as_millisecond())
        .fetch_all(conn)
        .await)?;
    rows.sort_by_key(|row| (row.4, row.0));
    let job =
        |(id, kind, payload, attempts, run_at)| ClaimedJob { id: JobId::from_raw(id), kind, payload, attempts, run_at };
    Ok(rows.into_iter().map(job).collect())
}

/// Keeps the right to run it; `false` if somebody else has it by now.
pub async fn renew(tx: &mut Tx, job: &ClaimedJob, lease_until: Timestamp) -> StoreResult<bool> {
    let touched = on!(tx, |conn| sqlx::query(RENEW)
        .bind(lease_until.as_millisecond())
        .bind(job.id.raw())
        .bind(job.attempts)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(touched == 1)
}

/// It is done. If the same key was enqueued while it ran, it is ready again.
pub async fn finish(tx: &mut Tx, job: &ClaimedJob) -> StoreResult<bool> {
    let touched = on!(tx, |conn| sqlx::query(FINISH)
        .bind(job.run_at)
        .bind(job.id.raw())
        .bind(job.attempts)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(touched == 1)
}

/// It did not work, and is to be tried again at `run_at`.
pub async fn retry(tx: &mut Tx, job: &ClaimedJob, run_at: Timestamp, error: &str) -> StoreResult<bool> {
    let touched = on!(tx, |conn| sqlx::query(RETRY)
        .bind(run_at.as_millisecond())
        .bind(error)
        .bind(job.id.raw())
        .bind(job.attempts)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(touched == 1)
}

/// This node ends: the job may be taken at once.
pub async fn release(tx: &mut Tx, job: &ClaimedJob) -> StoreResult<bool> {
    let touched = on!(tx, |conn| sqlx::query(RELEASE)
        .bind(job.id.raw())
        .bind(job.attempts)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(touched == 1)
}

/// Where no other node can be at work: what the last run of the program left may be taken at once.
pub async fn release_all(tx: &mut Tx) -> StoreResult<u64> {
    let touched = on!(tx, |conn| sqlx::query(RELEASE_ALL).execute(conn).await.map(|done| done.rows_affected()))?;
    Ok(touched)
}

/// It did not work and never will; an operator sees why.
pub async fn fail(tx: &mut Tx, job: &ClaimedJob, error: &str) -> StoreResult<bool> {
    let touched = on!(tx, |conn| sqlx::query(FAIL)
        .bind(error)
        .bind(job.id.raw())
        .bind(job.attempts)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(touched == 1)
}
