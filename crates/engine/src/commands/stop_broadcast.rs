//! Stop: what has not left does not leave. And: take a scheduled message back.

use schoolbell_domain::broadcast::BroadcastState;
use schoolbell_domain::ids::{BroadcastId, UserId};
use schoolbell_domain::permission::Act;
use schoolbell_store::read::broadcasts::lock;
use schoolbell_store::write::broadcasts::{self, Keeping};
use schoolbell_store::write::jobs::enqueue;
use serde_json::json;

use super::audit::tell;
use super::save_draft::{changed, owner_scope};
use crate::error::{CommandError, CommandResult};
use crate::jobs::cancel_stopped;
use crate::{Actor, Engine, Queue};

/// Stops a message: no page of its plan is written any more and everything that waits is cancelled; what carriers have
/// is settled as usual. Stopping twice is no error. Returns how many were cancelled by the time it returns.
pub async fn stop_broadcast(engine: &Engine, actor: &Actor, id: BroadcastId) -> CommandResult<u64> {
    engine
        .db
        .write("stop broadcast", async |tx| {
            let standing = lock(tx, id).await?.ok_or_else(|| CommandError::NotFound(id.to_string()))?;
            actor.must(Act::StopBroadcast, owner_scope(&standing))?;
            let keeping = Keeping { by: actor.user.unwrap_or(UserId::from_raw(0)), at: engine.now() };
            if broadcasts::stop(tx, id, keeping).await? {
                // A crash before all are cancelled leaves the job, which goes on.
                enqueue(tx, cancel_stopped::job(engine, id)).await?;
                tell(engine, tx, actor, ("stop_broadcast", &id.to_string()), json!({})).await?;
                return Ok(());
            }
            match standing.state {
                BroadcastState::Stopped => Ok(()),
                BroadcastState::Draft
                | BroadcastState::Scheduled
                | BroadcastState::Expanding
                | BroadcastState::Sending
                | BroadcastState::Finished
                | BroadcastState::Discarded => Err(CommandError::refused(
                    "state",
                    format!("this message is not being sent: it is {}", standing.state.word()),
                )),
            }
        })
        .await?;
    let cancelled = cancel_stopped::cancel(engine, id).await?;
    engine.wake.now(Queue::Jobs);
    changed(engine, id);
    Ok(cancelled)
}

/// Makes a scheduled message a draft again, before its time.
pub async fn unschedule_broadcast(engine: &Engine, actor: &Actor, id: BroadcastId) -> CommandResult<()> {
    engine
        .db
        .write("unschedule broadcast", async |tx| {
            let standing = lock(tx, id).await?.ok_or_else(|| CommandError::NotFound(id.to_string()))?;
            actor.must(Act::StopBroadcast, owner_scope(&standing))?;
            if !broadcasts::unschedule(tx, id, engine.now()).await? {
                return Err(CommandError::refused(
                    "state",
                    format!("this message is not scheduled: it is {}", standing.state.word()),
                ));
            }
            tell(engine, tx, actor, ("unschedule_broadcast", &id.to_string()), json!({})).await?;
            Ok(())
        })
        .await?;
    changed(engine, id);
    Ok(())
}
