//! A person decides whether what came with a text is shown in its thread, or withheld for a supervisor.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use schoolbell_domain::conversation::media::MediaKind;
use schoolbell_domain::ids::ConversationId;
use schoolbell_domain::permission::{Act, Scope};
use schoolbell_store::read::text_media;
use schoolbell_store::read::threads::ThreadLine;
use schoolbell_store::tx::Reads;
use schoolbell_store::write::text_media::check;
pub use schoolbell_store::write::text_media::{MediaId, Verdict};
use schoolbell_store::write::threads;
use schoolbell_store::{StoreError, Tx};
use serde_json::json;

use super::read_thread::{answers, must_read};
use crate::commands::audit::tell;
use crate::error::{CommandError, CommandResult};
use crate::live::LiveEvent;
use crate::{Actor, Engine};

/// Shows a file to all who read the thread, or withholds it: then it is shown to nobody, and the thread asks for a human.
pub async fn check_media(
    engine: &Engine,
    actor: &Actor,
    (thread, id): (ConversationId, MediaId),
    verdict: Verdict,
) -> CommandResult<()> {
    engine
        .db
        .write("check what came with a text", async |tx| {
            let line = must_read(engine, tx, actor, thread).await?;
            if !answers(engine, tx, actor, &line).await? {
                actor.must(Act::Supervise, Scope::School(line.school))?;
            }
            must_be_of(tx, &line, id).await?;
            if !check(tx, id, (verdict, &actor.name), engine.now()).await? {
                return Err(CommandError::refused("state", "this is not kept, or a supervisor has to look at it"));
            }
            if verdict == Verdict::Withheld {
                threads::needs_human(tx, thread).await?;
            }
            let detail = json!({ "thread": thread.to_string(), "place": id.place, "verdict": verdict.word() });
            tell(engine, tx, actor, ("check_media", &id.inbound.to_string()), detail).await?;
            Ok::<_, CommandError>(())
        })
        .await?;
    engine.live.tell(LiveEvent::Thread(thread));
    Ok(())
}

async fn must_be_of(tx: &mut Tx, thread: &ThreadLine, id: MediaId) -> CommandResult<()> {
    let found = text_media::of_thread(tx, thread.id).await?;
    if found.iter().any(|one| one.id == id) { Ok(()) } else { Err(CommandError::NotFound(id.inbound.to_string())) }
}

/// The octets of a file that a person has checked, for those who may read its thread.
pub async fn media_of(
    engine: &Engine,
    reads: &mut impl Reads,
    actor: &Actor,
    (thread, id): (ConversationId, MediaId),
) -> CommandResult<(MediaKind, Vec<u8>)> {
    must_read(engine, reads, actor, thread).await?;
    let found = text_media::of_thread(reads, thread).await?;
    let shown = found.iter().any(|one| one.id == id && one.verdict == Some(Verdict::Shown));
    let bytes = if shown { text_media::bytes(reads, id).await? } else { None };
    let (kind, text) = bytes.ok_or_else(|| CommandError::NotFound(id.inbound.to_string()))?;
    let octets = STANDARD
        .decode(text)
        .map_err(|error| StoreError::Damaged { row: id.inbound.to_string(), what: error.to_string() })?;
    Ok((kind, octets))
}
