//! Claims jobs that are due, runs them with a lease that it keeps alive, and notes how they ended.

use std::time::Duration;

use jiff::SignedDuration;
use schoolbell_store::write::jobs::{self, ClaimedJob};
use schoolbell_store::{Lease, StoreResult, db};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{JobError, JobResult, KINDS};
use crate::{Engine, Queue};

/// Jobs at work at once on this node.
const AT_ONCE: usize = 4;
const LEASE: SignedDuration = SignedDuration::from_secs(15);
const RENEW_EVERY: Duration = Duration::from_secs(5);
const POLL: Duration = Duration::from_secs(1);
/// After so many tries a job that asks for another fails.
const MOST_TRIES: i64 = 20;

/// Before the first claim: on SQLite nobody else runs jobs, so what the last run of the program left is ready at once.
/// On PostgreSQL another node may be at work; there the leases tell.
pub(crate) async fn at_start(engine: &Engine) -> StoreResult<()> {
    if engine.db.engine() == db::Engine::Sqlite {
        engine.db.write("release jobs", async |tx| jobs::release_all(tx).await).await?;
    }
    Ok(())
}

/// Runs jobs until `stop`; jobs at work are then broken off and handed back.
pub(crate) async fn run(engine: Engine, stop: CancellationToken) {
    let mut at_work = JoinSet::new();
    let mut hints = engine.wake.listen(Queue::Jobs);
    loop {
        let free = AT_ONCE - at_work.len();
        let claimed = claim(&engine, free).await;
        engine.room.note("jobs", engine.now(), &claimed);
        match claimed {
            Ok(claimed) => {
                for job in claimed {
                    at_work.spawn(work(engine.clone(), job, stop.clone()));
                }
            }
            Err(error) => tracing::warn!(%error, "jobs cannot be claimed"),
        }
        tokio::select! {
            () = stop.cancelled() => break,
            Some(ended) = at_work.join_next(), if !at_work.is_empty() => {
                if let Err(error) = ended {
                    tracing::error!(%error, "a job broke off; it runs again when its lease has passed");
                }
            }
            () = hints.wait(POLL), if at_work.len() < AT_ONCE => {}
        }
    }
    while at_work.join_next().await.is_some() {}
}

async fn claim(engine: &Engine, most: usize) -> StoreResult<Vec<ClaimedJob>> {
    let now = engine.now();
    if most == 0 || schoolbell_store::read::jobs::due(&mut engine.db.read().await?, now).await? == 0 {
        return Ok(Vec::new());
    }
    let most = i64::try_from(most).unwrap_or(1);
    engine
        .db
        .write("claim jobs", async |tx| {
            let lease = Lease::of(tx, now, LEASE).await?;
            jobs::claim(tx, now, lease, most).await
        })
        .await
}

async fn work(engine: Engine, job: ClaimedJob, stop: CancellationToken) {
    let ended = tokio::select! {
        ended = dispatch(&engine, &job) => ended,
        () = stop.cancelled() => {
            if let Err(error) = engine.db.write("release a job", async |tx| jobs::release(tx, &job).await).await {
                tracing::warn!(job.id = %job.id, job.kind = job.kind, %error, "a job was not handed back; its lease will");
            }
            return;
        }
        () = keep(&engine, &job) => {
            tracing::warn!(job.id = %job.id, job.kind = job.kind, "the lease was lost; another node runs the job");
            return;
        }
    };
    if let Err(error) = settle(&engine, &job, ended).await {
        tracing::warn!(job.id = %job.id, job.kind = job.kind, %error, "the end of a job was not noted; it runs again");
    }
    engine.wake.now(Queue::Jobs);
}

async fn dispatch(engine: &Engine, job: &ClaimedJob) -> JobResult {
    match KINDS.iter().find(|kind| kind.kind == job.kind) {
        Some(kind) => (kind.run)(engine.clone(), job.payload.clone()).await,
        None => {
            Err(JobError::Fail(format!("this program knows no job `{}`; is it older than the database?", job.kind)))
        }
    }
}

/// Keeps the lease; returns when it is lost.
async fn keep(engine: &Engine, job: &ClaimedJob) {
    loop {
        tokio::time::sleep(RENEW_EVERY).await;
        let now = engine.now();
        let renewed = engine
            .db
            .write("renew a job", async |tx| {
                let lease = Lease::of(tx, now, LEASE).await?;
                jobs::renew(tx, job, lease.until).await
            })
            .await;
        match renewed {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => tracing::warn!(job.id = %job.id, %error, "the lease of a job was not renewed"),
        }
    }
}

async fn settle(engine: &Engine, job: &ClaimedJob, ended: JobResult) -> StoreResult<bool> {
    let now = engine.now();
    engine
        .db
        .write("settle a job", async |tx| match &ended {
            Ok(()) => jobs::finish(tx, job).await,
            Err(JobError::Retry(why)) if job.attempts < MOST_TRIES => {
                tracing::warn!(job.id = %job.id, job.kind = job.kind, why, "a job is tried again later");
                jobs::retry(tx, job, now + wait_after(job.attempts), why).await
            }
            Err(JobError::Retry(why) | JobError::Fail(why)) => {
                tracing::error!(job.id = %job.id, job.kind = job.kind, why, "a job failed");
                jobs::fail(tx, job, why).await
            }
        })
        .await
}

/// 2 s, 4 s, 8 s … at most 5 min.
fn wait_after(attempts: i64) -> SignedDuration {
    let doublings = u32::try_from(attempts).unwrap_or(8).min(8);
    SignedDuration::from_secs(2_i64.pow(doublings).min(300))
}
