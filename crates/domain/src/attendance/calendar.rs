//! The bell calendar of a school: which days it is open, from when to when, and whether an instant is in school hours (A50).

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

/// A day that is not as its weekday says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum SpecialDay {
    /// No school.
    Holiday { name: String },
    /// School ends early.
    HalfDay { name: String, closes: Time },
}

/// A bell: a period and its times.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bell {
    pub period: String,
    pub begins: Time,
    pub ends: Time,
}

/// When a school is open. What it does not name is as on ordinary days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BellCalendar {
    pub opens: Time,
    pub closes: Time,
    /// The school year; `None`: no bound.
    pub first_day: Option<Date>,
    pub last_day: Option<Date>,
    pub days: BTreeMap<Date, SpecialDay>,
    pub bells: Vec<Bell>,
}

impl Default for BellCalendar {
    /// Monday to Friday, 8:00 to 15:30.
    fn default() -> Self {
        Self {
            opens: Time::constant(8, 0, 0, 0),
            closes: Time::constant(15, 30, 0, 0),
            first_day: None,
            last_day: None,
            days: BTreeMap::new(),
            bells: Vec::new(),
        }
    }
}

/// What a day is for a school.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SchoolDay<'a> {
    Open {
        opens: Time,
        closes: Time,
        /// The name of the half day.
        half: Option<&'a str>,
    },
    Closed {
        /// `weekend`, `summer`, or the holiday's name.
        why: &'a str,
    },
}

impl SchoolDay<'_> {
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Open { .. })
    }
}

impl BellCalendar {
    /// What this day is. A half day on a weekend is school: somebody wrote it down.
    pub fn day(&self, date: Date) -> SchoolDay<'_> {
        match self.days.get(&date) {
            Some(SpecialDay::Holiday { name }) => return SchoolDay::Closed { why: name },
            Some(SpecialDay::HalfDay { name, closes }) => {
                return SchoolDay::Open { opens: self.opens, closes: *closes, half: Some(name) };
            }
            None => {}
        }
        let before = self.first_day.is_some_and(|first| date < first);
        if before || self.last_day.is_some_and(|last| date > last) {
            return SchoolDay::Closed { why: "outside the school year" };
        }
        match date.weekday() {
            Weekday::Saturday | Weekday::Sunday => SchoolDay::Closed { why: "weekend" },
            Weekday::Monday | Weekday::Tuesday | Weekday::Wednesday | Weekday::Thursday | Weekday::Friday => {
                SchoolDay::Open { opens: self.opens, closes: self.closes, half: None }
            }
        }
    }

    /// Whether school is on at this instant, in the school's zone (A50).
    pub fn is_in_hours(&self, at: Timestamp, zone: &TimeZone) -> bool {
        let local = at.to_zoned(zone.clone());
        match self.day(local.date()) {
            SchoolDay::Open { opens, closes, .. } => opens <= local.time() && local.time() < closes,
            SchoolDay::Closed { .. } => false,
        }
    }

    /// Everything wrong with it, one sentence each, with the field that it is about.
    pub fn problems(&self) -> Vec<(&'static str, String)> {
        let mut problems = Vec::new();
        if self.opens >= self.closes {
            problems.push(("closes", "school ends before it begins; write for example 08:00 to 15:30".to_owned()));
        }
        if let (Some(first), Some(last)) = (self.first_day, self.last_day)
            && first > last
        {
            problems.push(("last_day", format!("the school year ends on {last}, before it begins on {first}")));
        }
        for (date, day) in &self.days {
            if let SpecialDay::HalfDay { closes, .. } = day
                && *closes <= self.opens
            {
                problems.push(("days", format!("{date} would end at {closes}, before school begins")));
            }
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::{date, time};

    use super::*;

    fn calendar() -> BellCalendar {
        let mut calendar = BellCalendar { first_day: Some(date(2026, 8, 12)), ..BellCalendar::default() };
        calendar.days.insert(date(2026, 11, 26), SpecialDay::Holiday { name: "Thanksgiving".to_owned() });
        calendar.days.insert(
            date(2026, 12, 18),
            SpecialDay::HalfDay { name: "Early release".to_owned(), closes: time(12, 0, 0, 0) },
        );
        calendar
    }

    #[test]
    fn a50_in_hours_is_computed_from_weekdays_holidays_half_days_and_the_school_s_zone() {
        let zone = TimeZone::get("America/Chicago").unwrap();
        for (at, in_hours) in [
            ("2026-11-25T10:00:00-06:00", true),
            ("2026-11-25T07:59:00-06:00", false),
            ("2026-11-25T15:30:00-06:00", false),
            ("2026-11-26T10:00:00-06:00", false),
            ("2026-11-28T10:00:00-06:00", false),
            ("2026-12-18T11:00:00-06:00", true),
            ("2026-12-18T13:00:00-06:00", false),
            ("2026-08-11T10:00:00-05:00", false),
            // Ten in Chicago, whatever the server's zone is.
            ("2026-11-25T16:00:00Z", true),
        ] {
            assert_eq!(calendar().is_in_hours(at.parse().unwrap(), &zone), in_hours, "{at}");
        }
    }

    #[test]
    fn a_calendar_reads_back_and_tells_its_problems() {
        let text = serde_json::to_string(&calendar()).unwrap();
        assert_eq!(serde_json::from_str::<BellCalendar>(&text).unwrap(), calendar());
        let wrong = BellCalendar { closes: time(7, 0, 0, 0), last_day: Some(date(2026, 1, 1)), ..calendar() };
        let fields: Vec<_> = wrong.problems().into_iter().map(|(field, _)| field).collect();
        assert_eq!(fields, ["closes", "last_day"]);
    }
}
