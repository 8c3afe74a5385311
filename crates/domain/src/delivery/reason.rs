//! Why something was not sent, or did not arrive: closed lists with a sentence each.

use serde::{Deserialize, Serialize};

/// Why the plan leaves a contact point out. Kept as a row, so "why did I not get this?" has an answer for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SuppressReason {
    /// The category does not reach this slot unless the family chooses it (A40-A45).
    NotDefault,
    /// The family turned it off.
    PreferenceOff,
    /// Nobody has said YES on this number (A23).
    NoConsent,
    /// The number said STOP, or staff entered a revocation (LAW-9).
    Revoked,
    /// The network told us that the address is dead (LAW-43).
    DeadAddress,
    /// The mailbox complained about our mail (LAW-43).
    Complained,
    /// A custody order says that this person may not receive (LAW-52).
    CustodyRestricted,
    /// On the record, but neither main nor secondary contact.
    NotAlertContact,
    /// The same address gets it already in this broadcast.
    Merged,
    /// No carrier is configured for this channel.
    NoGateway,
    /// The third call in 30 days to a home line without consent has been used (LAW-5).
    CallLimit,
    /// An emergency or other number that must never be dialled (LAW-8).
    DenyListed,
    /// The person has no address that this broadcast's channels could use.
    NoAddress,
    /// The family has it already, and the sender chose to leave its other phones alone then.
    Reached,
    /// The app was taken off the last device between the plan and the sending.
    NoApp,
    /// A reminder of a survey that this person has answered.
    Answered,
}

impl SuppressReason {
    pub const ALL: [Self; 16] = [
        Self::NotDefault,
        Self::PreferenceOff,
        Self::NoConsent,
        Self::Revoked,
        Self::DeadAddress,
        Self::Complained,
        Self::CustodyRestricted,
        Self::NotAlertContact,
        Self::Merged,
        Self::NoGateway,
        Self::CallLimit,
        Self::DenyListed,
        Self::NoAddress,
        Self::Reached,
        Self::NoApp,
        Self::Answered,
    ];

    /// The code in the database; 1 to 99.
    pub const fn code(self) -> i64 {
        match self {
            Self::NotDefault => 1,
            Self::PreferenceOff => 2,
            Self::NoConsent => 3,
            Self::Revoked => 4,
            Self::DeadAddress => 5,
            Self::Complained => 6,
            Self::CustodyRestricted => 7,
            Self::NotAlertContact => 8,
            Self::Merged => 9,
            Self::NoGateway => 10,
            Self::CallLimit => 11,
            Self::DenyListed => 12,
            Self::NoAddress => 13,
            Self::Reached => 14,
            Self::NoApp => 15,
            Self::Answered => 16,
        }
    }

    pub fn from_code(code: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.code() == code)
    }

    /// The sentence for pages and exports.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::NotDefault => "this category does not go to this phone or address unless the family chooses it",
            Self::PreferenceOff => "the family turned this category off here",
            Self::NoConsent => "nobody has said YES to texts on this number",
            Self::Revoked => "this number asked us to stop",
            Self::DeadAddress => "the network says this address does not work",
            Self::Complained => "this mailbox marked our mail as unwanted",
            Self::CustodyRestricted => "a custody restriction on the record",
            Self::NotAlertContact => "on the record, but neither main nor secondary contact",
            Self::Merged => "the same phone or address already gets it in this message",
            Self::NoGateway => "no carrier is set up for this channel",
            Self::CallLimit => "three calls in 30 days without consent is the limit for this line",
            Self::DenyListed => "a number that must never be dialled",
            Self::NoAddress => "no phone or address on record that this message could use",
            Self::Reached => "the family has it already, and the sender chose to leave its other phones alone then",
            Self::NoApp => "the app was taken off every device",
            Self::Answered => "has answered the survey already",
        }
    }
}

/// Whose side a failure is on; it decides who must act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// The recipient's side, for now: try again.
    RecipientForNow,
    /// The recipient's side, for good: a registrar must find a better address.
    RecipientForGood,
    /// Our side: an operator must act.
    OurSide,
}

/// Why a delivery failed, for now or for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailReason {
    Busy,
    NoAnswer,
    Declined,
    MailboxFull,
    Unreachable,
    Deferred,
    BadNumber,
    BadMailbox,
    BadDomain,
    OptedOutAtCarrier,
    Refused,
    ExpiredAtCarrier,
    /// Push services know none of the app's devices any more.
    AppGone,
    ContentRefused,
    Throttled,
    Congestion,
    GatewayAway,
    Credentials,
    NoCredit,
    GatewayFault,
    ConnectionLost,
    /// The carrier reported a failure and did not say which.
    Unspecified,
}

impl FailReason {
    pub const ALL: [Self; 22] = [
        Self::Busy,
        Self::NoAnswer,
        Self::Declined,
        Self::MailboxFull,
        Self::Unreachable,
        Self::Deferred,
        Self::BadNumber,
        Self::BadMailbox,
        Self::BadDomain,
        Self::OptedOutAtCarrier,
        Self::Refused,
        Self::ExpiredAtCarrier,
        Self::AppGone,
        Self::ContentRefused,
        Self::Throttled,
        Self::Congestion,
        Self::GatewayAway,
        Self::Credentials,
        Self::NoCredit,
        Self::GatewayFault,
        Self::ConnectionLost,
        Self::Unspecified,
    ];

    /// The code in the database; 101 and up.
    pub const fn code(self) -> i64 {
        match self {
            Self::Busy => 101,
            Self::NoAnswer => 102,
            Self::Declined => 103,
            Self::MailboxFull => 104,
            Self::Unreachable => 105,
            Self::Deferred => 106,
            Self::BadNumber => 120,
            Self::BadMailbox => 121,
            Self::BadDomain => 122,
            Self::OptedOutAtCarrier => 123,
            Self::Refused => 124,
            Self::ExpiredAtCarrier => 125,
            Self::AppGone => 126,
            Self::ContentRefused => 140,
            Self::Throttled => 141,
            Self::Congestion => 142,
            Self::GatewayAway => 143,
            Self::Credentials => 144,
            Self::NoCredit => 145,
            Self::GatewayFault => 146,
            Self::ConnectionLost => 147,
            Self::Unspecified => 199,
        }
    }

    pub fn from_code(code: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.code() == code)
    }

    pub const fn family(self) -> Family {
        match self {
            Self::Busy
            | Self::NoAnswer
            | Self::Declined
            | Self::MailboxFull
            | Self::Unreachable
            | Self::Deferred
            | Self::ExpiredAtCarrier
            | Self::Unspecified => Family::RecipientForNow,
            Self::BadNumber
            | Self::BadMailbox
            | Self::BadDomain
            | Self::OptedOutAtCarrier
            | Self::Refused
            | Self::AppGone => Family::RecipientForGood,
            Self::ContentRefused
            | Self::Throttled
            | Self::Congestion
            | Self::GatewayAway
            | Self::Credentials
            | Self::NoCredit
            | Self::GatewayFault
            | Self::ConnectionLost => Family::OurSide,
        }
    }

    /// The sentence for pages and exports.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Busy => "the line was busy",
            Self::NoAnswer => "nobody answered",
            Self::Declined => "the call was declined",
            Self::MailboxFull => "the mailbox is full",
            Self::Unreachable => "the phone could not be reached",
            Self::Deferred => "the mail server asked us to try later",
            Self::BadNumber => "the number is not in service",
            Self::BadMailbox => "the mailbox does not exist",
            Self::BadDomain => "the mail domain does not exist",
            Self::OptedOutAtCarrier => "the carrier says this number opted out",
            Self::Refused => "the recipient's side refused it",
            Self::ExpiredAtCarrier => "the carrier gave up trying",
            Self::AppGone => "the app was taken off every device",
            Self::ContentRefused => "the carrier refused the text",
            Self::Throttled => "the carrier asked us to slow down",
            Self::Congestion => "the network was congested",
            Self::GatewayAway => "the carrier could not be reached",
            Self::Credentials => "the carrier refused our log-in",
            Self::NoCredit => "the carrier account has no credit",
            Self::GatewayFault => "the carrier reported a fault",
            Self::ConnectionLost => "the connection broke before the carrier answered",
            Self::Unspecified => "the carrier reported a failure without a cause",
        }
    }
}
