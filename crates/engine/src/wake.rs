//! Hints to look now. Losing one costs a poll interval, nothing else.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

/// What there is to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Queue {
    Jobs,
    Deliveries,
    Inbound,
}

/// Wakes the loops of this node.
#[derive(Debug, Clone, Default)]
pub struct Wake {
    jobs: Arc<Notify>,
    deliveries: Arc<Notify>,
    inbound: Arc<Notify>,
}

impl Wake {
    /// Wakes whoever waits for the queue.
    pub fn now(&self, queue: Queue) {
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
