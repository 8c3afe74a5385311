//! Texts that joined no thread: the office sees to them, or a supervisor is asked (B16, B21).

use schoolbell_domain::ids::InboundId;
use schoolbell_domain::permission::{Act, Scope};
use schoolbell_store::Tx;
use schoolbell_store::read::threads::{HeldLine, lookup_held};
use schoolbell_store::write::texting;
use serde_json::json;

use crate::commands::audit::tell;
use crate::error::{CommandError, CommandResult};
use crate::live::LiveEvent;
use crate::{Actor, Engine};

/// What becomes of a held text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeldStep {
    AskSupervisor,
    Settle,
}

/// Takes a step with a held text. One of no school is for anybody who may settle anywhere.
pub async fn settle_held(engine: &Engine, actor: &Actor, id: InboundId, step: HeldStep) -> CommandResult<()> {
    engine
        .db
        .write("settle held text", async |tx| {
            must_see(tx, actor, id).await?;
            let (moved, act) = match step {
                HeldStep::AskSupervisor => {
                    (texting::escalate(tx, id, &actor.name, engine.now()).await?, "ask_supervisor")
                }
                HeldStep::Settle => (texting::settle(tx, id, &actor.name, engine.now()).await?, "settle_held"),
            };
            if moved {
                tell(engine, tx, actor, (act, &id.to_string()), json!({})).await?;
            }
            Ok::<_, CommandError>(())
        })
        .await?;
    engine.live.tell(LiveEvent::Inbound);
    Ok(())
}

async fn must_see(tx: &mut Tx, actor: &Actor, id: InboundId) -> CommandResult<HeldLine> {
    let held = lookup_held(tx, id).await?.ok_or_else(|| CommandError::NotFound(id.to_string()))?;
    match held.school {
        Some(school) => actor.must(Act::SettleHeld, Scope::School(school))?,
        None if actor.may_somewhere(Act::SettleHeld) => {}
        None => return Err(CommandError::not_allowed()),
    }
    Ok(held)
}
