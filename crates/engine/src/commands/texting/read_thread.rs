//! Who may read a thread, and that it was read: its own staff, who covers for them, those who teach the student, those who
//! supervise.

use schoolbell_domain::ids::{ConversationId, PersonId};
use schoolbell_domain::permission::{Act, Scope};
use schoolbell_store::read::sms_contacts;
use schoolbell_store::read::threads::{ThreadLine, lookup_thread, of_student};
use schoolbell_store::tx::Reads;
use schoolbell_store::write::threads;
use serde_json::json;

use crate::commands::audit::tell;
use crate::error::{CommandError, CommandResult};
use crate::live::LiveEvent;
use crate::texting::{covers, staff_person};
use crate::{Actor, Engine};

/// The thread, if the actor may read it.
pub async fn must_read(
    engine: &Engine,
    reads: &mut impl Reads,
    actor: &Actor,
    id: ConversationId,
) -> CommandResult<ThreadLine> {
    let thread = lookup_thread(reads, id).await?.ok_or_else(|| CommandError::NotFound(id.to_string()))?;
    if actor.must(Act::Supervise, Scope::School(thread.school)).is_ok()
        || answers(engine, reads, actor, &thread).await?
    {
        return Ok(thread);
    }
    actor.must(Act::Text, Scope::School(thread.school))?;
    let person = match actor.user {
        Some(user) => staff_person(reads, user).await?,
        None => None,
    };
    match person {
        Some(person) if sms_contacts::teaches(reads, person, thread.student).await? => Ok(thread),
        Some(_) | None => Err(CommandError::not_allowed()),
    }
}

/// Whether the actor is the one who answers in the thread: its own staff, or who stands in for them today.
pub async fn answers(
    engine: &Engine,
    reads: &mut impl Reads,
    actor: &Actor,
    thread: &ThreadLine,
) -> CommandResult<bool> {
    Ok(actor.user == Some(thread.user) || covers(reads, engine, actor, thread.user).await?)
}

/// Notes that somebody opened the thread; what came in is read once those who answer in it did.
pub async fn read_thread(engine: &Engine, actor: &Actor, id: ConversationId) -> CommandResult<()> {
    let was_unread = engine
        .db
        .write("read thread", async |tx| {
            let thread = must_read(engine, tx, actor, id).await?;
            threads::look(tx, engine.next_id(), (id, &actor.name), engine.now()).await?;
            let own = thread.unread > 0 && answers(engine, tx, actor, &thread).await?;
            if own {
                threads::seen(tx, id).await?;
            }
            Ok::<_, CommandError>(own)
        })
        .await?;
    if was_unread {
        engine.live.tell(LiveEvent::Thread(id));
    }
    Ok(())
}

/// The threads about a student that the actor may read, for the student's log; each is noted as read.
pub async fn read_log(engine: &Engine, actor: &Actor, student: PersonId) -> CommandResult<Vec<ThreadLine>> {
    engine
        .db
        .write("read log", async |tx| {
            let mut readable = Vec::new();
            for thread in of_student(tx, student).await? {
                match must_read(engine, tx, actor, thread.id).await {
                    Ok(thread) => {
                        threads::look(tx, engine.next_id(), (thread.id, &actor.name), engine.now()).await?;
                        readable.push(thread);
                    }
                    Err(CommandError::Refused { .. }) => {}
                    Err(error) => return Err(error),
                }
            }
            Ok::<_, CommandError>(readable)
        })
        .await
}

/// A supervisor, or the thread's own staff, has looked after words that needed a human.
pub async fn settle_alarm(engine: &Engine, actor: &Actor, id: ConversationId) -> CommandResult<()> {
    engine
        .db
        .write("settle alarm", async |tx| {
            let thread = must_read(engine, tx, actor, id).await?;
            actor.must(Act::Supervise, Scope::School(thread.school))?;
            threads::calmed(tx, id).await?;
            tell(engine, tx, actor, ("settle_alarm", &id.to_string()), json!({})).await?;
            Ok::<_, CommandError>(())
        })
        .await?;
    engine.live.tell(LiveEvent::Thread(id));
    Ok(())
}
