//! The states of a delivery (`architecture.md` §2). Each arrow is one function: `settle`, `retry`, `receipt`.

use serde::{Deserialize, Serialize};

use super::reason::{FailReason, SuppressReason};

/// Where a delivery stands, with the facts of that state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeliveryState {
    /// Never sent, and why.
    Suppressed(SuppressReason),
    /// Waits for its time and for a gateway; the last temporary failure, if it is a retry.
    Queued(Option<FailReason>),
    /// Handed, or being handed, to a gateway.
    Sending,
    /// The carrier has taken it.
    Accepted,
    Delivered,
    /// The carrier had taken it and says that it did not arrive.
    Undelivered(FailReason),
    /// No carrier took it.
    Rejected(FailReason),
    /// We do not know whether the carrier took it; a receipt may still tell.
    Unconfirmed,
    /// A person pressed Stop before it left.
    Cancelled,
    /// Its time passed while it stood in this state.
    Expired(StateKind),
}

/// A state without its facts: what counters, filters and the database group by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StateKind {
    Suppressed,
    Queued,
    Sending,
    Accepted,
    Delivered,
    Undelivered,
    Rejected,
    Unconfirmed,
    Cancelled,
    Expired,
}

impl StateKind {
    pub const ALL: [Self; 10] = [
        Self::Suppressed,
        Self::Queued,
        Self::Sending,
        Self::Accepted,
        Self::Delivered,
        Self::Undelivered,
        Self::Rejected,
        Self::Unconfirmed,
        Self::Cancelled,
        Self::Expired,
    ];

    /// The code in the database.
    pub const fn code(self) -> i64 {
        match self {
            Self::Suppressed => 0,
            Self::Queued => 1,
            Self::Sending => 2,
            Self::Accepted => 3,
            Self::Delivered => 4,
            Self::Undelivered => 5,
            Self::Rejected => 6,
            Self::Unconfirmed => 7,
            Self::Cancelled => 8,
            Self::Expired => 9,
        }
    }

    pub fn from_code(code: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// No receipt, retry or clock changes it any more. `Accepted` and `Unconfirmed` wait for a receipt until expiry.
    pub const fn is_final(self) -> bool {
        match self {
            Self::Suppressed
            | Self::Delivered
            | Self::Undelivered
            | Self::Rejected
            | Self::Cancelled
            | Self::Expired => true,
            Self::Queued | Self::Sending | Self::Accepted | Self::Unconfirmed => false,
        }
    }

    /// The word on pages and in exports.
    pub const fn plain(self) -> &'static str {
        match self {
            Self::Suppressed => "not sent",
            Self::Queued => "waiting",
            Self::Sending => "being sent",
            Self::Accepted => "sent",
            Self::Delivered => "delivered",
            Self::Undelivered => "not delivered",
            Self::Rejected => "refused",
            Self::Unconfirmed => "unconfirmed",
            Self::Cancelled => "stopped",
            Self::Expired => "expired",
        }
    }
}

impl DeliveryState {
    pub const fn kind(self) -> StateKind {
        match self {
            Self::Suppressed(_) => StateKind::Suppressed,
            Self::Queued(_) => StateKind::Queued,
            Self::Sending => StateKind::Sending,
            Self::Accepted => StateKind::Accepted,
            Self::Delivered => StateKind::Delivered,
            Self::Undelivered(_) => StateKind::Undelivered,
            Self::Rejected(_) => StateKind::Rejected,
            Self::Unconfirmed => StateKind::Unconfirmed,
            Self::Cancelled => StateKind::Cancelled,
            Self::Expired(_) => StateKind::Expired,
        }
    }

    /// The `reason` column beside the state: a reason's code, the last state's code plus 200, or 0 for none.
    pub const fn reason_code(self) -> i64 {
        match self {
            Self::Suppressed(reason) => reason.code(),
            Self::Queued(Some(reason)) | Self::Undelivered(reason) | Self::Rejected(reason) => reason.code(),
            Self::Expired(last) => 200 + last.code(),
            Self::Queued(None)
            | Self::Sending
            | Self::Accepted
            | Self::Delivered
            | Self::Unconfirmed
            | Self::Cancelled => 0,
        }
    }

    /// Reads the two columns back; `None` if they do not fit together.
    pub fn from_codes(state: i64, reason: i64) -> Option<Self> {
        Some(match StateKind::from_code(state)? {
            StateKind::Suppressed => Self::Suppressed(SuppressReason::from_code(reason)?),
            StateKind::Queued if reason == 0 => Self::Queued(None),
            StateKind::Queued => Self::Queued(Some(FailReason::from_code(reason)?)),
            StateKind::Sending => Self::Sending,
            StateKind::Accepted => Self::Accepted,
            StateKind::Delivered => Self::Delivered,
            StateKind::Undelivered => Self::Undelivered(FailReason::from_code(reason)?),
            StateKind::Rejected => Self::Rejected(FailReason::from_code(reason)?),
            StateKind::Unconfirmed => Self::Unconfirmed,
            StateKind::Cancelled => Self::Cancelled,
            StateKind::Expired => Self::Expired(StateKind::from_code(reason - 200)?),
        })
    }
}
