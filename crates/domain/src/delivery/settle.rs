//! What a carrier's answer, or the lack of one, makes of a delivery that was being sent.

use jiff::Timestamp;

use super::reason::{FailReason, Family};
use super::retry::next_try;
use super::state::DeliveryState;
use crate::channel::Channel;

/// What a gateway said of one attempt. A carrier's "no" is an outcome, not an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttemptOutcome {
    /// The carrier has taken every part; one reference for each, in order.
    Accepted { references: Vec<String> },
    /// The carrier, or the recipient's side, refused it.
    Refused { reason: FailReason, code: String },
    /// The wire broke after we began and before the carrier answered: it may have gone out.
    Unknown { code: String },
}

/// What a settled attempt changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settled {
    pub state: DeliveryState,
    /// When it may be tried again; only with `Queued`.
    pub not_before: Option<Timestamp>,
}

/// What the rules must know of a delivery to settle it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InFlight {
    pub channel: Channel,
    /// The category's `resend_on_lost_lease`.
    pub urgent: bool,
    /// Attempts made, this one included.
    pub attempts: u32,
    pub expires_at: Timestamp,
}

/// The next state of a delivery that is `Sending`, from what the gateway said.
pub fn settle(delivery: InFlight, outcome: &AttemptOutcome, now: Timestamp) -> Settled {
    match outcome {
        AttemptOutcome::Accepted { .. } => Settled { state: DeliveryState::Accepted, not_before: None },
        AttemptOutcome::Refused { reason, .. } => refused(delivery, *reason, now),
        AttemptOutcome::Unknown { .. } => lost(delivery, now),
    }
}

/// The next state of a delivery whose lease ran out: the node that sent it is gone, and with it the answer.
///
/// A second call beats a missed evacuation, so what is urgent goes again; the rest waits for a receipt.
pub fn lost_lease(delivery: InFlight, now: Timestamp) -> Settled {
    lost(delivery, now)
}

fn lost(delivery: InFlight, now: Timestamp) -> Settled {
    if delivery.urgent && now < delivery.expires_at {
        Settled { state: DeliveryState::Queued(Some(FailReason::ConnectionLost)), not_before: Some(now) }
    } else {
        Settled { state: DeliveryState::Unconfirmed, not_before: None }
    }
}

fn refused(delivery: InFlight, reason: FailReason, now: Timestamp) -> Settled {
    let final_state = Settled { state: DeliveryState::Rejected(reason), not_before: None };
    if reason.family() == Family::RecipientForGood || reason == FailReason::ContentRefused {
        return final_state;
    }
    match next_try(delivery.channel, reason, delivery.attempts, now) {
        Some(at) if at < delivery.expires_at => {
            Settled { state: DeliveryState::Queued(Some(reason)), not_before: Some(at) }
        }
        Some(_) | None => final_state,
    }
}
