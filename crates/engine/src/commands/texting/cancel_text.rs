//! A text that waits for its time is taken back, and its copies for guardians with it. It stays in its thread, as one that was not sent.

use schoolbell_domain::ids::{ConversationId, OriginId, TextId};
use schoolbell_domain::permission::{Act, Scope};
use schoolbell_store::read::threads;
use schoolbell_store::write::queue::cancel_queued;
use schoolbell_store::write::text_copies;
use serde_json::json;

use super::read_thread::{answers, must_read};
use crate::commands::audit::tell;
use crate::error::{CommandError, CommandResult};
use crate::live::LiveEvent;
use crate::{Actor, Engine};

/// Rows of one text; there is one.
const MOST: i64 = 10;

/// Takes a text back before it has left: who answers in the thread may, and who watches over it.
pub async fn cancel_text(engine: &Engine, actor: &Actor, thread: ConversationId, text: TextId) -> CommandResult<()> {
    engine
        .db
        .write("cancel text", async |tx| {
            let line = must_read(engine, tx, actor, thread).await?;
            if !answers(engine, tx, actor, &line).await? {
                actor.must(Act::Supervise, Scope::School(line.school))?;
            }
            if threads::thread_of(tx, text).await? != Some(thread) {
                return Err(CommandError::NotFound(text.to_string()));
            }
            if cancel_queued(tx, OriginId::from(text), engine.now(), MOST).await? == 0 {
                return Err(CommandError::refused("state", "this text has left already, or was taken back before"));
            }
            for copy in text_copies::of(tx, text).await? {
                cancel_queued(tx, OriginId::from(copy), engine.now(), MOST).await?;
            }
            tell(engine, tx, actor, ("cancel_text", &text.to_string()), json!({ "thread": thread.to_string() }))
                .await?;
            Ok::<_, CommandError>(())
        })
        .await?;
    engine.live.tell(LiveEvent::Thread(thread));
    Ok(())
}
