//! Cancels what still waits of a stopped broadcast, in sets.

use schoolbell_domain::ids::{BroadcastId, JobId, OriginId};
use schoolbell_store::StoreResult;
use schoolbell_store::write::jobs::NewJob;
use schoolbell_store::write::queue::cancel_queued;

use crate::Engine;

pub const KIND: &str = "cancel_stopped";

/// Rows cancelled in one transaction: carriers' answers get their turn in between.
const BATCH: i64 = 2_000;

pub(crate) fn job(engine: &Engine, id: BroadcastId) -> NewJob {
    NewJob {
        id: JobId::from_raw(engine.next_id()),
        kind: KIND,
        payload: id.to_string(),
        unique_key: Some(format!("{KIND} {id}")),
        run_at: engine.now(),
    }
}

/// Cancels until nothing waits; answers how many.
pub(crate) async fn cancel(engine: &Engine, id: BroadcastId) -> StoreResult<u64> {
    let mut cancelled = 0;
    loop {
        let now = engine.now();
        let count = engine
            .db
            .write("cancel what waits", async |tx| cancel_queued(tx, OriginId::from(id), now, BATCH).await)
            .await?;
        if count == 0 {
            return Ok(cancelled);
        }
        cancelled += u64::try_from(count).unwrap_or(0);
    }
}
