//! A trunk's final "no" to a call as a reason of ours.
//!
//! Sources: RFC 3261, 21 (status codes); RFC 3398, 8.2.6.1 (how a telephone network's cause becomes a status code);
//! ITU-T Q.850, table 1 (causes), which a trunk may name in a `Reason` header (RFC 3326) and which then says more.

use schoolbell_domain::delivery::reason::FailReason;

/// How a call ended that nobody answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    pub reason: FailReason,
    /// For the attempt's record: `486 Busy Here` or `480 Temporarily Unavailable (Q.850 cause 19)`.
    pub code: String,
}

/// What a final answer of 300 and above means. `reasons`: the values of its `Reason` headers.
pub fn end_of(status: u16, phrase: &str, reasons: &[String]) -> End {
    let cause = reasons.iter().find_map(|reason| q850_cause(reason));
    let told = cause.and_then(of_cause);
    let reason = told.unwrap_or_else(|| of_status(status));
    let code = match cause {
        Some(cause) => format!("{status} {phrase} (Q.850 cause {cause})"),
        None => format!("{status} {phrase}"),
    };
    End { reason, code }
}

const fn of_status(status: u16) -> FailReason {
    match status {
        401 | 407 => FailReason::Credentials,
        402 => FailReason::NoCredit,
        404 | 410 | 414 | 416 | 484 | 485 | 604 => FailReason::BadNumber,
        408 | 480 | 487 => FailReason::NoAnswer,
        429 => FailReason::Throttled,
        486 | 600 => FailReason::Busy,
        603 | 607 | 608 => FailReason::Declined,
        500 | 502 | 503 | 504 | 580 => FailReason::Congestion,
        // 403, 405, 488, 606 and what nobody knows: the trunk is set up otherwise than the carrier wants it.
        _ => FailReason::GatewayFault,
    }
}

/// `None` where the cause says no more than the status code.
const fn of_cause(cause: u16) -> Option<FailReason> {
    Some(match cause {
        1 | 22 | 28 => FailReason::BadNumber,
        17 => FailReason::Busy,
        18 | 19 => FailReason::NoAnswer,
        20 | 27 => FailReason::Unreachable,
        21 => FailReason::Declined,
        34 | 38 | 41 | 42 | 44 | 47 => FailReason::Congestion,
        _ => return None,
    })
}

/// `Q.850;cause=17;text="User busy"`.
fn q850_cause(reason: &str) -> Option<u16> {
    let mut parts = reason.split(';').map(str::trim);
    if !parts.next()?.eq_ignore_ascii_case("q.850") {
        return None;
    }
    parts.find_map(|part| {
        let (name, value) = part.split_once('=')?;
        name.trim().eq_ignore_ascii_case("cause").then(|| value.trim().parse().ok()).flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_codes_become_reasons() {
        let cases = [
            (486, FailReason::Busy),
            (600, FailReason::Busy),
            (480, FailReason::NoAnswer),
            (408, FailReason::NoAnswer),
            (487, FailReason::NoAnswer),
            (603, FailReason::Declined),
            (404, FailReason::BadNumber),
            (604, FailReason::BadNumber),
            (484, FailReason::BadNumber),
            (410, FailReason::BadNumber),
            (503, FailReason::Congestion),
            (500, FailReason::Congestion),
            (407, FailReason::Credentials),
            (402, FailReason::NoCredit),
            (403, FailReason::GatewayFault),
            (799, FailReason::GatewayFault),
        ];
        for (status, reason) in cases {
            assert_eq!(end_of(status, "No", &[]).reason, reason, "{status}");
        }
    }

    #[test]
    fn a_telephone_networks_cause_says_more_than_the_status() {
        let cases = [
            (503, "Q.850;cause=17;text=\"User busy\"", FailReason::Busy),
            (480, "q.850 ; cause = 1", FailReason::BadNumber),
            (480, "Q.850;cause=20", FailReason::Unreachable),
            (500, "Q.850;cause=34", FailReason::Congestion),
            // Normal clearing says nothing; the status stands.
            (486, "Q.850;cause=16", FailReason::Busy),
            (486, "SIP;cause=200", FailReason::Busy),
            (486, "Q.850;cause=many", FailReason::Busy),
        ];
        for (status, header, reason) in cases {
            assert_eq!(end_of(status, "No", &[header.to_owned()]).reason, reason, "{status} {header}");
        }
        let said = end_of(480, "Temporarily Unavailable", &["SIP;cause=1".to_owned(), "Q.850;cause=19".to_owned()]);
        assert_eq!(said.code, "480 Temporarily Unavailable (Q.850 cause 19)");
    }
}
