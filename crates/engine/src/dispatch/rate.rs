//! The rate of a gateway as a row of slots in time (GCRA): each delivery takes the next one.

use std::time::Duration;

/// How far ahead of now slots are given out. What is claimed and not yet sent when the program dies is at most this.
pub(super) const AHEAD_US: i64 = 100_000;
/// From here on a rate limits nothing that this program could do.
const UNLIMITED: f64 = 1_000_000.0;

/// The slots that are free from `next_free_us` on; all in microseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Slots {
    first: i64,
    now: i64,
    interval: f64,
}

impl Slots {
    /// `None` if the gateway has no limit. `next_free_us` is what the row says; a slot that was not used is gone.
    pub fn new(next_free_us: i64, now_us: i64, per_second: f64) -> Option<Self> {
        let limited = per_second > 0.0 && per_second < UNLIMITED;
        // A clock that was set back must not stop the gateway until it has caught up.
        let first = next_free_us.clamp(now_us, now_us.saturating_add(10 * AHEAD_US));
        limited.then_some(Self { first, now: now_us, interval: 1_000_000.0 / per_second })
    }

    /// How many may be claimed now.
    pub fn allowed(&self) -> usize {
        let until_us = self.now + AHEAD_US - self.first;
        if until_us <= 0 {
            return 0;
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, clippy::cast_sign_loss)]
        let allowed = (until_us as f64 / self.interval).ceil() as usize;
        allowed
    }

    /// How long from now the `n`-th delivery (from 0) waits for its slot.
    pub fn wait(&self, n: usize) -> Duration {
        Duration::from_micros(u64::try_from(self.start_us(n) - self.now).unwrap_or(0))
    }

    /// What the row says once `n` slots are taken; also when the next is free.
    pub fn start_us(&self, n: usize) -> i64 {
        #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
        let offset = (n as f64 * self.interval) as i64;
        self.first.saturating_add(offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gateway_of_ten_a_second_gives_ten_slots_a_second() {
        let mut next_free = 0;
        let mut taken = 0;
        for now in (0..2_000_000).step_by(7_000) {
            let slots = Slots::new(next_free, now, 10.0).unwrap();
            let n = slots.allowed();
            taken += n;
            next_free = slots.start_us(n);
        }
        assert!((20..=21).contains(&taken), "two seconds and a tenth ahead: {taken}");
    }

    #[test]
    fn slots_that_were_not_used_are_not_saved_up() {
        let slots = Slots::new(0, 60_000_000, 4.0).unwrap();
        assert_eq!(slots.allowed(), 1);
        assert_eq!(slots.wait(0), Duration::ZERO);
        assert_eq!(slots.wait(1), Duration::from_millis(250));
    }

    #[test]
    fn a_clock_set_back_an_hour_does_not_stop_the_gateway_for_an_hour() {
        let slots = Slots::new(3_600_000_000, 0, 100.0).unwrap();
        assert_eq!(slots.wait(0), Duration::from_secs(1));
    }

    #[test]
    fn a_rate_beyond_reason_limits_nothing() {
        assert_eq!(Slots::new(0, 0, f64::INFINITY), None);
        assert_eq!(Slots::new(0, 0, 1e9), None);
    }
}
