//! The hours in which a message that is not urgent may leave (LAW-15).

use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// Opening and closing time of a day, in the called party's zone. `opens` before `closes`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SendWindow {
    pub opens: Time,
    pub closes: Time,
}

impl Default for SendWindow {
    /// 8:00 to 21:00.
    fn default() -> Self {
        Self { opens: Time::constant(8, 0, 0, 0), closes: Time::constant(21, 0, 0, 0) }
    }
}

/// First instant at or after `now` at which a message that is not urgent may leave.
///
/// `zone` is the school's zone, not the server's. An opening time that a clock change skips moves forward by the
/// length of the gap.
///
/// Source: 47 CFR 64.1200(c)(1), 8 a.m. to 9 p.m. at the called party's location, taken as our default (LAW-15).
pub fn next_allowed(now: Timestamp, zone: &TimeZone, window: SendWindow) -> Timestamp {
    let local = now.to_zoned(zone.clone());
    let day = if local.time() < window.closes { local.date() } else { local.date().saturating_add(1.day()) };
    zone.to_ambiguous_timestamp(day.to_datetime(window.opens)).compatible().map_or(now, |opens| opens.max(now))
}
