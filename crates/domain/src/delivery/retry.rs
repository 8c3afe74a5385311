//! When a temporary failure is tried again.

use jiff::{SignedDuration, Timestamp};

use super::reason::{FailReason, Family};
use crate::channel::Channel;

/// The instant of the next try after `attempts` tries, or `None` when it has been tried often enough.
///
/// Our own side (carrier away, throttled): 5 s, 10 s, 20 s … at most 5 min, until expiry. The recipient's side by
/// text and mail: 1, 5, 15, 60 min, then every 2 h, at most 12 tries. Calls: 10 min apart, at most 4 tries.
pub fn next_try(channel: Channel, reason: FailReason, attempts: u32, now: Timestamp) -> Option<Timestamp> {
    let wait = match reason.family() {
        Family::OurSide => doubling(attempts),
        Family::RecipientForNow => match channel {
            Channel::Voice => (attempts < 4).then_some(SignedDuration::from_mins(10))?,
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

fn stepped(attempts: u32) -> SignedDuration {
    SignedDuration::from_mins(match attempts {
        0 | 1 => 1,
        2 => 5,
        3 => 15,
        4 => 60,
        _ => 120,
    })
}
