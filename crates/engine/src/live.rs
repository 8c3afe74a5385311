//! "This changed", for open pages.

use schoolbell_domain::ids::{BroadcastId, ConversationId, ImportId};
use tokio::sync::broadcast;

use crate::post::{Note, Post};

/// What changed; the page fetches the fragment itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LiveEvent {
    Broadcast(BroadcastId),
    Import(ImportId),
    /// A thread has a text more, or was read.
    Thread(ConversationId),
    Inbound,
    Gateways,
    /// Something may have been missed: look at everything.
    All,
}

impl LiveEvent {
    /// As pages and other nodes are told it.
    pub fn word(self) -> String {
        match self {
            Self::Broadcast(id) => id.to_string(),
            Self::Import(id) => id.to_string(),
            Self::Thread(id) => id.to_string(),
            Self::Inbound => "inbound".to_owned(),
            Self::Gateways => "gateways".to_owned(),
            Self::All => "all".to_owned(),
        }
    }

    pub(crate) fn of_word(word: &str) -> Option<Self> {
        match word {
            "inbound" => Some(Self::Inbound),
            "gateways" => Some(Self::Gateways),
            "all" => Some(Self::All),
            id => match (id.parse(), id.parse(), id.parse()) {
                (Ok(id), ..) => Some(Self::Broadcast(id)),
                (_, Ok(id), _) => Some(Self::Import(id)),
                (_, _, Ok(id)) => Some(Self::Thread(id)),
                (Err(_), Err(_), Err(_)) => None,
            },
        }
    }
}

/// Tells the open pages of all nodes. A page that is too slow loses events, and looks again.
#[derive(Debug, Clone)]
pub struct Live {
    sender: broadcast::Sender<LiveEvent>,
    post: Post,
}

impl Default for Live {
    fn default() -> Self {
        Self { sender: broadcast::channel(256).0, post: Post::default() }
    }
}

impl Live {
    pub(crate) fn telling(post: Post) -> Self {
        Self { post, ..Self::default() }
    }

    pub fn tell(&self, event: LiveEvent) {
        self.tell_here(event);
        self.post.put(&Note::Live(event));
    }

    /// Whether a page of this node is open.
    pub(crate) fn has_listeners(&self) -> bool {
        self.sender.receiver_count() > 0
    }

    /// Tells the open pages of this node alone.
    pub(crate) fn tell_here(&self, event: LiveEvent) {
        // No open page is no error.
        drop(self.sender.send(event));
    }

    pub fn listen(&self) -> broadcast::Receiver<LiveEvent> {
        self.sender.subscribe()
    }
}
