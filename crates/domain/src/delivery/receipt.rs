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
