//! Hints to look now. Losing one costs a poll interval, nothing else.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

use crate::post::{Note, Post};

/// What there is to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Queue {
    Jobs,
    Deliveries,
    Inbound,
}

impl Queue {
    pub(crate) const ALL: [Self; 3] = [Self::Jobs, Self::Deliveries, Self::Inbound];

    /// As nodes tell it each other.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Jobs => "jobs",
            Self::Deliveries => "deliveries",
            Self::Inbound => "inbound",
        }
    }

    pub(crate) fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|queue| queue.word() == word)
    }
}

/// Wakes the loops of this node, and tells the others to do the same.
#[derive(Debug, Clone, Default)]
pub struct Wake {
    jobs: Arc<Notify>,
    deliveries: Arc<Notify>,
    inbound: Arc<Notify>,
    post: Post,
}

impl Wake {
    pub(crate) fn telling(post: Post) -> Self {
        Self { post, ..Self::default() }
    }

    /// Wakes whoever waits for the queue, on every node.
    pub fn now(&self, queue: Queue) {
        self.here(queue);
        self.post.put(&Note::Wake(queue));
    }

    /// Wakes whoever waits for the queue on this node.
    pub(crate) fn here(&self, queue: Queue) {
        self.of(queue).notify_waiters();
        // A loop that is just about to wait finds this permit.
        self.of(queue).notify_one();
    }

    /// Returns when woken, or after `poll` at the latest.
    pub async fn wait(&self, queue: Queue, poll: Duration) {
        // A time-out is the guarantee that a lost hint costs nothing.
        drop(tokio::time::timeout(poll, self.of(queue).notified()).await);
    }

    fn of(&self, queue: Queue) -> &Notify {
        match queue {
            Queue::Jobs => &self.jobs,
            Queue::Deliveries => &self.deliveries,
            Queue::Inbound => &self.inbound,
        }
    }
}
