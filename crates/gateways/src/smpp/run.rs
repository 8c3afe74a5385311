//! Keeps a session up: connects, runs it, waits, connects again.
//!
//! While there is no session, deliveries are not taken off the dispatcher's hands silently: once the first attempt to
//! reconnect has failed, whatever still lies in the channel is answered `Refused(GatewayAway)` (or `Credentials`), so that its row goes back
//! to the queue at once, and `Health::Away` tells the dispatcher to feed nothing more. A short break (the carrier
//! restarts, one attempt connects) costs no row an attempt.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use schoolbell_domain::delivery::reason::FailReason;
use schoolbell_domain::delivery::settle::AttemptOutcome;
use tokio::sync::watch;
use tokio::time::Instant;

use super::session::{Account, End, Lines, Session};
use super::wire::{NoBind, bind};
use crate::{Health, Outcome, Outgoing};

/// Longest wait between attempts to connect.
const LONGEST: Duration = Duration::from_mins(1);
/// A session that lived so long counts as healthy: the waits begin anew.
const HEALTHY: Duration = Duration::from_secs(30);

/// Waits between attempts, doubling, each somewhere between three and five quarters of its length.
#[derive(Debug)]
pub(super) struct BackOff {
    dice: StdRng,
    first: Duration,
    failures: u32,
}

impl BackOff {
    pub(super) fn new(first: Duration, seed: u64) -> Self {
        Self { dice: StdRng::seed_from_u64(seed), first, failures: 0 }
    }

    /// The wait after one more failure.
    pub(super) fn failed(&mut self) -> Duration {
        let wait = self.first.saturating_mul(1 << self.failures.min(16)).min(LONGEST);
        self.failures += 1;
        self.jitter(wait)
    }

    pub(super) fn jitter(&mut self, wait: Duration) -> Duration {
        wait.mul_f64(self.dice.random_range(0.75..1.25))
    }

    pub(super) fn recovered(&mut self) {
        self.failures = 0;
    }

    fn reference(&mut self) -> u8 {
        self.dice.random()
    }
}

/// How waiting ended.
enum Waited<T> {
    For(T),
    Stopped,
}

/// Runs until `stop`, or until the dispatcher drops its end and everything is answered.
pub(super) async fn run(account: Account, mut lines: Lines, health: watch::Sender<Health>, seed: u64) {
    let config = &account.config;
    let mut back_off = BackOff::new(Duration::from_secs_f64(config.reconnect_s), seed);
    let reference = back_off.reference();
    let mut number = 0_u64;
    let mut refusing = None;
    loop {
        let bound = match wait(bind(config), &mut lines, refusing).await {
            Waited::Stopped => break,
            Waited::For(Ok(bound)) => bound,
            Waited::For(Err(no)) => {
                let (reason, pause) = match &no {
                    NoBind::LogIn(_) => {
                        let pause = back_off.jitter(Duration::from_secs_f64(config.retry_login_s));
                        (FailReason::Credentials, pause)
                    }
                    NoBind::Away(_) => (FailReason::GatewayAway, back_off.failed()),
                };
                refusing = Some(reason);
                tracing::warn!(gateway = %account.name, error = no.sentence(), retry_ms = millis(pause), "no session");
                health.send_replace(Health::Away(no.sentence().to_owned()));
                match wait(tokio::time::sleep(pause), &mut lines, refusing).await {
                    Waited::Stopped => break,
                    Waited::For(()) => continue,
                }
            }
        };
        tracing::info!(gateway = %account.name, "bound");
        health.send_replace(Health::Up);
        refusing = None;
        number += 1;
        let began = Instant::now();
        // Each session continues the references, so that parts sent before a break are not joined to later ones.
        let ahead = number.to_le_bytes()[0].wrapping_mul(97);
        let end = Session::new(&account, number, reference.wrapping_add(ahead)).run(bound, &mut lines).await;
        let End::Lost(why) = end else { break };
        health.send_replace(Health::Away(format!("{why}; connecting again")));
        if began.elapsed() >= HEALTHY {
            back_off.recovered();
        }
        tracing::warn!(gateway = %account.name, error = %why, duration_ms = millis(began.elapsed()), "the session ended");
        // At once after a healthy session; otherwise a carrier that hangs up on us is not hammered.
        let pause =
            if began.elapsed() >= HEALTHY { back_off.jitter(Duration::from_millis(100)) } else { back_off.failed() };
        if matches!(wait(tokio::time::sleep(pause), &mut lines, refusing).await, Waited::Stopped) {
            break;
        }
    }
    refuse_the_rest(&mut lines).await;
    health.send_replace(Health::Away("stopped".to_owned()));
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Waits for `what`, or for the end. Meanwhile, if `refusing`, answers what comes.
async fn wait<T>(what: impl Future<Output = T>, lines: &mut Lines, refusing: Option<FailReason>) -> Waited<T> {
    let mut what = std::pin::pin!(what);
    loop {
        if refusing.is_none() && lines.work.is_closed() && lines.work.is_empty() {
            return Waited::Stopped;
        }
        tokio::select! {
            biased;
            () = lines.stop.cancelled() => return Waited::Stopped,
            out = &mut what => return Waited::For(out),
            outgoing = lines.work.recv(), if refusing.is_some() => match outgoing {
                None => return Waited::Stopped,
                Some(outgoing) => {
                    refuse(&outgoing, lines, (refusing.unwrap_or(FailReason::GatewayAway), "not sent: no session")).await;
                }
            },
        }
    }
}

async fn refuse(outgoing: &Outgoing, lines: &Lines, (reason, code): (FailReason, &str)) {
    let refused = AttemptOutcome::Refused { reason, code: code.to_owned() };
    let outcome = Outcome { delivery: outgoing.delivery, attempt: outgoing.attempt, outcome: refused };
    if lines.outcomes.send(outcome).await.is_err() {
        tracing::error!("nobody takes outcomes any more");
    }
}

async fn refuse_the_rest(lines: &mut Lines) {
    lines.work.close();
    while let Some(outgoing) = lines.work.recv().await {
        refuse(&outgoing, lines, (FailReason::GatewayAway, "not sent: stopped")).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_with_jitter_up_to_a_minute_and_begin_anew() {
        let mut back_off = BackOff::new(Duration::from_secs(1), 7);
        let waits: Vec<f64> = (0..10).map(|_| back_off.failed().as_secs_f64()).collect();
        for (wait, whole) in waits.iter().zip([1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0, 60.0, 60.0]) {
            assert!((whole * 0.75..=whole * 1.25).contains(wait), "{wait} of {whole}");
        }
        back_off.recovered();
        assert!(back_off.failed() <= Duration::from_millis(1250));
    }

    #[test]
    fn two_seeds_do_not_knock_at_the_same_moment() {
        let (mut one, mut other) = (BackOff::new(LONGEST, 1), BackOff::new(LONGEST, 2));
        assert_ne!(one.failed(), other.failed());
    }
}
