//! Where the current time comes from. The one place that may read the machine's clock is `engine`'s system clock.

use jiff::Timestamp;

/// A source of the current instant, given to whoever needs one; tests give a clock that they move by hand.
pub trait Clock: Send + Sync {
    fn now(&self) -> Timestamp;
}
