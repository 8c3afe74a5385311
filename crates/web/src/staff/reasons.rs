//! Why a delivery is in its state, in a sentence.

use schoolbell_domain::delivery::DeliveryState;

use crate::error::as_sentence;

/// The reason of a state as a sentence; empty where the state says it all.
pub fn why(state: DeliveryState) -> String {
    match state {
        DeliveryState::Suppressed(reason) => as_sentence(reason.sentence()),
        DeliveryState::Queued(Some(reason)) => format!("{} We try again.", as_sentence(reason.sentence())),
        DeliveryState::Undelivered(reason) | DeliveryState::Rejected(reason) => as_sentence(reason.sentence()),
        DeliveryState::Unconfirmed => {
            "The connection broke before the carrier answered; it may have arrived.".to_owned()
        }
        DeliveryState::Expired(last) => format!("Its time ran out while it was {}.", last.plain()),
        DeliveryState::Cancelled => "Somebody pressed Stop before it left.".to_owned(),
        DeliveryState::Queued(None) | DeliveryState::Sending | DeliveryState::Accepted | DeliveryState::Delivered => {
            String::new()
        }
    }
}
