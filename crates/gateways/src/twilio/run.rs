//! Takes work while the account is open, and answers every message.

use std::sync::Arc;
use std::time::Duration;

use schoolbell_domain::clock::Clock;
use schoolbell_domain::delivery::reason::FailReason;
use schoolbell_domain::delivery::settle::AttemptOutcome;
use schoolbell_formats::twilio::Answer;
use tokio::sync::{Notify, Semaphore, mpsc, watch};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::client::{Client, Reach, Said};
use crate::pace::Pace;
use crate::{Health, Outcome, Outgoing};

/// So often a message is posted again after "too many requests" before it goes back to the queue.
const TRIES: u32 = 4;
/// The longest wait between two looks at a closed account.
const LONGEST_LOOK: Duration = Duration::from_mins(1);

/// What all requests of a running gateway share.
pub(super) struct Sending {
    client: Arc<Client>,
    clock: Arc<dyn Clock>,
    outcomes: mpsc::Sender<Outcome>,
    pace: Pace,
    /// A request found the account closed or the carrier away.
    trouble: Notify,
    stop: CancellationToken,
}

impl Sending {
    pub(super) fn new(
        client: Arc<Client>,
        clock: Arc<dyn Clock>,
        outcomes: mpsc::Sender<Outcome>,
        stop: CancellationToken,
    ) -> Self {
        Self { client, clock, outcomes, pace: Pace::default(), trouble: Notify::new(), stop }
    }

    pub(super) async fn run(
        self: Arc<Self>,
        mut taken: mpsc::Receiver<Outgoing>,
        window: usize,
        up: watch::Sender<Health>,
    ) {
        let lines = Arc::new(Semaphore::new(window));
        'open: while self.until_open(&up, &mut taken).await {
            loop {
                // A line first, the work after: what nobody can send yet stays with the dispatcher.
                let line = tokio::select! {
                    () = self.stop.cancelled() => break 'open,
                    () = self.trouble.notified() => continue 'open,
                    line = lines.clone().acquire_owned() => line,
                };
                let Ok(line) = line else { break 'open };
                let next = tokio::select! {
                    () = self.stop.cancelled() => None,
                    () = self.trouble.notified() => continue 'open,
                    next = taken.recv() => next,
                };
                let Some(outgoing) = next else { break 'open };
                let sending = self.clone();
                tokio::spawn(async move {
                    let outcome = sending.send(&outgoing).await;
                    sending.answer(&outgoing, outcome).await;
                    drop(line);
                });
            }
        }
        // What stands in the channel was handed over, so it is owed an answer; nothing of it went out.
        taken.close();
        while let Some(outgoing) = taken.recv().await {
            self.answer(&outgoing, refused(FailReason::GatewayAway, "we are stopping")).await;
        }
        drop(up);
    }

    /// Looks until the account can be used; false when the end comes first.
    async fn until_open(&self, up: &watch::Sender<Health>, taken: &mut mpsc::Receiver<Outgoing>) -> bool {
        let mut wait = Duration::from_secs(1);
        loop {
            if self.stop.is_cancelled() {
                return false;
            }
            match self.client.probe().await {
                Reach::Open => {
                    up.send_replace(Health::Up);
                    return true;
                }
                Reach::Closed(why) => {
                    up.send_replace(Health::Away(why));
                }
            }
            // What came meanwhile goes back to the queue.
            while let Ok(outgoing) = taken.try_recv() {
                self.answer(&outgoing, refused(FailReason::GatewayAway, "the carrier was away")).await;
            }
            if taken.is_closed() && taken.is_empty() {
                return false;
            }
            tokio::select! {
                () = self.stop.cancelled() => return false,
                () = sleep(wait) => wait = (wait * 2).min(LONGEST_LOOK),
            }
        }
    }

    async fn send(&self, outgoing: &Outgoing) -> AttemptOutcome {
        for attempt in 1..=TRIES {
            if self.stop.run_until_cancelled(self.pace.wait()).await.is_none() {
                return refused(FailReason::GatewayAway, "we are stopping");
            }
            if !outgoing.right.holds() {
                return refused(FailReason::GatewayAway, "not sent: another node has this gateway");
            }
            let left = outgoing.expires_at.duration_since(self.clock.now()).as_secs();
            if left <= 0 {
                return refused(FailReason::ExpiredAtCarrier, "it expired while the carrier wanted peace");
            }
            let Said { answer, wait } = self.client.send(outgoing, left).await;
            match answer {
                Answer::Taken { sid } => {
                    self.pace.taken();
                    return AttemptOutcome::Accepted { references: vec![sid] };
                }
                Answer::Unclear { code } => return AttemptOutcome::Unknown { code },
                Answer::Refused { reason, code } => {
                    if reason == FailReason::Throttled {
                        self.pace.slow_down(wait);
                        if attempt < TRIES {
                            continue;
                        }
                    }
                    if matches!(reason, FailReason::Credentials | FailReason::GatewayAway) {
                        self.trouble.notify_one();
                    }
                    return AttemptOutcome::Refused { reason, code };
                }
            }
        }
        refused(FailReason::Throttled, "the carrier asked us to slow down again and again")
    }

    async fn answer(&self, outgoing: &Outgoing, outcome: AttemptOutcome) {
        let outcome = Outcome { delivery: outgoing.delivery, attempt: outgoing.attempt, outcome };
        // Nobody listens only when the dispatcher has ended; then the lease settles the row.
        drop(self.outcomes.send(outcome).await);
    }
}

fn refused(reason: FailReason, code: &str) -> AttemptOutcome {
    AttemptOutcome::Refused { reason, code: code.to_owned() }
}
