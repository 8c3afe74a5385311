//! Takes work only while the relay can be reached, and gives each mail to a connection that is free for it.

use std::sync::Arc;

use schoolbell_domain::delivery::reason::FailReason;
use schoolbell_domain::delivery::settle::AttemptOutcome;
use tokio::sync::{Semaphore, mpsc, oneshot, watch};
use tokio::time::{Duration, sleep, sleep_until};
use tokio_util::sync::CancellationToken;

use super::fleet::{Belief, Fleet, State};
use crate::{Outcome, Outgoing};

/// A connection that waits for its next mail.
pub(super) type Ready = oneshot::Sender<Outgoing>;

pub(super) struct Router {
    pub work: mpsc::Receiver<Outgoing>,
    pub ready: mpsc::Receiver<Ready>,
    pub outcomes: mpsc::Sender<Outcome>,
    pub fleet: Arc<Fleet>,
    /// A permit for each connection that is to open.
    pub open: Arc<Semaphore>,
    pub stop: CancellationToken,
}

impl Router {
    pub(super) async fn run(mut self) {
        let mut state = self.fleet.watch();
        loop {
            if !self.relay_is_up(&mut state).await {
                break;
            }
            let next = tokio::select! {
                () = self.stop.cancelled() => None,
                () = until(&mut state, |belief| belief != Belief::Up) => continue,
                next = self.work.recv() => next,
            };
            let Some(outgoing) = next else { break };
            self.place(outgoing, &mut state).await;
        }
        // What stands in the channel was handed over, so it is owed an answer; nothing of it went out.
        self.work.close();
        while let Some(outgoing) = self.work.recv().await {
            self.refuse(&outgoing, "we are stopping".to_owned()).await;
        }
    }

    /// Waits until the relay is up; false if the end comes first.
    async fn relay_is_up(&mut self, state: &mut watch::Receiver<State>) -> bool {
        loop {
            if self.stop.is_cancelled() {
                return false;
            }
            if state.borrow_and_update().belief == Belief::Up {
                return true;
            }
            if state.borrow().belief == Belief::Away {
                self.give_back().await;
            }
            self.open_one_more();
            tokio::select! {
                () = self.stop.cancelled() => return false,
                () = closed_and_empty(&self.work) => return false,
                () = due(&self.fleet) => {}
                changed = state.changed() => if changed.is_err() { return false },
            }
        }
    }

    /// Refuses what stood in the channel when the relay went away: it would wait there until its lease runs out. The
    /// dispatcher sees that we are away and hands over no more.
    async fn give_back(&mut self) {
        while let Ok(outgoing) = self.work.try_recv() {
            self.refuse(&outgoing, self.fleet.why_away()).await;
        }
    }

    /// Brings `outgoing` to a free connection, opening one if there is none; refuses it if the relay goes away.
    async fn place(&mut self, outgoing: Outgoing, state: &mut watch::Receiver<State>) {
        let mut outgoing = outgoing;
        loop {
            if !outgoing.right.holds() {
                return self.refuse(&outgoing, "not sent: another node has this gateway".to_owned()).await;
            }
            let ready = if let Ok(ready) = self.ready.try_recv() {
                Some(ready)
            } else {
                self.open_one_more();
                tokio::select! {
                    () = self.stop.cancelled() => return self.refuse(&outgoing, "we are stopping".to_owned()).await,
                    ready = self.ready.recv() => ready,
                    () = until(state, |belief| belief == Belief::Away) => {
                        return self.refuse(&outgoing, self.fleet.why_away()).await;
                    }
                    () = due(&self.fleet) => continue,
                }
            };
            let Some(ready) = ready else {
                return self.refuse(&outgoing, "we are stopping".to_owned()).await;
            };
            match ready.send(outgoing) {
                Ok(()) => return,
                // The connection closed in the meantime.
                Err(back) => outgoing = back,
            }
        }
    }

    fn open_one_more(&self) {
        if self.fleet.claim_opening() {
            self.open.add_permits(1);
        }
    }

    async fn refuse(&self, outgoing: &Outgoing, code: String) {
        let outcome = AttemptOutcome::Refused { reason: FailReason::GatewayAway, code };
        let outcome = Outcome { delivery: outgoing.delivery, attempt: outgoing.attempt, outcome };
        if self.outcomes.send(outcome).await.is_err() {
            tracing::debug!("nobody waits for the outcome any more");
        }
    }
}

/// Returns once `wanted` is true of what we believe of the relay.
async fn until(state: &mut watch::Receiver<State>, wanted: fn(Belief) -> bool) {
    if state.wait_for(|state| wanted(state.belief)).await.is_err() {
        // The fleet is ours and outlives this wait.
        std::future::pending::<()>().await;
    }
}

/// Returns when a connection may be tried; never at once, so that a relay that is full is not asked in a circle.
async fn due(fleet: &Fleet) {
    sleep(Duration::from_millis(200)).await;
    sleep_until(fleet.not_before()).await;
}

/// Returns when the dispatcher has dropped its end. `recv` cannot be used: it would take work.
async fn closed_and_empty(work: &mpsc::Receiver<Outgoing>) {
    while !(work.is_closed() && work.is_empty()) {
        sleep(Duration::from_millis(100)).await;
    }
}
