//! What waits for a second look is let go, or given up.

use schoolbell_domain::brake::Brake;
use schoolbell_domain::ids::{AttendanceRunId, BroadcastId, HoldId, UserId};
use schoolbell_domain::permission::{Act, Scope};
use schoolbell_store::Tx;
use schoolbell_store::read::holds::{Hold, lookup};
use schoolbell_store::write::attendance::move_run;
use schoolbell_store::write::holds::{Decided, decide};
use serde_json::json;

use super::audit::tell;
use super::send_broadcast::send_released;
use crate::attendance::run::begin;
use crate::error::{CommandError, CommandResult};
use crate::live::LiveEvent;
use crate::{Actor, Engine, Queue};

/// Lets go what waits. `note` is the reason; it stands in the audit log. Of a message that left at once and is only
/// looked at after, this says that it was looked at.
pub async fn release_hold(engine: &Engine, actor: &Actor, id: HoldId, note: &str) -> CommandResult<()> {
    let hold = must_decide(engine, actor, id, note).await?;
    let by = actor.user.unwrap_or(UserId::from_raw(0));
    if hold.state == "waits" && by == hold.asked_by && hold.reasons.iter().any(Brake::needs_another) {
        let sentence = "your district asks that a second person releases this; ask somebody else who may send it";
        return Err(CommandError::refused("two-people", sentence));
    }
    let decided = Decided { state: "released", by, at: engine.now(), note };
    if hold.state == "waits" && hold.kind == "broadcast" {
        let id = BroadcastId::from_raw(hold.subject);
        send_released(engine, actor, &hold, decided).await?;
        engine.live.tell(LiveEvent::Broadcast(id));
        return Ok(());
    }
    engine
        .db
        .write("release a hold", async |tx| {
            take(tx, id, decided).await?;
            if hold.state == "waits" {
                begin(engine, tx, AttendanceRunId::from_raw(hold.subject), actor.user).await?;
            }
            tell(engine, tx, actor, ("release_hold", &id.to_string()), json!({ "note": note })).await?;
            Ok::<_, CommandError>(())
        })
        .await?;
    engine.wake.now(Queue::Jobs);
    engine.live.tell(LiveEvent::All);
    Ok(())
}

/// Gives up what waits: nobody gets it. A message stays a draft; the absences of a run are not told.
pub async fn give_up_hold(engine: &Engine, actor: &Actor, id: HoldId, note: &str) -> CommandResult<()> {
    let hold = must_decide(engine, actor, id, note).await?;
    let by = actor.user.unwrap_or(UserId::from_raw(0));
    engine
        .db
        .write("give a hold up", async |tx| {
            take(tx, id, Decided { state: "given_up", by, at: engine.now(), note }).await?;
            if hold.kind == "attendance" {
                move_run(tx, AttendanceRunId::from_raw(hold.subject), "discarded", None).await?;
            }
            tell(engine, tx, actor, ("give_up_hold", &id.to_string()), json!({ "note": note })).await?;
            Ok::<_, CommandError>(())
        })
        .await?;
    engine.live.tell(LiveEvent::All);
    Ok(())
}

async fn must_decide(engine: &Engine, actor: &Actor, id: HoldId, note: &str) -> CommandResult<Hold> {
    let hold = lookup(&mut engine.db.read().await?, id).await?.ok_or_else(|| CommandError::NotFound(id.to_string()))?;
    let category = hold.category.parse().map_err(|error: String| CommandError::bad("category", error))?;
    actor.must(Act::Send(category), hold.school.map_or(Scope::District, Scope::School))?;
    if note.trim().is_empty() {
        return Err(CommandError::bad("note", "say in a few words what you looked at; it stands in the audit log"));
    }
    Ok(hold)
}

/// Marks it decided, or says that somebody else was faster.
pub(super) async fn take(tx: &mut Tx, id: HoldId, decided: Decided<'_>) -> CommandResult<()> {
    if decide(tx, id, decided).await? {
        return Ok(());
    }
    Err(CommandError::refused("state", "somebody has decided about this meanwhile; look at the list again"))
}
