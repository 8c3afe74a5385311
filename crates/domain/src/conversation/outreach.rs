//! How long ago somebody was last reached: days since a call, who was not contacted this week (B13, B20).

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// Whole days by the calendar of the zone: yesterday evening is one day ago this morning. `None`: never.
pub fn days_since(last: Option<Timestamp>, now: Timestamp, zone: &TimeZone) -> Option<i32> {
    let day = |at: Timestamp| at.to_zoned(zone.clone()).date();
    last.map(|last| (day(now) - day(last)).get_days().max(0))
}

/// Monday, midnight, of the week that holds `now`.
pub fn week_began(now: Timestamp, zone: &TimeZone) -> Timestamp {
    let today = now.to_zoned(zone.clone()).date();
    let monday = today.saturating_sub(i64::from(today.weekday().to_monday_zero_offset()).days());
    // jiff knows every civil day of a loaded zone; an error is a date past the year 9999.
    monday.to_zoned(zone.clone()).map_or(now, |midnight| midnight.timestamp())
}

/// Whether this week has seen any contact (B20).
pub fn is_contacted_this_week(last: Option<Timestamp>, now: Timestamp, zone: &TimeZone) -> bool {
    last.is_some_and(|last| last >= week_began(now, zone))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn b13_days_are_those_of_the_schools_calendar() {
        let chicago = TimeZone::get("America/Chicago").unwrap();
        let now = at("2027-01-13T08:00:00-06:00");
        for (last, days) in [
            ("2027-01-13T07:00:00-06:00", 0),
            ("2027-01-12T23:30:00-06:00", 1),
            ("2027-01-01T12:00:00-06:00", 12),
            ("2027-01-13T09:00:00-06:00", 0),
        ] {
            assert_eq!(days_since(Some(at(last)), now, &chicago), Some(days), "{last}");
        }
        assert_eq!(days_since(None, now, &chicago), None);
    }

    #[test]
    fn b20_a_week_begins_on_monday_also_where_the_clocks_change() {
        let chicago = TimeZone::get("America/Chicago").unwrap();
        // Wednesday; and the Sunday on which the clocks go forward.
        assert_eq!(week_began(at("2027-01-13T08:00:00-06:00"), &chicago), at("2027-01-11T00:00:00-06:00"));
        assert_eq!(week_began(at("2027-03-14T23:00:00-05:00"), &chicago), at("2027-03-08T00:00:00-06:00"));
        let monday = at("2027-01-11T00:00:00-06:00");
        assert!(is_contacted_this_week(Some(monday), monday, &chicago));
        assert!(!is_contacted_this_week(Some(at("2027-01-10T23:59:59-06:00")), monday, &chicago));
        assert!(!is_contacted_this_week(None, monday, &chicago));
    }
}
