//! Which calls may be placed now: outside the hours only what is urgent rings (LAW-15).
//!
//! The plan holds what is not urgent until the window opens. But calls take long: a broadcast over few lines, or a try
//! that is made again, can run past the hour at which it closes. So the hours are asked once more at each claim.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use schoolbell_domain::category::RULES;
use schoolbell_domain::channel::Channel;
use schoolbell_store::StoreResult;
use schoolbell_store::read::district;
use schoolbell_store::tx::Reads;

/// The priorities that may leave over this channel now, the first to leave first.
///
/// A district with schools in several zones calls while the window is open in all of them: a row does not say in which
/// of them its phone rings.
pub(super) async fn priorities_at(reads: &mut impl Reads, channel: Channel, now: Timestamp) -> StoreResult<Vec<i64>> {
    let all = super::priorities();
    let open = match channel {
        Channel::Voice => is_open(reads, now).await?,
        Channel::Sms | Channel::Email | Channel::Push => true,
    };
    let is_urgent = |priority: &i64| RULES.iter().any(|rule| rule.bypasses_window && rule.priority == *priority);
    Ok(if open { all } else { all.into_iter().filter(is_urgent).collect() })
}

async fn is_open(reads: &mut impl Reads, now: Timestamp) -> StoreResult<bool> {
    let Some(district) = district::lookup_district(reads).await? else { return Ok(true) };
    let mut zones = vec![district.time_zone];
    for name in district::school_zones(reads).await? {
        // A zone that this program does not know leaves its schools with the district's.
        zones.extend(TimeZone::get(&name));
    }
    let window = district.settings.window();
    Ok(zones.into_iter().all(|zone| window.holds(now.to_zoned(zone).time())))
}
