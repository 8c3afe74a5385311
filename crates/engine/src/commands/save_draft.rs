//! Keeps what the composer holds, throws it away, or begins from an earlier message.

use schoolbell_domain::broadcast::{BroadcastState, Draft};
use schoolbell_domain::ids::{BroadcastId, UserId};
use schoolbell_domain::permission::{Act, Scope};
use schoolbell_store::Tx;
use schoolbell_store::read::audit::of_subject;
use schoolbell_store::read::broadcasts::{Broadcast, lock, lookup_broadcast};
use schoolbell_store::write::broadcasts::{self, Keeping};
use serde_json::json;

use super::audit::tell;
use crate::error::{CommandError, CommandResult};
use crate::live::LiveEvent;
use crate::reach::scope_of;
use crate::{Actor, Engine};

/// A draft as it was kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    pub id: BroadcastId,
    /// To be given with the next save.
    pub version: i64,
}

/// Keeps a new draft (`which` is `None`), or a draft of the version that the composer last saw.
///
/// If somebody else saved it since, nothing is overwritten: a refusal says who and when. An unfinished draft is kept as
/// it is; what it lacks is told by the preview.
pub async fn save_draft(
    engine: &Engine,
    actor: &Actor,
    which: Option<(BroadcastId, i64)>,
    draft: &Draft,
) -> CommandResult<Kept> {
    actor.must(Act::Compose, scope_of(draft))?;
    let Some((id, version)) = which else { return insert(engine, actor, draft, json!({})).await };
    engine
        .db
        .write("save draft", async |tx| {
            let standing = must_be_draft(tx, id).await?;
            actor.must(Act::Compose, owner_scope(&standing))?;
            if !broadcasts::save_draft(tx, id, draft, version, engine.now()).await? {
                return Err(conflict(tx, id).await?);
            }
            let kept = Kept { id, version: version + 1 };
            tell(engine, tx, actor, ("save_draft", &id.to_string()), json!({ "version": kept.version })).await?;
            Ok(kept)
        })
        .await
}

async fn insert(engine: &Engine, actor: &Actor, draft: &Draft, detail: serde_json::Value) -> CommandResult<Kept> {
    let id = BroadcastId::from_raw(engine.next_id());
    let keeping = Keeping { by: actor.user.unwrap_or(UserId::from_raw(0)), at: engine.now() };
    engine
        .db
        .write("begin draft", async |tx| {
            broadcasts::insert_draft(tx, id, draft, keeping).await?;
            tell(engine, tx, actor, ("begin_draft", &id.to_string()), detail).await?;
            Ok(Kept { id, version: 1 })
        })
        .await
}

/// Throws a draft away. It stays in the archive as discarded.
pub async fn discard_draft(engine: &Engine, actor: &Actor, id: BroadcastId) -> CommandResult<()> {
    engine
        .db
        .write("discard draft", async |tx| {
            let standing = must_be_draft(tx, id).await?;
            actor.must(Act::Compose, owner_scope(&standing))?;
            broadcasts::discard_draft(tx, id, engine.now()).await?;
            tell(engine, tx, actor, ("discard_draft", &id.to_string()), json!({})).await?;
            Ok(())
        })
        .await
}

/// Begins a new draft with the words and the audience of any earlier message; its times are left out.
pub async fn copy_broadcast(engine: &Engine, actor: &Actor, id: BroadcastId) -> CommandResult<Kept> {
    let standing = get(engine, id).await?;
    actor.must(Act::SeeBroadcasts, owner_scope(&standing))?;
    actor.must(Act::Compose, owner_scope(&standing))?;
    let draft = Draft { send_at: None, expires_at: None, reminds: false, ..standing.draft };
    insert(engine, actor, &draft, json!({ "copy_of": id })).await
}

/// The broadcast, or `NotFound`.
pub(crate) async fn get(engine: &Engine, id: BroadcastId) -> CommandResult<Broadcast> {
    lookup_broadcast(&mut engine.db.read().await?, id).await?.ok_or_else(|| CommandError::NotFound(id.to_string()))
}

pub(super) fn owner_scope(broadcast: &Broadcast) -> Scope {
    broadcast.owner.map_or(Scope::District, Scope::School)
}

async fn must_be_draft(tx: &mut Tx, id: BroadcastId) -> CommandResult<Broadcast> {
    let standing = lock(tx, id).await?.ok_or_else(|| CommandError::NotFound(id.to_string()))?;
    if standing.state == BroadcastState::Draft {
        return Ok(standing);
    }
    Err(CommandError::refused("state", format!("this message is no draft any more: it is {}", standing.state.word())))
}

/// Who changed it since.
pub(super) async fn conflict(tx: &mut Tx, id: BroadcastId) -> CommandResult<CommandError> {
    let lines = of_subject(tx, &id.to_string()).await?;
    let sentence = lines.last().map_or_else(
        || "somebody changed this message since you opened it; open it again".to_owned(),
        |line| format!("{} changed this message at {}; open it again to see how it stands now", line.actor, line.at),
    );
    Ok(CommandError::refused("changed meanwhile", sentence))
}

/// Tells open pages that it changed.
pub(super) fn changed(engine: &Engine, id: BroadcastId) {
    engine.live.tell(LiveEvent::Broadcast(id));
}
