//! Times for families: the day in words of their language, the clock as their country writes it.

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::words::Words;

/// Tells times in the district's zone, seen from one instant.
#[derive(Debug, Clone)]
pub struct FamilyTeller {
    pub t: Words,
    pub zone: TimeZone,
    pub now: Timestamp,
}

/// "6:02 a.m."
pub fn clock(time: Time) -> String {
    let half = if time.hour() < 12 { "a.m." } else { "p.m." };
    format!("{} {half}", time.strftime("%-I:%M"))
}

impl FamilyTeller {
    /// "Today", "Yesterday", "Monday, January 11", "Monday, January 12, 2026".
    pub fn day(&self, at: Timestamp) -> String {
        let (day, today) = (self.date(at), self.date(self.now));
        if day == today {
            self.t.say("day-today")
        } else if day == today.saturating_sub(1.day()) {
            self.t.say("day-yesterday")
        } else {
            self.long(day, today)
        }
    }

    /// "6:02 a.m."
    pub fn clock(&self, at: Timestamp) -> String {
        clock(at.to_zoned(self.zone.clone()).time())
    }

    /// "Today, 6:02 a.m."
    pub fn tell(&self, at: Timestamp) -> String {
        self.t.two("day-and-clock", ("day", self.day(at)), ("clock", self.clock(at)))
    }

    /// For `datetime=`.
    pub fn machine(&self, at: Timestamp) -> String {
        at.to_zoned(self.zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
    }

    fn long(&self, day: Date, today: Date) -> String {
        let weekday = self.t.say(&format!("weekday-{}", day.weekday().to_monday_one_offset()));
        let month = self.t.say(&format!("month-{}", day.month()));
        let month = self.t.two("date-month-day", ("month", month), ("day", day.day().to_string()));
        let long = self.t.two("date-long", ("weekday", weekday), ("date", month));
        if day.year() == today.year() {
            long
        } else {
            self.t.two("date-year", ("date", long), ("year", day.year().to_string()))
        }
    }

    fn date(&self, at: Timestamp) -> Date {
        at.to_zoned(self.zone.clone()).date()
    }
}

#[cfg(test)]
mod tests {
    use schoolbell_domain::language::Language;

    use super::*;

    #[test]
    fn a_day_is_told_in_the_language_of_the_reader() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        for (language, day, words) in [
            ("en", "2027-01-13T12:00:00Z", "Today, 6:00 a.m."),
            ("es", "2027-01-13T12:00:00Z", "Hoy, 6:00 a.m."),
            ("en", "2027-01-12T20:30:00Z", "Yesterday, 2:30 p.m."),
            ("es", "2027-01-11T20:30:00Z", "Lunes, 11 de enero, 2:30 p.m."),
            ("en", "2027-01-11T20:30:00Z", "Monday, January 11, 2:30 p.m."),
            ("en", "2026-12-31T20:30:00Z", "Thursday, December 31, 2026, 2:30 p.m."),
            ("es", "2026-12-31T20:30:00Z", "Jueves, 31 de diciembre de 2026, 2:30 p.m."),
        ] {
            let zone = TimeZone::get("America/Chicago").unwrap();
            let teller = FamilyTeller { t: Words::of(&Language::of(language)), zone, now: at("2027-01-13T18:00:00Z") };
            assert_eq!(teller.tell(at(day)), words);
        }
    }
}
