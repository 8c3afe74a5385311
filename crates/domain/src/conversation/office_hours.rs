//! When staff answer texts, and since when they do not: in a closed period each thread gets one automatic answer.

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use super::outreach::week_began;
use crate::ids::{SchoolId, UserId};

/// Whose hours they are; the nearest holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    User(UserId),
    School(SchoolId),
    District,
}

/// Opening and closing time of each day from Monday on, in the school's zone; `None`: closed all day.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfficeHours {
    pub days: [Option<(Time, Time)>; 7],
}

/// The days as pages name them, Monday first.
pub const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

impl OfficeHours {
    /// The same hours from Monday to Friday.
    pub fn on_school_days(opens: Time, closes: Time) -> Self {
        let open = Some((opens, closes));
        Self { days: [open, open, open, open, open, None, None] }
    }

    /// When the closed period began that holds `now`; `None` while the office is open.
    ///
    /// It is the last closing time before `now`, so it stays the same until the office opens again. Friday 16:00 for all of
    /// Sunday. An office that is never open begins a period each Monday.
    pub fn closed_since(&self, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let local = now.to_zoned(zone.clone());
        let today = local.date();
        if self.of(today).is_some_and(|(opens, closes)| opens <= local.time() && local.time() < closes) {
            return None;
        }
        let days = (0..=7).map(|back| today.saturating_sub(back.days()));
        let last = days.filter_map(|day| self.closing(day, zone)).find(|closed| *closed <= now);
        Some(last.unwrap_or_else(|| week_began(now, zone)))
    }

    /// Everything wrong with the hours, one sentence each.
    pub fn problems(&self) -> Vec<String> {
        let wrong = |(day, hours): (&&str, &Option<(Time, Time)>)| {
            hours.filter(|(opens, closes)| opens >= closes).map(|_| {
                format!(
                    "on {day} the office closes before it opens; write for example 08:00 to 16:00, or leave both empty"
                )
            })
        };
        DAYS.iter().zip(&self.days).filter_map(wrong).collect()
    }

    fn of(&self, day: Date) -> Option<(Time, Time)> {
        let at = usize::try_from(day.weekday().to_monday_zero_offset()).unwrap_or(0);
        self.days.get(at).copied().flatten()
    }

    fn closing(&self, day: Date, zone: &TimeZone) -> Option<Timestamp> {
        let (_, closes) = self.of(day)?;
        // jiff knows every civil time of a loaded zone; an error is a date past the year 9999.
        zone.to_ambiguous_timestamp(day.to_datetime(closes)).compatible().into_iter().next()
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn eight_to_four() -> OfficeHours {
        OfficeHours::on_school_days(Time::constant(8, 0, 0, 0), Time::constant(16, 0, 0, 0))
    }

    fn chicago() -> TimeZone {
        TimeZone::get("America/Chicago").unwrap()
    }

    #[test]
    fn the_closed_period_begins_when_the_office_last_closed() {
        for (now, since) in [
            ("2027-01-13T12:00:00-06:00", None),
            ("2027-01-13T16:00:00-06:00", Some("2027-01-13T16:00:00-06:00")),
            ("2027-01-14T07:59:59-06:00", Some("2027-01-13T16:00:00-06:00")),
            ("2027-01-14T08:00:00-06:00", None),
            // Sunday: since Friday.
            ("2027-01-17T12:00:00-06:00", Some("2027-01-15T16:00:00-06:00")),
        ] {
            assert_eq!(eight_to_four().closed_since(at(now), &chicago()), since.map(at), "{now}");
        }
        let never = OfficeHours::default();
        assert_eq!(
            never.closed_since(at("2027-01-13T12:00:00-06:00"), &chicago()),
            Some(at("2027-01-11T00:00:00-06:00"))
        );
    }

    #[test]
    fn hours_that_end_before_they_begin_are_told_with_their_day() {
        let mut hours = eight_to_four();
        hours.days[2] = Some((Time::constant(16, 0, 0, 0), Time::constant(8, 0, 0, 0)));
        assert_eq!(hours.problems().len(), 1);
        assert!(hours.problems()[0].contains("Wednesday"), "{:?}", hours.problems());
        assert_eq!(eight_to_four().problems(), Vec::<String>::new());
    }

    proptest! {
        // Also over the days on which the clocks change.
        #[test]
        fn from_one_closing_to_the_next_opening_it_is_one_period(second in 1_767_000_000_i64..1_830_000_000) {
            let now = Timestamp::from_second(second).unwrap();
            if let Some(since) = eight_to_four().closed_since(now, &chicago()) {
                prop_assert!(since <= now && now.duration_since(since) <= SignedDuration::from_hours(65));
                prop_assert_eq!(eight_to_four().closed_since(since, &chicago()), Some(since));
                prop_assert_eq!(since.to_zoned(chicago()).time(), Time::constant(16, 0, 0, 0));
            }
        }
    }
}
