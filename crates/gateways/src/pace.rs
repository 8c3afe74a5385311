//! How long everybody waits after the carrier said "too many requests" (HTTP 429).

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// 1 s, 2 s, 4 s … at most.
const LONGEST: Duration = Duration::from_secs(32);

/// Shared by all requests of a gateway.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Nobody sends before then.
    until: Option<Instant>,
    /// Refusals since the last message that was taken.
    refusals: u32,
}

impl Pace {
    /// Waits while the carrier wants peace.
    pub(crate) async fn wait(&self) {
        loop {
            let until = self.state().until;
            match until {
                Some(until) if until > Instant::now() => sleep_until(until).await,
                Some(_) | None => return,
            }
        }
    }

    /// The carrier asks for peace, for `wait` if it says how long. Many refusals of one moment count once.
    pub(crate) fn slow_down(&self, wait: Option<Duration>) {
        let mut state = self.state();
        let now = Instant::now();
        if state.until.is_some_and(|until| until > now) {
            return;
        }
        let own = Duration::from_secs(1 << state.refusals.min(5)).min(LONGEST);
        state.until = Some(now + wait.map_or(own, |wait| wait.clamp(Duration::from_millis(100), LONGEST)));
        state.refusals += 1;
    }

    /// A message was taken: the next refusal begins with a short wait again.
    pub(crate) fn taken(&self) {
        self.state().refusals = 0;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_wait_doubles_until_a_message_is_taken_and_obeys_the_carriers_own_word() {
        let pace = Pace::default();
        let waited = async || {
            let from = Instant::now();
            pace.wait().await;
            from.elapsed().as_secs()
        };
        for seconds in [1, 2, 4, 8, 16, 32, 32] {
            pace.slow_down(None);
            // Others that were refused in the same moment do not lengthen it.
            pace.slow_down(None);
            assert_eq!(waited().await, seconds);
        }
        pace.taken();
        pace.slow_down(Some(Duration::from_secs(7)));
        assert_eq!(waited().await, 7);
        assert_eq!(waited().await, 0);
    }
}
