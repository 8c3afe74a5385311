//! Takes work, brings each message to every device of its account, and answers once for all of them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures::future::join_all;
use schoolbell_domain::delivery::reason::FailReason;
use schoolbell_domain::delivery::settle::AttemptOutcome;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::client::Said;
use super::{Device, Notice, PushGateway};
use crate::pace::Pace;
use crate::{Health, InboundSink, Outcome, Outgoing};

/// So often a device's service is asked again after "not now" before the message goes back to the queue.
const TRIES: u32 = 4;

/// What all requests of a running gateway share.
pub(super) struct Sending {
    gateway: Arc<PushGateway>,
    sink: Arc<dyn InboundSink>,
    outcomes: mpsc::Sender<Outcome>,
    /// One for each push service: the one that wants peace does not hold up the others.
    paces: Mutex<HashMap<String, Arc<Pace>>>,
    stop: CancellationToken,
}

impl Sending {
    pub(super) fn new(
        gateway: Arc<PushGateway>,
        (sink, outcomes): (Arc<dyn InboundSink>, mpsc::Sender<Outcome>),
        stop: CancellationToken,
    ) -> Self {
        Self { gateway, sink, outcomes, paces: Mutex::default(), stop }
    }

    pub(super) async fn run(
        self: Arc<Self>,
        mut taken: mpsc::Receiver<Outgoing>,
        window: usize,
        up: watch::Sender<Health>,
    ) {
        let lines = Arc::new(Semaphore::new(window));
        loop {
            // A line first, the work after: what nobody can send yet stays with the dispatcher.
            let Ok(line) = lines.clone().acquire_owned().await else { break };
            let next = tokio::select! {
                () = self.stop.cancelled() => None,
                next = taken.recv() => next,
            };
            let Some(outgoing) = next else { break };
            let sending = self.clone();
            tokio::spawn(async move {
                let outcome = sending.send(&outgoing).await;
                sending.answer(&outgoing, outcome).await;
                drop(line);
            });
        }
        // What stands in the channel was handed over, so it is owed an answer; nothing of it went out.
        taken.close();
        while let Some(outgoing) = taken.recv().await {
            self.answer(&outgoing, refused(FailReason::GatewayAway, "we are stopping")).await;
        }
        drop(up);
    }

    async fn send(&self, outgoing: &Outgoing) -> AttemptOutcome {
        let Some(notice) = &outgoing.notice else {
            return refused(FailReason::GatewayFault, "no device was named");
        };
        let said = join_all(notice.devices.iter().map(|device| self.reach(outgoing, notice, device))).await;
        self.tell_gone(notice, &said).await;
        outcome(notice, said)
    }

    /// One device, with patience for a service that wants peace.
    async fn reach(&self, outgoing: &Outgoing, notice: &Notice, device: &Device) -> Said {
        let client = &self.gateway.client;
        let Some(service) = client.service(device) else { return Said::Gone };
        let pace = self.pace(&service);
        let mut said = Said::Later { wait: None };
        for _ in 0..TRIES {
            if self.stop.run_until_cancelled(pace.wait()).await.is_none() || !outgoing.right.holds() {
                return said;
            }
            let now = self.gateway.clock.now();
            if now >= outgoing.expires_at {
                let code = "it expired while the push service wanted peace".to_owned();
                return Said::Refused { reason: FailReason::ExpiredAtCarrier, code };
            }
            said = client.send((&service, device), notice, (now, outgoing.expires_at)).await;
            match &said {
                Said::Later { wait } => pace.slow_down(*wait),
                Said::Taken => {
                    pace.taken();
                    return said;
                }
                Said::Gone | Said::Refused { .. } | Said::Unclear { .. } => return said,
            }
        }
        said
    }

    fn pace(&self, service: &str) -> Arc<Pace> {
        let mut paces = self.paces.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(paces.entry(service.to_owned()).or_default())
    }

    async fn tell_gone(&self, notice: &Notice, said: &[Said]) {
        let gone: Vec<String> = notice
            .devices
            .iter()
            .zip(said)
            .filter(|(_, said)| **said == Said::Gone)
            .map(|(device, _)| device.endpoint.clone())
            .collect();
        if gone.is_empty() {
            return;
        }
        if let Err(error) = self.sink.gone(&self.gateway.name, gone).await {
            tracing::warn!(gateway = self.gateway.name, %error, "devices that are gone are asked again next time");
        }
    }

    async fn answer(&self, outgoing: &Outgoing, outcome: AttemptOutcome) {
        let outcome = Outcome { delivery: outgoing.delivery, attempt: outgoing.attempt, outcome };
        // Nobody listens only when the dispatcher has ended; then the lease settles the row.
        drop(self.outcomes.send(outcome).await);
    }
}

/// One device that has it is enough; otherwise what may still come right counts before what will not.
fn outcome(notice: &Notice, said: Vec<Said>) -> AttemptOutcome {
    if said.contains(&Said::Taken) {
        return AttemptOutcome::Accepted { references: vec![notice.reference.clone()] };
    }
    let mut worst = refused(FailReason::AppGone, "no push service knows these devices");
    for said in said {
        match said {
            Said::Unclear { code } => return AttemptOutcome::Unknown { code },
            Said::Later { .. } => worst = refused(FailReason::Throttled, "the push service wants us to wait"),
            Said::Refused { reason, code } if !is_throttled(&worst) => {
                worst = AttemptOutcome::Refused { reason, code };
            }
            Said::Taken | Said::Gone | Said::Refused { .. } => {}
        }
    }
    worst
}

const fn is_throttled(outcome: &AttemptOutcome) -> bool {
    matches!(outcome, AttemptOutcome::Refused { reason: FailReason::Throttled, .. })
}

fn refused(reason: FailReason, code: &str) -> AttemptOutcome {
    AttemptOutcome::Refused { reason, code: code.to_owned() }
}
