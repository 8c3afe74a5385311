//! The right to hand over. A node has it as long as it holds the gateway, and it ends by the passing of time alone: a
//! program that was frozen and goes on finds it ended, whatever it was about to do.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

/// Cheap to clone; all clones end together. The default never ends: where only one program can be at work.
#[derive(Debug, Clone, Default)]
pub struct Right {
    term: Option<Arc<Term>>,
}

/// An instant that can be moved: so many microseconds after `from`.
#[derive(Debug)]
struct Term {
    from: Instant,
    micros: AtomicU64,
}

impl Right {
    /// Holds until this instant, unless it is extended or ended. The instant is of the machine's running time, which
    /// goes on while a program is stopped and does not jump with the clock.
    pub fn until(end: Instant) -> Self {
        let right = Self { term: Some(Arc::new(Term { from: Instant::now(), micros: AtomicU64::new(0) })) };
        right.extend(end);
        right
    }

    /// Holds until then instead.
    pub fn extend(&self, end: Instant) {
        if let Some(term) = &self.term {
            let micros = end.saturating_duration_since(term.from).as_micros();
            term.micros.store(u64::try_from(micros).unwrap_or(u64::MAX), Ordering::Relaxed);
        }
    }

    /// Ends now.
    pub fn end(&self) {
        if let Some(term) = &self.term {
            term.micros.store(0, Ordering::Relaxed);
        }
    }

    /// Whether anything may still go onto the wire.
    pub fn holds(&self) -> bool {
        self.term
            .as_ref()
            .is_none_or(|term| term.from.elapsed() < Duration::from_micros(term.micros.load(Ordering::Relaxed)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_right_ends_by_itself_and_for_all_who_share_it() {
        let right = Right::until(Instant::now() + Duration::from_secs(5));
        let shared = right.clone();
        assert!(shared.holds());
        tokio::time::advance(Duration::from_secs(4)).await;
        right.extend(Instant::now() + Duration::from_secs(5));
        tokio::time::advance(Duration::from_secs(4)).await;
        assert!(shared.holds());
        tokio::time::advance(Duration::from_secs(2)).await;
        assert!(!shared.holds());
        right.extend(Instant::now() + Duration::from_secs(5));
        right.end();
        assert!(!shared.holds());
        assert!(Right::default().holds());
    }
}
