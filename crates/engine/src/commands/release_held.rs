//! What a restored copy holds back: a person lets it go, or gives it up.

use schoolbell_domain::permission::{Act, Scope};
use schoolbell_store::read;
use schoolbell_store::read::instance::Decision;
use schoolbell_store::write::instance;
use schoolbell_store::write::jobs::enqueue;
use serde_json::json;

use super::audit::tell;
use crate::error::{CommandError, CommandResult};
use crate::jobs::release_held;
use crate::live::LiveEvent;
use crate::{Actor, Engine, Queue};

/// Decides once for all that is held. What was stopped or taken back before is not part of it. The rows follow in a
/// job; a crash in between goes on there.
pub async fn release_held(engine: &Engine, actor: &Actor, decision: Decision) -> CommandResult<()> {
    actor.must(Act::ReleaseHeld, Scope::District)?;
    engine
        .db
        .write("release what is held", async |tx| {
            let nothing = || CommandError::refused("state", "nothing is held, or somebody has decided already");
            let current = read::instance::current(tx).await?.ok_or_else(nothing)?;
            let work = read::instance::held_work(tx, &current).await?;
            if !instance::decide(tx, current.epoch, decision, engine.now()).await? {
                return Err(nothing());
            }
            enqueue(tx, release_held::job(engine)).await?;
            let broadcasts: Vec<String> = work.broadcasts.iter().map(|broadcast| broadcast.id.to_string()).collect();
            let detail = json!({
                "decision": decision.word(), "deliveries": work.deliveries(), "broadcasts": broadcasts,
                "jobs": work.jobs,
            });
            tell(engine, tx, actor, ("release_held", &format!("epoch {}", current.epoch)), detail).await?;
            Ok(())
        })
        .await?;
    engine.wake.now(Queue::Jobs);
    engine.live.tell(LiveEvent::Gateways);
    Ok(())
}

/// Carries a decision out now instead of leaving it to the job, for a program that does not run jobs. Answers whether
/// there was one to carry out.
pub async fn carry_out_release(engine: &Engine) -> CommandResult<bool> {
    Ok(release_held::run(engine).await?)
}
