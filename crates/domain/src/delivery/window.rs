//! The hours in which a message that is not urgent may leave (LAW-15).

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// Opening and closing time of a day, in the called party's zone. `opens` before `closes`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SendWindow {
    pub opens: Time,
    pub closes: Time,
}

impl SendWindow {
    /// The hours of both; `None` if they have none in common.
    #[must_use]
    pub fn within(self, other: Self) -> Option<Self> {
        let both = Self { opens: self.opens.max(other.opens), closes: self.closes.min(other.closes) };
        (both.opens < both.closes).then_some(both)
    }

    /// From `opens`, included, to `closes`, excluded.
    pub fn holds(self, time: Time) -> bool {
        self.opens <= time && time < self.closes
    }
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
/// length of the gap; where the gap swallows the whole window, that day has none. Saturday 21:30 in Chicago is Sunday
/// 8:00.
///
/// Source: 47 CFR 64.1200(c)(1), 8 a.m. to 9 p.m. at the called party's location, taken as our default (LAW-15).
/// Rule page: `docs/src/rules/quiet-hours.md`.
pub fn next_allowed(now: Timestamp, zone: &TimeZone, window: SendWindow) -> Timestamp {
    let today = now.to_zoned(zone.clone());
    if window.holds(today.time()) {
        return now;
    }
    let first = if today.time() < window.closes { today.date() } else { today.date().saturating_add(1.day()) };
    (0..7).map(|days| first.saturating_add(days.days())).find_map(|day| opening(day, zone, window)).unwrap_or(now)
}

/// When the window of a day opens, if it does on that day.
fn opening(day: Date, zone: &TimeZone, window: SendWindow) -> Option<Timestamp> {
    // jiff knows every civil time of a loaded zone; an error is a date past the year 9999.
    let opens = zone.to_ambiguous_timestamp(day.to_datetime(window.opens)).compatible();
    opens.into_iter().find(|opens| window.holds(opens.to_zoned(zone.clone()).time()))
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use proptest::prelude::*;

    use super::*;

    const ZONES: [&str; 9] = [
        "America/New_York",
        "America/Chicago",
        "America/Denver",
        "America/Phoenix",
        "America/Los_Angeles",
        "America/Anchorage",
        "Pacific/Honolulu",
        "America/Puerto_Rico",
        "Australia/Lord_Howe",
    ];

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).unwrap()
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn window(opens: (i8, i8), closes: (i8, i8)) -> SendWindow {
        SendWindow { opens: Time::constant(opens.0, opens.1, 0, 0), closes: Time::constant(closes.0, closes.1, 0, 0) }
    }

    #[test]
    fn law_15_the_worked_examples_of_the_rule_page() {
        let usual = SendWindow::default();
        for (place, now, leaves) in [
            ("America/Chicago", "2026-01-14T12:00:00-06:00", "2026-01-14T12:00:00-06:00"),
            ("America/Chicago", "2026-01-14T05:30:00-06:00", "2026-01-14T08:00:00-06:00"),
            ("America/Chicago", "2026-01-14T20:59:59-06:00", "2026-01-14T20:59:59-06:00"),
            ("America/Chicago", "2026-01-14T21:00:00-06:00", "2026-01-15T08:00:00-06:00"),
            // One instant in two zones: past nine in Chicago, past eight in Denver.
            ("America/Denver", "2026-01-14T21:30:00-06:00", "2026-01-14T20:30:00-07:00"),
            // Arizona keeps no summer time, the Navajo Nation inside it does.
            ("America/Phoenix", "2026-07-01T07:30:00-07:00", "2026-07-01T08:00:00-07:00"),
            // The night the clocks go forward and the night they go back.
            ("America/Chicago", "2026-03-07T22:00:00-06:00", "2026-03-08T08:00:00-05:00"),
            ("America/Chicago", "2026-10-31T22:00:00-05:00", "2026-11-01T08:00:00-06:00"),
        ] {
            assert_eq!(next_allowed(at(now), &zone(place), usual), at(leaves), "{place} {now}");
        }
    }

    #[test]
    fn an_opening_that_the_clock_change_skips_moves_by_the_gap_or_to_the_next_day() {
        let chicago = zone("America/Chicago");
        let night = at("2026-03-08T00:30:00-06:00");
        // 2:30 does not exist on that day.
        assert_eq!(next_allowed(night, &chicago, window((2, 30), (21, 0))), at("2026-03-08T03:30:00-05:00"));
        assert_eq!(next_allowed(night, &chicago, window((2, 15), (2, 45))), at("2026-03-09T02:15:00-05:00"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn next_allowed_is_never_early_always_inside_and_no_later_than_needed(
            second in 1_577_836_800..1_893_456_000_i64,
            place in prop::sample::select(&ZONES[..]),
            opens in 0..1380_i16,
            width in 30..1439_i16,
        ) {
            let closes = (opens + width).min(1439);
            let minute = |minute: i16| Time::midnight().wrapping_add(SignedDuration::from_mins(i64::from(minute)));
            let window = SendWindow { opens: minute(opens), closes: minute(closes) };
            let (now, zone) = (Timestamp::from_second(second).unwrap(), zone(place));
            let leaves = next_allowed(now, &zone, window);
            let local = |at: Timestamp| at.to_zoned(zone.clone()).time();
            prop_assert!(now <= leaves);
            prop_assert!(window.holds(local(leaves)), "{} not in {window:?}", local(leaves));
            // Nothing in between would have been allowed, but for the hour that comes twice.
            prop_assert!(leaves == now || leaves.duration_since(now) <= SignedDuration::from_hours(49));
            let mut between = now;
            while between < leaves {
                prop_assert!(!window.holds(local(between)) || leaves.duration_since(between) <= SignedDuration::from_mins(61), "{between} {leaves}");
                between += SignedDuration::from_mins(17);
            }
            prop_assert_eq!(next_allowed(leaves, &zone, window), leaves);
        }
    }
}
