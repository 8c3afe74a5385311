//! What the connections of one relay know of each other, and what the dispatcher is told of it.

use tokio::sync::watch;
use tokio::time::{Duration, Instant};

use crate::Health;

/// The longest wait between two tries to reach the relay.
const LONGEST_WAIT: Duration = Duration::from_mins(1);

/// Whether the relay can be reached, as far as we know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Belief {
    /// Not tried yet, or the last connection broke.
    Unsure,
    Up,
    Away,
}

/// The state of all connections together.
#[derive(Debug)]
pub(super) struct State {
    pub belief: Belief,
    pub live: usize,
    pub opening: usize,
    failures: u32,
    /// No new connection before this.
    not_before: Option<Instant>,
    why_away: String,
}

/// Shared by the router and the connections.
pub(super) struct Fleet {
    state: watch::Sender<State>,
    health: watch::Sender<Health>,
    most: usize,
}

impl Fleet {
    pub(super) fn new(most: usize) -> (Self, watch::Receiver<Health>) {
        let (health, heard) = watch::channel(Health::Starting);
        let state = State {
            belief: Belief::Unsure,
            live: 0,
            opening: 0,
            failures: 0,
            not_before: None,
            why_away: String::new(),
        };
        (Self { state: watch::Sender::new(state), health, most }, heard)
    }

    pub(super) fn watch(&self) -> watch::Receiver<State> {
        self.state.subscribe()
    }

    /// Counts a connection about to be opened, if one more is wanted now.
    pub(super) fn claim_opening(&self) -> bool {
        let now = Instant::now();
        self.state.send_if_modified(|state| {
            let due = state.not_before.is_none_or(|at| at <= now);
            // While the relay may be away, one connection finds out for all.
            let alone = state.belief == Belief::Up || state.opening == 0;
            let claimed = due && alone && state.live + state.opening < self.most;
            state.opening += usize::from(claimed);
            claimed
        })
    }

    pub(super) fn opened(&self) {
        self.state.send_modify(|state| {
            state.opening = state.opening.saturating_sub(1);
            state.live += 1;
            state.belief = Belief::Up;
            state.failures = 0;
            state.not_before = None;
        });
        self.say(Health::Up);
    }

    /// A connection could not be opened. The relay is away unless others stand: it may allow no more of them.
    pub(super) fn not_opened(&self, why: &str) {
        self.state.send_modify(|state| {
            state.opening = state.opening.saturating_sub(1);
            state.failures = state.failures.saturating_add(1);
            state.not_before = Some(Instant::now() + wait_after(state.failures));
            if state.live == 0 {
                state.belief = Belief::Away;
                why.clone_into(&mut state.why_away);
            }
        });
        if self.state.borrow().belief == Belief::Away {
            self.say(Health::Away(why.to_owned()));
        }
    }

    /// A connection was closed as planned: idle, old, or after enough mails.
    pub(super) fn closed(&self) {
        self.state.send_modify(|state| state.live = state.live.saturating_sub(1));
    }

    /// A connection broke. If it was the last, the relay must show itself before more work is taken.
    pub(super) fn broke(&self) {
        self.state.send_modify(|state| {
            state.live = state.live.saturating_sub(1);
            if state.live == 0 {
                state.belief = Belief::Unsure;
            }
        });
    }

    pub(super) fn why_away(&self) -> String {
        self.state.borrow().why_away.clone()
    }

    /// When a connection may be tried again.
    pub(super) fn not_before(&self) -> Instant {
        self.state.borrow().not_before.unwrap_or_else(Instant::now)
    }

    fn say(&self, health: Health) {
        self.health.send_if_modified(|said| {
            let news = *said != health;
            *said = health;
            news
        });
    }
}

/// 1 s, 2 s, 4 s … 60 s.
fn wait_after(failures: u32) -> Duration {
    Duration::from_secs(1 << failures.saturating_sub(1).min(6)).min(LONGEST_WAIT)
}
