//! When a temporary failure is tried again.

use jiff::{SignedDuration, Timestamp};

use super::reason::{FailReason, Family};
use crate::channel::Channel;

/// The instant of the next try after `attempts` tries, or `None` when it has been tried often enough.
///
/// Our own side (carrier away, throttled): 5 s, 10 s, 20 s … at most 5 min, until expiry. The recipient's side by
/// text and mail: 1, 5, 15, 60 min, then every 2 h, at most 12 tries. Calls, at most 4 tries: a busy line
/// after 2, 5 and 10 min, a declined one after 30, 60 and 120, everything else after 10, 20 and 40.
pub fn next_try(channel: Channel, reason: FailReason, attempts: u32, now: Timestamp) -> Option<Timestamp> {
    let wait = match reason.family() {
        Family::OurSide => doubling(attempts),
        Family::RecipientForNow => match channel {
            Channel::Voice => (attempts < 4).then_some(called_again(reason, attempts))?,
            Channel::Sms | Channel::Email | Channel::Push => (attempts < 12).then_some(stepped(attempts))?,
        },
        Family::RecipientForGood => return None,
    };
    now.checked_add(wait).ok()
}

fn doubling(attempts: u32) -> SignedDuration {
    let seconds = 5_i64.saturating_mul(1 << attempts.saturating_sub(1).min(6));
    SignedDuration::from_secs(seconds.min(300))
}

/// Whoever talks hangs up soon; whoever is out is out for longer; whoever declined does not want to be rung at once.
fn called_again(reason: FailReason, attempts: u32) -> SignedDuration {
    let [first, second, third] = if reason == FailReason::Busy {
        [2, 5, 10]
    } else if reason == FailReason::Declined {
        [30, 60, 120]
    } else {
        [10, 20, 40]
    };
    SignedDuration::from_mins(match attempts {
        0 | 1 => first,
        2 => second,
        _ => third,
    })
}

fn stepped(attempts: u32) -> SignedDuration {
    SignedDuration::from_mins(match attempts {
        0 | 1 => 1,
        2 => 5,
        3 => 15,
        4 => 60,
        _ => 120,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waits(channel: Channel, reason: FailReason, tries: u32) -> Vec<i64> {
        let now = Timestamp::UNIX_EPOCH;
        (1..=tries).map_while(|attempts| next_try(channel, reason, attempts, now)).map(Timestamp::as_second).collect()
    }

    #[test]
    fn our_own_side_is_tried_again_after_5_s_10_s_20_s_and_at_most_5_min_for_ever() {
        let seconds = waits(Channel::Sms, FailReason::GatewayAway, 9);
        assert_eq!(seconds, [5, 10, 20, 40, 80, 160, 300, 300, 300]);
        assert_eq!(waits(Channel::Voice, FailReason::Throttled, 5000).len(), 5000);
        assert!(next_try(Channel::Email, FailReason::NoCredit, u32::MAX, Timestamp::UNIX_EPOCH).is_some());
    }

    #[test]
    fn the_recipients_side_is_tried_again_by_text_and_mail_12_times_and_by_call_4_times() {
        let minutes = |seconds: Vec<i64>| seconds.into_iter().map(|second| second / 60).collect::<Vec<_>>();
        let text = minutes(waits(Channel::Sms, FailReason::Unreachable, 20));
        assert_eq!(text, [1, 5, 15, 60, 120, 120, 120, 120, 120, 120, 120]);
        assert_eq!(minutes(waits(Channel::Voice, FailReason::Busy, 20)), [2, 5, 10]);
        assert_eq!(minutes(waits(Channel::Voice, FailReason::NoAnswer, 20)), [10, 20, 40]);
        assert_eq!(minutes(waits(Channel::Voice, FailReason::Declined, 20)), [30, 60, 120]);
    }

    #[test]
    fn a_dead_address_is_never_tried_again() {
        for reason in FailReason::ALL.into_iter().filter(|reason| reason.family() == Family::RecipientForGood) {
            for channel in Channel::ALL {
                assert_eq!(next_try(channel, reason, 1, Timestamp::UNIX_EPOCH), None, "{reason:?}");
            }
        }
    }
}
