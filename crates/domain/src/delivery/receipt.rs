//! What a carrier's later word makes of a delivery. Carriers repeat and reorder receipts.

use serde::{Deserialize, Serialize};

use super::reason::FailReason;
use super::state::DeliveryState;

/// The carrier's later word on one part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReceiptStatus {
    /// On its way; says nothing final.
    Buffered,
    Delivered,
    Undelivered(FailReason),
}

impl ReceiptStatus {
    pub const fn code(self) -> i64 {
        match self {
            Self::Buffered => 0,
            Self::Delivered => 1,
            Self::Undelivered(_) => 2,
        }
    }

    /// The `reason` column beside the status; 0 for none.
    pub const fn reason_code(self) -> i64 {
        match self {
            Self::Undelivered(reason) => reason.code(),
            Self::Buffered | Self::Delivered => 0,
        }
    }

    pub fn from_codes(status: i64, reason: i64) -> Option<Self> {
        match status {
            0 => Some(Self::Buffered),
            1 => Some(Self::Delivered),
            2 => FailReason::from_code(reason).map(Self::Undelivered),
            _ => None,
        }
    }

    /// The word on a whole message from the words on its parts: one lost part loses it, all must arrive.
    pub fn of_parts(parts: &[Self]) -> Self {
        let mut whole = if parts.is_empty() { Self::Buffered } else { Self::Delivered };
        for part in parts {
            match part {
                Self::Undelivered(_) => return *part,
                Self::Buffered => whole = Self::Buffered,
                Self::Delivered => {}
            }
        }
        whole
    }
}

impl DeliveryState {
    /// Applies a carrier receipt. Final states never change: carriers repeat and reorder receipts.
    #[must_use]
    pub const fn on_receipt(self, receipt: ReceiptStatus) -> Self {
        match self {
            Self::Suppressed(_)
            | Self::Cancelled
            | Self::Expired(_)
            | Self::Delivered
            | Self::Undelivered(_)
            | Self::Rejected(_) => self,
            Self::Queued(_) | Self::Sending | Self::Accepted | Self::Unconfirmed => match receipt {
                ReceiptStatus::Buffered => self,
                ReceiptStatus::Delivered => Self::Delivered,
                ReceiptStatus::Undelivered(reason) => Self::Undelivered(reason),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::delivery::reason::SuppressReason;
    use crate::delivery::state::StateKind;

    /// Every state with every fact.
    fn all_states() -> Vec<DeliveryState> {
        let mut states = vec![
            DeliveryState::Queued(None),
            DeliveryState::Sending,
            DeliveryState::Accepted,
            DeliveryState::Delivered,
            DeliveryState::Unconfirmed,
            DeliveryState::Cancelled,
        ];
        states.extend(SuppressReason::ALL.map(DeliveryState::Suppressed));
        states.extend(StateKind::ALL.map(DeliveryState::Expired));
        for reason in FailReason::ALL {
            states.extend([
                DeliveryState::Queued(Some(reason)),
                DeliveryState::Undelivered(reason),
                DeliveryState::Rejected(reason),
            ]);
        }
        states
    }

    fn all_receipts() -> Vec<ReceiptStatus> {
        let mut receipts = vec![ReceiptStatus::Buffered, ReceiptStatus::Delivered];
        receipts.extend(FailReason::ALL.map(ReceiptStatus::Undelivered));
        receipts
    }

    #[test]
    fn final_states_absorb_every_receipt_and_a_receipt_twice_is_once() {
        for state in all_states() {
            for receipt in all_receipts() {
                let after = state.on_receipt(receipt);
                assert_eq!(after.on_receipt(receipt), after, "{state:?} {receipt:?}");
                assert!(!state.kind().is_final() || after == state, "{state:?} {receipt:?}");
                // No receipt makes anything wait for a gateway again.
                assert!(after.kind() != StateKind::Queued || state.kind() == StateKind::Queued);
            }
        }
    }

    #[test]
    fn late_buffered_receipt_leaves_a_delivered_message_delivered() {
        let delivered = DeliveryState::Accepted.on_receipt(ReceiptStatus::Delivered);
        assert_eq!(delivered.on_receipt(ReceiptStatus::Buffered), DeliveryState::Delivered);
        let lost = ReceiptStatus::Undelivered(FailReason::BadNumber);
        assert_eq!(delivered.on_receipt(lost), DeliveryState::Delivered);
        assert_eq!(DeliveryState::Unconfirmed.on_receipt(lost), DeliveryState::Undelivered(FailReason::BadNumber));
    }

    #[test]
    fn states_and_receipts_read_back_from_their_codes() {
        for state in all_states() {
            assert_eq!(DeliveryState::from_codes(state.kind().code(), state.reason_code()), Some(state));
        }
        for receipt in all_receipts() {
            assert_eq!(ReceiptStatus::from_codes(receipt.code(), receipt.reason_code()), Some(receipt));
        }
        assert_eq!(ReceiptStatus::from_codes(2, 0), None);
        assert_eq!(DeliveryState::from_codes(5, 0), None);
    }

    proptest! {
        #[test]
        fn a_message_is_delivered_when_all_its_parts_are_and_lost_when_one_is(
            parts in prop::collection::vec(prop::sample::select(all_receipts()), 0..7),
        ) {
            let whole = ReceiptStatus::of_parts(&parts);
            let lost = parts.iter().find(|part| matches!(part, ReceiptStatus::Undelivered(_)));
            if let Some(first) = lost {
                prop_assert_eq!(whole, *first);
            } else {
                let all = parts.iter().all(|part| *part == ReceiptStatus::Delivered);
                prop_assert_eq!(whole == ReceiptStatus::Delivered, !parts.is_empty() && all);
            }
        }

        #[test]
        fn receipts_settle_a_delivery_once_whatever_their_order(
            receipts in prop::collection::vec(prop::sample::select(all_receipts()), 0..8),
        ) {
            let mut state = DeliveryState::Accepted;
            let mut settled = None;
            for receipt in receipts {
                state = state.on_receipt(receipt);
                if let Some(settled) = settled {
                    prop_assert_eq!(state, settled);
                } else if state.kind().is_final() {
                    settled = Some(state);
                }
            }
        }
    }
}
