//! The time of a scheduled broadcast has come.

use jiff::Timestamp;
use schoolbell_domain::broadcast::BroadcastState;
use schoolbell_domain::ids::{BroadcastId, JobId, UserId};
use schoolbell_store::read::broadcasts::lock;
use schoolbell_store::read::district::get_district;
use schoolbell_store::write::broadcasts::{self, Keeping, Version};
use schoolbell_store::write::jobs::{NewJob, enqueue};
use schoolbell_store::{StoreError, StoreResult};

use super::expand_broadcast;
use crate::{Engine, Queue};

pub const KIND: &str = "send_scheduled";

pub(crate) fn job(engine: &Engine, which: Version, at: Timestamp) -> NewJob {
    NewJob {
        id: JobId::from_raw(engine.next_id()),
        kind: KIND,
        payload: which.id.to_string(),
        unique_key: Some(format!("{KIND} {}", which.id)),
        run_at: at,
    }
}

/// Begins the expansion. A message that was taken back, or put off, is left alone.
pub(crate) async fn send(engine: &Engine, id: BroadcastId) -> StoreResult<()> {
    let now = engine.now();
    engine
        .db
        .write("send scheduled broadcast", async |tx| {
            let Some(standing) = lock(tx, id).await? else { return Ok(()) };
            let due = standing.send_at.is_some_and(|send_at| send_at <= now);
            if standing.state != BroadcastState::Scheduled || !due {
                return Ok(());
            }
            let Some(category) = standing.draft.category else { return Ok(()) };
            let settings = get_district(tx).await?.settings;
            let expires_at = standing.draft.expires_at.unwrap_or_else(|| settings.expires_at(category, now));
            let keeping = Keeping { by: standing.sent_by.unwrap_or(UserId::from_raw(0)), at: now };
            let which = Version { id, version: standing.version };
            if broadcasts::begin_sending(tx, which, keeping, expires_at).await? {
                enqueue(tx, expand_broadcast::job(engine, id)).await?;
            }
            Ok::<(), StoreError>(())
        })
        .await?;
    engine.wake.now(Queue::Jobs);
    Ok(())
}
