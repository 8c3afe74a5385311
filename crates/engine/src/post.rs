//! What the nodes on one database tell each other: look now, this changed, this number said STOP. Notes that follow each
//! other closely go in one message. Losing one costs a poll interval: the rows are what counts.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use schoolbell_domain::people::Address;
use schoolbell_store::notify::{Heard, Listener, MOST_OCTETS};
use schoolbell_store::{StoreResult, db};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::live::LiveEvent;
use crate::{Engine, Queue};

/// So long notes wait for others, so that a busy node does not fill the channel.
const GATHER: Duration = Duration::from_millis(4);
/// How long to wait before listening anew.
const AGAIN: Duration = Duration::from_secs(1);

/// One note. Its text is what goes over the channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Note {
    Wake(Queue),
    Live(LiveEvent),
    /// The number said STOP: what is on its way to it is held back.
    Halt(Address),
    /// The number said YES.
    Lift(Address),
}

/// The box for what is to be told. Cheap to clone; all clones share one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Post {
    waiting: Option<Arc<Waiting>>,
}

#[derive(Debug, Default)]
struct Waiting {
    notes: Mutex<BTreeSet<String>>,
    any: Notify,
}

impl Post {
    /// A box on PostgreSQL; on SQLite there is nobody to tell.
    pub fn of(engine: db::Engine) -> Self {
        match engine {
            db::Engine::Sqlite => Self::default(),
            db::Engine::Postgres => Self { waiting: Some(Arc::default()) },
        }
    }

    pub fn put(&self, note: &Note) {
        if let Some(waiting) = &self.waiting {
            waiting.notes.lock().unwrap_or_else(PoisonError::into_inner).insert(note.text());
            waiting.any.notify_one();
        }
    }
}

impl Note {
    fn text(&self) -> String {
        match self {
            Self::Wake(queue) => format!("wake {}", queue.word()),
            Self::Live(event) => format!("live {}", event.word()),
            Self::Halt(number) => format!("halt {}", number.expose()),
            Self::Lift(number) => format!("lift {}", number.expose()),
        }
    }

    /// `None` for what only a newer program says.
    fn of(text: &str) -> Option<Self> {
        let (kind, of) = text.split_once(' ')?;
        match kind {
            "wake" => Queue::of_word(of).map(Self::Wake),
            "live" => LiveEvent::of_word(of).map(Self::Live),
            "halt" => Address::from_stored(of).map(Self::Halt),
            "lift" => Address::from_stored(of).map(Self::Lift),
            _ => None,
        }
    }
}

/// Tells the other nodes what is put into the box, until `stop`.
pub(crate) async fn send(engine: Engine, stop: CancellationToken) {
    let Some(waiting) = engine.post.waiting.clone() else { return };
    while stop.run_until_cancelled(waiting.any.notified()).await.is_some() {
        tokio::time::sleep(GATHER).await;
        let notes = std::mem::take(&mut *waiting.notes.lock().unwrap_or_else(PoisonError::into_inner));
        for message in messages(engine.node.name(), notes) {
            if let Err(error) = engine.db.notify(&message).await {
                tracing::debug!(%error, "the other nodes were not told; they look by themselves");
            }
        }
    }
}

/// Each begins with the name of the node, so that it does not answer itself.
fn messages(node: &str, notes: BTreeSet<String>) -> Vec<String> {
    let mut messages: Vec<String> = Vec::new();
    for note in notes {
        match messages.last_mut() {
            Some(last) if last.len() + note.len() < MOST_OCTETS => {
                last.push('\n');
                last.push_str(&note);
            }
            Some(_) | None => messages.push(format!("{node}\n{note}")),
        }
    }
    messages
}

/// Listens to the other nodes until `stop`.
pub(crate) async fn hear(engine: Engine, stop: CancellationToken) {
    if engine.post.waiting.is_none() {
        return;
    }
    while !stop.is_cancelled() {
        match stop.run_until_cancelled(engine.db.listen()).await {
            Some(Ok(Some(listener))) => {
                if let Some(Err(error)) = stop.run_until_cancelled(follow(&engine, listener)).await {
                    tracing::debug!(%error, "the other nodes cannot be heard; this one looks by itself");
                }
            }
            Some(Err(error)) => tracing::debug!(%error, "the other nodes cannot be heard; this one looks by itself"),
            Some(Ok(None)) | None => return,
        }
        stop.run_until_cancelled(tokio::time::sleep(AGAIN)).await.unwrap_or(());
    }
}

async fn follow(engine: &Engine, mut listener: Listener) -> StoreResult<()> {
    // Whatever was said while nobody listened.
    look_at_everything(engine);
    loop {
        match listener.hear().await? {
            Heard::Gap => look_at_everything(engine),
            Heard::Text(message) => {
                let mut lines = message.lines();
                if lines.next() != Some(engine.node.name()) {
                    lines.filter_map(Note::of).for_each(|note| act(engine, note));
                }
            }
        }
    }
}

fn look_at_everything(engine: &Engine) {
    for queue in Queue::ALL {
        engine.wake.here(queue);
    }
    engine.live.tell_here(LiveEvent::All);
}

fn act(engine: &Engine, note: Note) {
    match note {
        Note::Wake(queue) => engine.wake.here(queue),
        Note::Live(event) => engine.live.tell_here(event),
        Note::Halt(number) => engine.halted.halt(number),
        Note::Lift(number) => engine.halted.lift(&number),
    }
}

#[cfg(test)]
mod tests {
    use schoolbell_domain::ids::BroadcastId;

    use super::*;

    #[test]
    fn a_note_is_read_as_it_was_written_and_an_unknown_one_is_passed_over() {
        let number = Address::from_stored("+13705550143").unwrap();
        let event = LiveEvent::Broadcast(BroadcastId::from_raw(7));
        for note in [
            Note::Wake(Queue::Jobs),
            Note::Wake(Queue::Inbound),
            Note::Live(event),
            Note::Live(LiveEvent::Gateways),
            Note::Halt(number.clone()),
            Note::Lift(number),
        ] {
            assert_eq!(Note::of(&note.text()), Some(note));
        }
        for unknown in ["wake bells", "sing loudly", "", "live brd_7"] {
            assert_eq!(Note::of(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn many_notes_go_in_few_messages_none_longer_than_the_database_takes() {
        let notes: BTreeSet<String> = (0..2_000).map(|n| format!("halt +1370555{n:04}")).collect();
        let messages = messages("node", notes.clone());
        assert!(messages.len() < 10 && messages.iter().all(|message| message.len() <= 8_000));
        let read: BTreeSet<String> = messages.iter().flat_map(|m| m.lines().skip(1)).map(str::to_owned).collect();
        assert_eq!(read, notes);
    }
}
