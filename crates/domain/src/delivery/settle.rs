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

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use proptest::prelude::*;

    use super::*;
    use crate::delivery::receipt::ReceiptStatus;
    use crate::delivery::state::StateKind;

    fn any_outcome() -> impl Strategy<Value = AttemptOutcome> {
        prop_oneof![
            Just(AttemptOutcome::Accepted { references: vec!["a1".to_owned()] }),
            prop::sample::select(&FailReason::ALL[..])
                .prop_map(|reason| AttemptOutcome::Refused { reason, code: "4.2.1".to_owned() }),
            Just(AttemptOutcome::Unknown { code: "reset".to_owned() }),
        ]
    }

    fn any_delivery() -> impl Strategy<Value = InFlight> {
        (prop::sample::select(&Channel::ALL[..]), any::<bool>(), 1..40_u32, -3600..200_000_i64).prop_map(
            |(channel, urgent, attempts, seconds)| InFlight {
                channel,
                urgent,
                attempts,
                expires_at: noon() + SignedDuration::from_secs(seconds),
            },
        )
    }

    fn noon() -> Timestamp {
        "2026-01-14T12:00:00-06:00".parse().unwrap()
    }

    fn sms(urgent: bool) -> InFlight {
        InFlight { channel: Channel::Sms, urgent, attempts: 1, expires_at: noon() + SignedDuration::from_hours(24) }
    }

    #[test]
    fn what_a_gateway_said_becomes_a_state_by_table() {
        let refused = |reason| AttemptOutcome::Refused { reason, code: String::new() };
        for (reason, state, seconds) in [
            (FailReason::Throttled, DeliveryState::Queued(Some(FailReason::Throttled)), Some(5)),
            (FailReason::Credentials, DeliveryState::Queued(Some(FailReason::Credentials)), Some(5)),
            (FailReason::MailboxFull, DeliveryState::Queued(Some(FailReason::MailboxFull)), Some(60)),
            (FailReason::BadNumber, DeliveryState::Rejected(FailReason::BadNumber), None),
            (FailReason::OptedOutAtCarrier, DeliveryState::Rejected(FailReason::OptedOutAtCarrier), None),
            (FailReason::ContentRefused, DeliveryState::Rejected(FailReason::ContentRefused), None),
        ] {
            let not_before = seconds.map(|seconds| noon() + SignedDuration::from_secs(seconds));
            assert_eq!(settle(sms(false), &refused(reason), noon()), Settled { state, not_before }, "{reason:?}");
        }
    }

    #[test]
    fn a_lost_answer_sends_what_is_urgent_again_and_leaves_the_rest_to_a_receipt() {
        let unknown = AttemptOutcome::Unknown { code: String::new() };
        let again =
            Settled { state: DeliveryState::Queued(Some(FailReason::ConnectionLost)), not_before: Some(noon()) };
        let waits = Settled { state: DeliveryState::Unconfirmed, not_before: None };
        assert_eq!((lost_lease(sms(true), noon()), settle(sms(true), &unknown, noon())), (again, again));
        assert_eq!((lost_lease(sms(false), noon()), settle(sms(false), &unknown, noon())), (waits, waits));
        let late = InFlight { expires_at: noon(), ..sms(true) };
        assert_eq!(lost_lease(late, noon()), waits);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn no_retry_runs_past_expiry_or_into_the_past(delivery in any_delivery(), outcome in any_outcome()) {
            let settled = settle(delivery, &outcome, noon());
            prop_assert_eq!(settled.not_before.is_some(), settled.state.kind() == StateKind::Queued);
            if let Some(at) = settled.not_before {
                prop_assert!(noon() <= at && at < delivery.expires_at);
            }
        }

        #[test]
        fn an_accepted_delivery_is_never_queued_again(
            delivery in any_delivery(),
            receipts in prop::collection::vec(prop::sample::select(&FailReason::ALL[..]), 0..4),
        ) {
            let accepted = AttemptOutcome::Accepted { references: vec![] };
            let mut state = settle(delivery, &accepted, noon()).state;
            prop_assert_eq!(state, DeliveryState::Accepted);
            for reason in receipts {
                state = state.on_receipt(ReceiptStatus::Buffered).on_receipt(ReceiptStatus::Undelivered(reason));
                prop_assert_ne!(state.kind(), StateKind::Queued);
                prop_assert_ne!(state.kind(), StateKind::Sending);
            }
        }

        #[test]
        fn nothing_that_is_not_urgent_goes_again_when_its_answer_is_lost(delivery in any_delivery()) {
            let calm = InFlight { urgent: false, ..delivery };
            prop_assert_eq!(lost_lease(calm, noon()).state, DeliveryState::Unconfirmed);
        }
    }
}
