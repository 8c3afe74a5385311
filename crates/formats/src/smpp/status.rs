//! The carrier's `command_status` as a reason of ours.
//!
//! Source: SMPP 3.4, 5.1.3. Carriers use 0x400 to 0x4FF as they like; a gateway's config may name those.

use schoolbell_domain::delivery::reason::FailReason;

/// A "no" of the carrier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub reason: FailReason,
    /// The name in the standard, or `0x…` where it has none; for the attempt's record.
    pub code: String,
    pub advice: Advice,
}

/// What the session should do beside settling the delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Advice {
    /// This message only.
    GoOn,
    /// We send too fast.
    SlowDown,
    /// The log-in is not accepted; people must act.
    LogInRefused,
    /// The session is not in the state we think: bind again.
    BindAgain,
}

/// Codes that a session or an operator asks for by name.
pub const THROTTLED: u32 = 0x58;
pub const QUEUE_FULL: u32 = 0x14;
pub const ALREADY_BOUND: u32 = 0x05;
/// Our answer to what we could not keep: the carrier sends it again.
pub const RECEIVER_TRY_LATER: u32 = 0x64;
/// Our answer to what nobody can read: the carrier does not send it again.
pub const RECEIVER_NEVER: u32 = 0x65;

struct Row(u32, &'static str, FailReason, Advice);

const TABLE: [Row; 44] = [
    Row(0x01, "ESME_RINVMSGLEN", FailReason::ContentRefused, Advice::GoOn),
    Row(0x02, "ESME_RINVCMDLEN", FailReason::GatewayFault, Advice::GoOn),
    Row(0x03, "ESME_RINVCMDID", FailReason::GatewayFault, Advice::GoOn),
    Row(0x04, "ESME_RINVBNDSTS", FailReason::GatewayAway, Advice::BindAgain),
    Row(ALREADY_BOUND, "ESME_RALYBND", FailReason::GatewayAway, Advice::BindAgain),
    Row(0x06, "ESME_RINVPRTFLG", FailReason::GatewayFault, Advice::GoOn),
    Row(0x07, "ESME_RINVREGDLVFLG", FailReason::GatewayFault, Advice::GoOn),
    Row(0x08, "ESME_RSYSERR", FailReason::GatewayFault, Advice::GoOn),
    Row(0x0A, "ESME_RINVSRCADR", FailReason::GatewayFault, Advice::GoOn),
    Row(0x0B, "ESME_RINVDSTADR", FailReason::BadNumber, Advice::GoOn),
    Row(0x0C, "ESME_RINVMSGID", FailReason::GatewayFault, Advice::GoOn),
    Row(0x0D, "ESME_RBINDFAIL", FailReason::Credentials, Advice::LogInRefused),
    Row(0x0E, "ESME_RINVPASWD", FailReason::Credentials, Advice::LogInRefused),
    Row(0x0F, "ESME_RINVSYSID", FailReason::Credentials, Advice::LogInRefused),
    Row(QUEUE_FULL, "ESME_RMSGQFUL", FailReason::Throttled, Advice::SlowDown),
    Row(0x15, "ESME_RINVSERTYP", FailReason::GatewayFault, Advice::GoOn),
    Row(0x40, "ESME_RINVDESTFLAG", FailReason::GatewayFault, Advice::GoOn),
    Row(0x42, "ESME_RINVSUBREP", FailReason::GatewayFault, Advice::GoOn),
    Row(0x43, "ESME_RINVESMCLASS", FailReason::GatewayFault, Advice::GoOn),
    Row(0x44, "ESME_RCNTSUBDL", FailReason::GatewayFault, Advice::GoOn),
    Row(0x45, "ESME_RSUBMITFAIL", FailReason::GatewayFault, Advice::GoOn),
    Row(0x48, "ESME_RINVSRCTON", FailReason::GatewayFault, Advice::GoOn),
    Row(0x49, "ESME_RINVSRCNPI", FailReason::GatewayFault, Advice::GoOn),
    Row(0x50, "ESME_RINVDSTTON", FailReason::GatewayFault, Advice::GoOn),
    Row(0x51, "ESME_RINVDSTNPI", FailReason::GatewayFault, Advice::GoOn),
    Row(0x53, "ESME_RINVSYSTYP", FailReason::Credentials, Advice::LogInRefused),
    Row(0x54, "ESME_RINVREPFLAG", FailReason::GatewayFault, Advice::GoOn),
    Row(0x55, "ESME_RINVNUMMSGS", FailReason::GatewayFault, Advice::GoOn),
    Row(THROTTLED, "ESME_RTHROTTLED", FailReason::Throttled, Advice::SlowDown),
    Row(0x61, "ESME_RINVSCHED", FailReason::GatewayFault, Advice::GoOn),
    Row(0x62, "ESME_RINVEXPIRY", FailReason::GatewayFault, Advice::GoOn),
    Row(0x63, "ESME_RINVDFTMSGID", FailReason::GatewayFault, Advice::GoOn),
    Row(RECEIVER_TRY_LATER, "ESME_RX_T_APPN", FailReason::Congestion, Advice::GoOn),
    Row(RECEIVER_NEVER, "ESME_RX_P_APPN", FailReason::Refused, Advice::GoOn),
    Row(0x66, "ESME_RX_R_APPN", FailReason::Refused, Advice::GoOn),
    Row(0x67, "ESME_RQUERYFAIL", FailReason::GatewayFault, Advice::GoOn),
    Row(0xC0, "ESME_RINVOPTPARSTREAM", FailReason::GatewayFault, Advice::GoOn),
    Row(0xC1, "ESME_ROPTPARNOTALLWD", FailReason::GatewayFault, Advice::GoOn),
    Row(0xC2, "ESME_RINVPARLEN", FailReason::GatewayFault, Advice::GoOn),
    Row(0xC3, "ESME_RMISSINGOPTPARAM", FailReason::GatewayFault, Advice::GoOn),
    Row(0xC4, "ESME_RINVOPTPARAMVAL", FailReason::GatewayFault, Advice::GoOn),
    Row(0xFE, "ESME_RDELIVERYFAILURE", FailReason::Unreachable, Advice::GoOn),
    Row(0xFF, "ESME_RUNKNOWNERR", FailReason::Unspecified, Advice::GoOn),
    Row(0x100, "ESME_RSERTYPUNAUTH", FailReason::GatewayFault, Advice::GoOn),
];

/// What a status other than 0 means. A status that nobody has named is `Unspecified` with its number as code.
pub fn refusal(status: u32) -> Refusal {
    match TABLE.iter().find(|row| row.0 == status) {
        Some(Row(_, name, reason, advice)) => Refusal { reason: *reason, code: (*name).to_owned(), advice: *advice },
        None => Refusal { reason: FailReason::Unspecified, code: format!("0x{status:08X}"), advice: Advice::GoOn },
    }
}

#[cfg(test)]
mod tests {
    use schoolbell_domain::delivery::reason::Family;

    use super::*;

    #[test]
    fn statuses_stand_once_and_in_order() {
        assert!(TABLE.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }

    #[test]
    fn the_carriers_no_becomes_the_right_side() {
        let cases = [
            (0x58, FailReason::Throttled, Family::OurSide, Advice::SlowDown),
            (0x14, FailReason::Throttled, Family::OurSide, Advice::SlowDown),
            (0x0B, FailReason::BadNumber, Family::RecipientForGood, Advice::GoOn),
            (0x0E, FailReason::Credentials, Family::OurSide, Advice::LogInRefused),
            (0x0D, FailReason::Credentials, Family::OurSide, Advice::LogInRefused),
            (0x08, FailReason::GatewayFault, Family::OurSide, Advice::GoOn),
            (0x0400, FailReason::Unspecified, Family::RecipientForNow, Advice::GoOn),
        ];
        for (status, reason, family, advice) in cases {
            let no = refusal(status);
            assert_eq!((no.reason, no.reason.family(), no.advice), (reason, family, advice), "{status:#x}");
        }
        assert_eq!(refusal(0x58).code, "ESME_RTHROTTLED");
        assert_eq!(refusal(0x0400).code, "0x00000400");
    }
}
