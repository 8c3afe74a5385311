//! "This changed", for open pages.

use schoolbell_domain::ids::{BroadcastId, ImportId};
use tokio::sync::broadcast;

/// What changed; the page fetches the fragment itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LiveEvent {
    Broadcast(BroadcastId),
    Import(ImportId),
    Inbound,
    Gateways,
}

/// Tells the open pages of this node. A page that is too slow loses events, and looks again.
#[derive(Debug, Clone)]
pub struct Live {
    sender: broadcast::Sender<LiveEvent>,
}

impl Default for Live {
    fn default() -> Self {
        Self { sender: broadcast::channel(256).0 }
    }
}

impl Live {
    pub fn tell(&self, event: LiveEvent) {
        // No open page is no error.
        drop(self.sender.send(event));
    }

    pub fn listen(&self) -> broadcast::Receiver<LiveEvent> {
        self.sender.subscribe()
    }
}
