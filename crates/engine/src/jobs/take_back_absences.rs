//! A correction came while a message about absences was still being written: looks again when all its rows stand.

use schoolbell_domain::broadcast::BroadcastState;
use schoolbell_domain::ids::{BroadcastId, JobId};
use schoolbell_store::read::broadcasts::lookup_broadcast;
use schoolbell_store::write::jobs::NewJob;

use super::{JobError, JobResult};
use crate::Engine;
use crate::attendance::take_back::take_back;

pub const KIND: &str = "take_back_absences";

pub(crate) fn job(engine: &Engine, id: BroadcastId) -> NewJob {
    NewJob {
        id: JobId::from_raw(engine.next_id()),
        kind: KIND,
        payload: id.to_string(),
        unique_key: Some(format!("{KIND} {id}")),
        run_at: engine.now(),
    }
}

pub(super) async fn run(engine: &Engine, id: BroadcastId) -> JobResult {
    let broadcast = lookup_broadcast(&mut engine.db.read().await?, id).await?;
    let still = broadcast.is_some_and(|broadcast| broadcast.state == BroadcastState::Expanding);
    engine.db.write("take absences back", async |tx| take_back(engine, tx, id, &[]).await).await?;
    if still {
        return Err(JobError::Retry("its rows are still being written".to_owned()));
    }
    engine.touched.touch(std::iter::once(id.into()));
    Ok(())
}
