//! The machine's clock: the one place that reads it.

use jiff::Timestamp;
use schoolbell_domain::clock::Clock;

/// The real time.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}
