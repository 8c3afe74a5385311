//! Times as people say them: local to the school, in words where near, exact beside it.

use std::fmt;

use askama::filters::HtmlSafe;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, Zoned};

/// Tells times in one zone, seen from one instant.
#[derive(Debug, Clone)]
pub struct Teller {
    zone: TimeZone,
    now: Timestamp,
}

/// A `<time>` element. Every part of it is made by us, so it is safe in a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeElement {
    machine: String,
    exact: String,
    pub words: String,
}

impl fmt::Display for TimeElement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<time datetime=\"{}\" title=\"{}\">{}</time>", self.machine, self.exact, self.words)
    }
}

impl HtmlSafe for TimeElement {}

impl Teller {
    pub fn new(zone: TimeZone, now: Timestamp) -> Self {
        Self { zone, now }
    }

    /// "6:02 a.m., 3 minutes ago", "yesterday, 6:02 a.m.", "Mar 3, 6:02 a.m.", "Mar 3, 2024, 6:02 a.m.".
    pub fn tell(&self, at: Timestamp) -> TimeElement {
        let there = at.to_zoned(self.zone.clone());
        let here = self.now.to_zoned(self.zone.clone());
        let clock = clock_words(&there);
        let words = match (here.date() - there.date()).get_days() {
            0 => match self.near(at) {
                Some(near) => format!("{clock}, {near}"),
                None => format!("{clock} today"),
            },
            1 => format!("yesterday, {clock}"),
            -1 => format!("tomorrow, {clock}"),
            _ if here.year() == there.year() => format!("{}, {clock}", there.strftime("%b %-d")),
            _ => format!("{}, {clock}", there.strftime("%b %-d, %Y")),
        };
        Self::element(&there, words)
    }

    /// Date and time as a person writes them in a form: `2026-03-02T06:30`.
    pub fn for_input(&self, at: Timestamp) -> String {
        at.to_zoned(self.zone.clone()).strftime("%Y-%m-%dT%H:%M").to_string()
    }

    /// The instant of a form's date and time in this zone; `None` if it is not one.
    pub fn read_input(&self, text: &str) -> Option<Timestamp> {
        let civil: jiff::civil::DateTime = text.trim().parse().ok()?;
        self.zone.to_ambiguous_timestamp(civil).compatible().ok()
    }

    /// The zone's short name now: "CST".
    pub fn zone_words(&self) -> String {
        self.now.to_zoned(self.zone.clone()).strftime("%Z").to_string()
    }

    /// "today", "tomorrow" or a date, with the hour: for a sentence about a plan.
    pub fn plan(&self, at: Timestamp) -> String {
        let there = at.to_zoned(self.zone.clone());
        let here = self.now.to_zoned(self.zone.clone());
        let clock = clock_words(&there);
        match (there.date() - here.date()).get_days() {
            0 => format!("today at {clock}"),
            1 => format!("tomorrow at {clock}"),
            _ => format!("{} at {clock}", there.strftime("%A, %b %-d")),
        }
    }

    fn element(there: &Zoned, words: String) -> TimeElement {
        TimeElement {
            machine: there.timestamp().to_string(),
            exact: there.strftime("%A, %B %-d, %Y, %H:%M:%S %Z").to_string(),
            words,
        }
    }

    /// Within the hour, in words.
    fn near(&self, at: Timestamp) -> Option<String> {
        let ago = self.now.duration_since(at);
        let minutes = ago.abs().as_secs() / 60;
        match (ago.is_negative(), minutes) {
            (_, 60..) => None,
            (false, 0) => Some("just now".to_owned()),
            (true, 0) => Some("in less than a minute".to_owned()),
            (false, n) => Some(format!("{} ago", counted(n.unsigned_abs(), "minute", "minutes"))),
            (true, n) => Some(format!("in {}", counted(n.unsigned_abs(), "minute", "minutes"))),
        }
    }
}

fn clock_words(there: &Zoned) -> String {
    let half = if there.hour() < 12 { "a.m." } else { "p.m." };
    format!("{} {half}", there.strftime("%-I:%M"))
}

/// "about 9 minutes", "40 seconds", "about 2 hours": how long something takes.
pub fn lasting(span: SignedDuration) -> String {
    let seconds = span.as_secs().max(1).unsigned_abs();
    match seconds {
        ..100 => counted(seconds, "second", "seconds"),
        100..5_400 => format!("about {}", counted(seconds.div_ceil(60), "minute", "minutes")),
        _ => format!("about {}", counted((seconds + 1_800) / 3_600, "hour", "hours")),
    }
}

/// `1 home`, `2,412 homes`.
pub fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(count), if count == 1 { one } else { many })
}

/// `1234567` as `1,234,567`.
pub fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_time_is_told_as_a_person_would() {
        let teller = Teller::new(TimeZone::get("America/Chicago").unwrap(), at("2026-03-02T12:05:00Z"));
        for (instant, words) in [
            ("2026-03-02T12:02:00Z", "6:02 a.m., 3 minutes ago"),
            ("2026-03-02T12:05:00Z", "6:05 a.m., just now"),
            ("2026-03-02T12:06:00Z", "6:06 a.m., in 1 minute"),
            ("2026-03-02T20:00:00Z", "2:00 p.m. today"),
            ("2026-03-01T12:02:00Z", "yesterday, 6:02 a.m."),
            ("2026-03-03T06:30:00Z", "tomorrow, 12:30 a.m."),
            ("2026-01-09T18:00:00Z", "Jan 9, 12:00 p.m."),
            ("2024-01-09T18:00:00Z", "Jan 9, 2024, 12:00 p.m."),
        ] {
            assert_eq!(teller.tell(at(instant)).words, words, "{instant}");
        }
    }

    #[test]
    fn a_form_time_is_read_in_the_districts_zone_and_a_skipped_hour_moves_on() {
        let teller = Teller::new(TimeZone::get("America/Chicago").unwrap(), at("2026-03-02T12:05:00Z"));
        assert_eq!(teller.read_input("2026-03-02T06:30"), Some(at("2026-03-02T12:30:00Z")));
        assert_eq!(teller.read_input("2026-03-08T02:30"), Some(at("2026-03-08T08:30:00Z")));
        assert_eq!(teller.read_input("tomorrow"), None);
    }

    #[test]
    fn spans_and_counts_are_words() {
        assert_eq!(lasting(SignedDuration::from_secs(40)), "40 seconds");
        assert_eq!(lasting(SignedDuration::from_secs(540)), "about 9 minutes");
        assert_eq!(lasting(SignedDuration::from_hours(2)), "about 2 hours");
        assert_eq!(counted(1, "home", "homes"), "1 home");
        assert_eq!(counted(1_234_567, "home", "homes"), "1,234,567 homes");
    }
}
