//! The session's own pace: as fast as the window allows until the carrier asks to slow down, then as fast as it bears.
//!
//! On the first "slow down" the pace falls to four fifths of what the carrier took in its best recent second, sending
//! pauses for half a second, and from there it grows by a twentieth each second. One decrease per flight: refusals of
//! what was sent before the decrease say nothing new.

use std::time::Duration;

use tokio::time::Instant;

const PAUSE: Duration = Duration::from_millis(500);
const SECOND: Duration = Duration::from_secs(1);
/// Never slower than one every two seconds: the way back up must stay open.
const FLOOR: f64 = 0.5;

/// How fast the session may send.
#[derive(Debug)]
pub(super) struct Pace {
    /// Messages a second at which the limit is lifted again.
    cap: f64,
    limit: Option<f64>,
    tokens: f64,
    filled_at: Instant,
    paused_until: Instant,
    decreased_at: Instant,
    /// What the carrier took in this second and in the one before.
    taken: [u32; 2],
    second_began: Instant,
}

impl Pace {
    pub(super) fn new(cap: f64, now: Instant) -> Self {
        Self {
            cap,
            limit: None,
            tokens: 0.0,
            filled_at: now,
            paused_until: now,
            decreased_at: now,
            taken: [0, 0],
            second_began: now,
        }
    }

    /// How many messages may go now. Without a limit: as many as one likes.
    pub(super) fn allows(&mut self, now: Instant) -> usize {
        let Some(limit) = self.limit else { return usize::MAX };
        if now < self.paused_until {
            return 0;
        }
        let elapsed = now.saturating_duration_since(self.filled_at).as_secs_f64();
        self.filled_at = now;
        // A burst of a twentieth of a second, so that a carrier that counts in short windows is not tripped.
        self.tokens = elapsed.mul_add(limit, self.tokens).min((limit / 20.0).max(1.0));
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and a twentieth of a rate"
        )]
        let whole = self.tokens as usize;
        whole
    }

    /// One message was sent.
    pub(super) fn sent(&mut self) {
        if self.limit.is_some() {
            self.tokens -= 1.0;
        }
    }

    /// The carrier took one.
    pub(super) fn taken(&mut self) {
        self.taken[0] += 1;
    }

    /// The carrier refused one because we are too fast; it was sent at `sent_at`.
    pub(super) fn too_fast(&mut self, sent_at: Instant, now: Instant) {
        if self.limit.is_some() && sent_at <= self.decreased_at {
            return;
        }
        let seen = f64::from(self.taken[0].max(self.taken[1]));
        let bearable = self.limit.unwrap_or(self.cap).min(seen) * 0.8;
        self.limit = Some(bearable.max(FLOOR));
        self.tokens = 0.0;
        self.decreased_at = now;
        self.paused_until = now + PAUSE;
        self.filled_at = self.paused_until;
    }

    /// Once in a while: counts seconds and grows.
    pub(super) fn tick(&mut self, now: Instant) {
        if now.saturating_duration_since(self.second_began) < SECOND {
            return;
        }
        self.second_began = now;
        self.taken = [0, self.taken[0]];
        if let Some(limit) = self.limit.filter(|_| now >= self.paused_until) {
            let grown = limit + (limit / 20.0).max(0.5);
            self.limit = (grown < self.cap).then_some(grown);
        }
    }

    /// Messages a second that it keeps to, if it keeps to any.
    pub(super) const fn limit(&self) -> Option<f64> {
        self.limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A carrier that takes `per_second` in each calendar second and refuses the rest.
    fn seconds_against(per_second: u32, seconds: u32) -> (u32, u32) {
        let begin = Instant::now();
        let mut pace = Pace::new(10_000.0, begin);
        let (mut took, mut refused) = (0, 0);
        for ms in 0..seconds * 1000 {
            let now = begin + Duration::from_millis(u64::from(ms));
            pace.tick(now);
            if ms % 1000 == 0 {
                took = 0;
            }
            for _ in 0..pace.allows(now).min(20) {
                pace.sent();
                if took < per_second {
                    took += 1;
                    pace.taken();
                } else {
                    refused += u32::from(ms >= (seconds - 5) * 1000);
                    pace.too_fast(now, now);
                }
            }
        }
        let last: u32 = pace.taken.iter().copied().max().unwrap_or(0);
        (last, refused)
    }

    #[test]
    fn it_settles_near_what_the_carrier_bears() {
        for per_second in [1, 5, 30, 200] {
            let (taken, refused) = seconds_against(per_second, 40);
            assert!(taken * 2 >= per_second, "{taken} of {per_second} a second");
            assert!(
                refused <= per_second.max(5),
                "{refused} refused in the last five seconds at {per_second} a second"
            );
        }
    }

    #[test]
    fn one_flight_decreases_it_once_and_quiet_lifts_it() {
        let begin = Instant::now();
        let mut pace = Pace::new(100.0, begin);
        (0..50).for_each(|_| pace.taken());
        for _ in 0..30 {
            pace.too_fast(begin, begin + Duration::from_millis(1));
        }
        assert_eq!(pace.limit(), Some(40.0));
        assert_eq!(pace.allows(begin + Duration::from_millis(400)), 0);
        for second in 1..40 {
            pace.tick(begin + Duration::from_secs(second));
        }
        assert_eq!(pace.limit(), None);
        assert_eq!(pace.allows(begin + Duration::from_secs(41)), usize::MAX);
    }
}
