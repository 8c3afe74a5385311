//! Twilio's error codes as reasons of ours.
//!
//! Source: <https://www.twilio.com/docs/api/errors>. What is not listed is a fault of the gateway: nothing is known of the
//! number, so nothing is held against it.

use schoolbell_domain::delivery::reason::FailReason;

struct Row(i64, FailReason);

const TABLE: [Row; 61] = [
    Row(14107, FailReason::Throttled),
    Row(20003, FailReason::Credentials),
    Row(20005, FailReason::Credentials),
    Row(20008, FailReason::Credentials),
    Row(20404, FailReason::GatewayFault),
    Row(20429, FailReason::Throttled),
    Row(20500, FailReason::GatewayFault),
    Row(20503, FailReason::GatewayAway),
    // The number in `To`.
    Row(21211, FailReason::BadNumber),
    Row(21217, FailReason::BadNumber),
    Row(21401, FailReason::GatewayFault),
    Row(21421, FailReason::BadNumber),
    Row(21604, FailReason::GatewayFault),
    Row(21614, FailReason::BadNumber),
    Row(21214, FailReason::Refused),
    Row(21612, FailReason::Refused),
    // Nothing is wrong with it: the account may not send there.
    Row(21219, FailReason::GatewayFault),
    Row(21408, FailReason::GatewayFault),
    Row(21608, FailReason::GatewayFault),
    // The number in `From`, the callback.
    Row(21212, FailReason::GatewayFault),
    Row(21603, FailReason::GatewayFault),
    Row(21606, FailReason::GatewayFault),
    Row(21607, FailReason::GatewayFault),
    Row(21609, FailReason::GatewayFault),
    Row(21618, FailReason::ContentRefused),
    Row(21703, FailReason::GatewayFault),
    // The network answered STOP for the number (LAW-23).
    Row(21610, FailReason::OptedOutAtCarrier),
    Row(21611, FailReason::Throttled),
    // The text.
    Row(21602, FailReason::ContentRefused),
    Row(21605, FailReason::ContentRefused),
    Row(21617, FailReason::ContentRefused),
    Row(21619, FailReason::ContentRefused),
    Row(21620, FailReason::ContentRefused),
    // What the network says later.
    Row(30001, FailReason::Throttled),
    Row(30002, FailReason::Credentials),
    Row(30003, FailReason::Unreachable),
    Row(30004, FailReason::Refused),
    Row(30005, FailReason::BadNumber),
    Row(30006, FailReason::BadNumber),
    Row(30007, FailReason::ContentRefused),
    Row(30008, FailReason::Unspecified),
    Row(30009, FailReason::Unspecified),
    Row(30010, FailReason::NoCredit),
    Row(30011, FailReason::ContentRefused),
    Row(30017, FailReason::Congestion),
    Row(30018, FailReason::GatewayFault),
    Row(30019, FailReason::ContentRefused),
    Row(30022, FailReason::Throttled),
    Row(30023, FailReason::Throttled),
    Row(30024, FailReason::GatewayFault),
    Row(30027, FailReason::Throttled),
    Row(30032, FailReason::GatewayFault),
    Row(30034, FailReason::GatewayFault),
    Row(30035, FailReason::GatewayFault),
    Row(30036, FailReason::ExpiredAtCarrier),
    Row(30039, FailReason::ContentRefused),
    Row(30410, FailReason::Congestion),
    Row(30450, FailReason::Refused),
    Row(30453, FailReason::Unspecified),
    Row(63038, FailReason::Throttled),
    Row(90010, FailReason::Credentials),
];

/// The reason of a code; `None` for one that the table does not list.
pub fn reason_of_code(code: i64) -> Option<FailReason> {
    TABLE.iter().find(|row| row.0 == code).map(|row| row.1)
}

/// The reason of an HTTP status alone, where the body says nothing more.
pub const fn reason_of_status(status: u16) -> FailReason {
    match status {
        401 | 403 => FailReason::Credentials,
        402 => FailReason::NoCredit,
        429 => FailReason::Throttled,
        503 => FailReason::GatewayAway,
        _ => FailReason::GatewayFault,
    }
}

#[cfg(test)]
mod tests {
    use schoolbell_domain::delivery::reason::Family;

    use super::*;

    #[test]
    fn no_code_stands_twice_and_only_the_number_itself_is_held_against_it() {
        let mut codes: Vec<i64> = TABLE.iter().map(|row| row.0).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), TABLE.len());
        for Row(code, reason) in TABLE {
            let about_sender = [21212, 21408, 21603, 21606, 21608, 30034].contains(&code);
            assert!(!about_sender || reason.family() == Family::OurSide, "{code}");
        }
        assert_eq!(reason_of_code(21610), Some(FailReason::OptedOutAtCarrier), "LAW-23");
        assert_eq!(reason_of_code(1), None);
    }
}
