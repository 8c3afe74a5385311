//! Hints to look now. Losing one costs a poll interval, nothing else; a loop that is at work when one comes finds it when it
//! waits again, however many loops wait for the same queue.

use std::time::Duration;

use tokio::sync::watch;

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
    jobs: watch::Sender<()>,
    deliveries: watch::Sender<()>,
    inbound: watch::Sender<()>,
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
        self.of(queue).send_replace(());
    }

    /// The hints of a queue from now on, for one loop.
    pub(crate) fn listen(&self, queue: Queue) -> Hints {
        Hints(self.of(queue).subscribe())
    }

    const fn of(&self, queue: Queue) -> &watch::Sender<()> {
        match queue {
            Queue::Jobs => &self.jobs,
            Queue::Deliveries => &self.deliveries,
            Queue::Inbound => &self.inbound,
        }
    }
}

/// What one loop hears. No other loop takes a hint away from it.
#[derive(Debug)]
pub(crate) struct Hints(watch::Receiver<()>);

impl Hints {
    /// Returns when there was a hint since the last one was heard, or after `poll` at the latest.
    pub async fn wait(&mut self, poll: Duration) {
        // A time-out is the guarantee that a lost hint costs nothing.
        drop(tokio::time::timeout(poll, self.0.changed()).await);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEVER: Duration = Duration::from_hours(1);

    async fn hears(hints: &mut Hints) -> bool {
        tokio::time::timeout(Duration::from_millis(50), hints.wait(NEVER)).await.is_ok()
    }

    #[tokio::test]
    async fn a_hint_that_comes_while_loops_are_at_work_reaches_each_of_them_once() {
        let wake = Wake::default();
        let (mut texts, mut calls) = (wake.listen(Queue::Deliveries), wake.listen(Queue::Deliveries));
        let mut jobs = wake.listen(Queue::Jobs);
        assert!(!hears(&mut texts).await, "nothing yet");
        wake.now(Queue::Deliveries);
        wake.now(Queue::Deliveries);
        assert!(hears(&mut calls).await && hears(&mut texts).await, "one does not take it from the other");
        assert!(!hears(&mut texts).await, "two hints at once are one look");
        assert!(!hears(&mut jobs).await);
    }
}
