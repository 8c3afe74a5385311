//! Hands over to the gateway what is claimed, each at its slot, and gives back what must not or cannot go any more.

use std::collections::VecDeque;

use schoolbell_domain::channel::Channel;
use schoolbell_domain::ids::DeliveryId;
use schoolbell_gateways::{Health, Outcome, Outgoing, Right};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::halted::Halted;

/// A claimed delivery on its way to the gateway.
pub(super) struct Handing {
    pub outgoing: Outgoing,
    pub not_before: Instant,
    pub is_reply: bool,
}

/// Why a claimed delivery never reached the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Withheld {
    /// The number said STOP after the claim.
    Stopped,
    /// The gateway went away before it could be handed over.
    Away,
    /// The program ends, or another node has the gateway.
    Ending,
}

/// What became of a claimed delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Heard {
    Said(Outcome),
    Withheld { delivery: DeliveryId, attempt: u32, why: Withheld },
}

impl Heard {
    pub const fn delivery(&self) -> DeliveryId {
        match self {
            Self::Said(outcome) => outcome.delivery,
            Self::Withheld { delivery, .. } => *delivery,
        }
    }

    pub const fn attempt(&self) -> u32 {
        match self {
            Self::Said(outcome) => outcome.attempt,
            Self::Withheld { attempt, .. } => *attempt,
        }
    }
}

/// The hand-over of one lane.
pub(super) struct Feed {
    pub channel: Channel,
    pub halted: Halted,
    pub right: Right,
    pub health: watch::Receiver<Health>,
    pub heard: mpsc::UnboundedSender<Heard>,
    pub stop: CancellationToken,
}

impl Feed {
    /// Runs until the lane drops its end or the program ends; dropping `work` then tells the gateway to finish.
    pub async fn run(self, mut claimed: mpsc::UnboundedReceiver<Handing>, work: mpsc::Sender<Outgoing>) {
        let mut batch = VecDeque::new();
        loop {
            let mut more = Vec::new();
            if batch.is_empty() && claimed.recv_many(&mut more, 1_000).await == 0 {
                return;
            }
            batch.extend(more);
            while let Some(handing) = batch.pop_front() {
                self.hand_over(handing, &work).await;
            }
        }
    }

    async fn hand_over(&self, handing: Handing, work: &mpsc::Sender<Outgoing>) {
        let (delivery, attempt) = (handing.outgoing.delivery, handing.outgoing.attempt);
        if handing.not_before > Instant::now() {
            self.stop.run_until_cancelled(tokio::time::sleep_until(handing.not_before)).await.unwrap_or(());
        }
        let permit = tokio::select! {
            biased;
            () = self.stop.cancelled() => return self.withhold(delivery, attempt, Withheld::Ending),
            permit = work.reserve() => permit,
        };
        // The last look before the wire.
        if self.channel == Channel::Sms && !handing.is_reply && self.halted.holds(&handing.outgoing.to) {
            return self.withhold(delivery, attempt, Withheld::Stopped);
        }
        if !self.right.holds() {
            return self.withhold(delivery, attempt, Withheld::Ending);
        }
        match permit {
            Ok(permit) if matches!(*self.health.borrow(), Health::Up | Health::Starting) => {
                permit.send(handing.outgoing);
            }
            Ok(_) | Err(_) => self.withhold(delivery, attempt, Withheld::Away),
        }
    }

    fn withhold(&self, delivery: DeliveryId, attempt: u32, why: Withheld) {
        // Nobody hears it only when the lane has ended, and then the lease settles the row.
        drop(self.heard.send(Heard::Withheld { delivery, attempt, why }));
    }
}

/// Passes on what the gateway says, so that it never waits for a commit.
pub(super) async fn listen(mut outcomes: mpsc::Receiver<Outcome>, heard: mpsc::UnboundedSender<Heard>) {
    let mut batch = Vec::new();
    while outcomes.recv_many(&mut batch, 1_000).await > 0 {
        for outcome in batch.drain(..) {
            drop(heard.send(Heard::Said(outcome)));
        }
    }
}
