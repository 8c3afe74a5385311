//! iCalendar files as far as a bell calendar needs them: days and names of events, all-day or with times.
//!
//! School calendars say holidays as all-day events, some over several days, a few that repeat yearly. Alarms, attendees
//! and time zones' own definitions are passed over. Source: RFC 5545, 3.1 (folding), 3.3.4/3.3.5 (dates), 3.6.1 (events).

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::{Date, Time};
use schoolbell_domain::attendance::calendar::SpecialDay;

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub name: String,
    pub first: Date,
    /// The last day, included.
    pub last: Date,
    /// Of an event with a time: when it begins, as the file's wall clock says.
    pub at: Option<Time>,
}

/// Why a file cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IcalError {
    #[error("no calendar is in there; export it as iCalendar (.ics)")]
    NotACalendar,
    #[error("line {line}: `{value}` is not a date; export the calendar again")]
    BadDate { line: usize, value: String },
    #[error("the calendar ends in the middle of an event; it was cut off, export it again")]
    CutOff,
}

/// The longest event that is taken: a summer.
const LONGEST_DAYS: i32 = 120;

/// The events of a calendar in the order of the file.
pub fn read(text: &str) -> Result<Vec<Event>, IcalError> {
    let lines = unfold(text);
    if !lines.iter().any(|(_, line)| line.eq_ignore_ascii_case("BEGIN:VCALENDAR")) {
        return Err(IcalError::NotACalendar);
    }
    let (mut events, mut open, mut depth) = (Vec::new(), None, 0_usize);
    for (number, line) in &lines {
        let (name, parameters, value) = property(line);
        match (name.as_str(), value.to_ascii_uppercase().as_str()) {
            ("BEGIN", "VEVENT") => open = Some(Draft::default()),
            ("END", "VEVENT") => events.extend(open.take().and_then(Draft::close)),
            // An alarm inside of an event has a text of its own.
            ("BEGIN", _) => depth += usize::from(open.is_some()),
            ("END", _) => depth = depth.saturating_sub(usize::from(open.is_some())),
            _ => {}
        }
        let Some(draft) = open.as_mut().filter(|_| depth == 0) else { continue };
        match name.as_str() {
            "SUMMARY" => draft.name = unescape(value),
            "DTSTART" => draft.start = Some(when(*number, &parameters, value)?),
            "DTEND" => draft.end = Some(when(*number, &parameters, value)?),
            "STATUS" => draft.cancelled = value.eq_ignore_ascii_case("CANCELLED"),
            _ => {}
        }
    }
    if open.is_some() { Err(IcalError::CutOff) } else { Ok(events) }
}

/// Words that close a school for a day.
const CLOSED: &[&str] = &[
    "no school",
    "holiday",
    "closed",
    "break",
    "recess",
    "vacation",
    "thanksgiving",
    "christmas",
    "labor day",
    "memorial day",
    "martin luther king",
    "mlk",
    "presidents",
    "veterans",
    "columbus",
    "indigenous",
    "juneteenth",
    "good friday",
    "new year",
    "staff development",
    "professional development",
    "teacher workday",
    "teacher work day",
    "student holiday",
    "inservice",
    "in-service",
    "bad weather day",
];
/// Words that end a day early.
const HALF: &[&str] = &["early release", "early dismissal", "half day", "half-day", "minimum day", "early out"];

/// What the events change: holidays and half days by date; other events (concerts, games) change nothing. A half day
/// ends at the event's time if it lies in the day, else at `half_closes`.
pub fn special_days(events: &[Event], half_closes: Time) -> BTreeMap<Date, SpecialDay> {
    let mut days = BTreeMap::new();
    for event in events {
        let name = event.name.to_lowercase();
        let says = |words: &[&str]| words.iter().any(|word| name.contains(word));
        let half = says(HALF);
        if !half && !says(CLOSED) {
            continue;
        }
        let mut day = event.first;
        while day <= event.last {
            let special = if half {
                let noon = Time::constant(10, 0, 0, 0);
                let closes = event.at.filter(|at| *at >= noon).unwrap_or(half_closes);
                SpecialDay::HalfDay { name: event.name.clone(), closes }
            } else {
                SpecialDay::Holiday { name: event.name.clone() }
            };
            days.insert(day, special);
            let Ok(next) = day.checked_add(1.day()) else { break };
            day = next;
        }
    }
    days
}

#[derive(Default)]
struct Draft {
    name: String,
    start: Option<(Date, Option<Time>)>,
    end: Option<(Date, Option<Time>)>,
    cancelled: bool,
}

impl Draft {
    fn close(self) -> Option<Event> {
        let (first, at) = self.start?;
        if self.cancelled {
            return None;
        }
        let last = match self.end {
            // The end of an all-day event is the day after it (3.6.1).
            Some((end, None)) => end.checked_sub(1.day()).unwrap_or(end),
            Some((end, Some(_))) => end,
            None => first,
        };
        let longest = first.checked_add(LONGEST_DAYS.days()).unwrap_or(first);
        Some(Event { name: self.name, first, last: last.clamp(first, longest), at })
    }
}

/// Lines with their numbers; a line that begins with a blank goes on with the one before.
fn unfold(text: &str) -> Vec<(usize, String)> {
    let mut lines: Vec<(usize, String)> = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let line = line.trim_end_matches('\r');
        match (line.strip_prefix([' ', '\t']), lines.last_mut()) {
            (Some(rest), Some((_, open))) => open.push_str(rest),
            _ => lines.push((at + 1, line.trim_start_matches('\u{feff}').to_owned())),
        }
    }
    lines
}

/// `DTSTART;VALUE=DATE:20260119` as name, parameters and value; a colon in quotes is none.
fn property(line: &str) -> (String, String, &str) {
    let mut quoted = false;
    let colon = line.find(|c| {
        quoted ^= c == '"';
        c == ':' && !quoted
    });
    let Some((head, value)) = colon.map(|at| (&line[..at], &line[at + 1..])) else {
        return (String::new(), String::new(), "");
    };
    let (name, parameters) = head.split_once(';').unwrap_or((head, ""));
    (name.to_ascii_uppercase(), parameters.to_ascii_uppercase(), value.trim())
}

fn when(line: usize, parameters: &str, value: &str) -> Result<(Date, Option<Time>), IcalError> {
    let bad = || IcalError::BadDate { line, value: value.chars().take(40).collect() };
    let digits = |text: &str, from: usize, to: usize| text.get(from..to).and_then(|part| part.parse::<i16>().ok());
    let (day, time) = value.split_once('T').map_or((value, None), |(day, time)| (day, Some(time)));
    let part = |from, to| digits(day, from, to).ok_or_else(bad);
    let (month, of_month) =
        (i8::try_from(part(4, 6)?).map_err(|_| bad())?, i8::try_from(part(6, 8)?).map_err(|_| bad())?);
    let date = Date::new(part(0, 4)?, month, of_month).map_err(|_| bad())?;
    if parameters.contains("VALUE=DATE") && !parameters.contains("DATE-TIME") {
        return Ok((date, None));
    }
    let Some(time) = time else { return Ok((date, None)) };
    let clock = |from, to| digits(time, from, to).and_then(|part| i8::try_from(part).ok());
    let time = clock(0, 2).zip(clock(2, 4)).and_then(|(hour, minute)| Time::new(hour, minute, 0, 0).ok());
    Ok((date, Some(time.ok_or_else(bad)?)))
}

fn unescape(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('n' | 'N') => out.push(' '),
                Some(other) => out.push(other),
                None => {}
            },
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use jiff::civil::{date, time};

    use super::*;

    const SCHOOL_YEAR: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20261123\r\n\
        DTEND;VALUE=DATE:20261128\r\nSUMMARY:Thanksgiving Break\\, no\r\n  school\r\nBEGIN:VALARM\r\nSUMMARY:Reminder\r\n\
        END:VALARM\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nDTSTART;TZID=\"America/Chicago\":20261218T123000\r\n\
        DTEND;TZID=\"America/Chicago\":20261218T130000\r\nSUMMARY:Early Release\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\n\
        DTSTART;VALUE=DATE:20260119\r\nSUMMARY:Martin Luther King Jr. Day\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\n\
        DTSTART:20260203T190000Z\r\nSUMMARY:Band concert\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\n\
        DTSTART;VALUE=DATE:20260301\r\nSTATUS:CANCELLED\r\nSUMMARY:Holiday\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

    #[test]
    fn a50_holidays_and_half_days_come_out_of_a_calendar() {
        let events = read(SCHOOL_YEAR).unwrap();
        assert_eq!(events.len(), 4);
        assert_eq!((events[0].first, events[0].last), (date(2026, 11, 23), date(2026, 11, 27)));
        assert_eq!(events[0].name, "Thanksgiving Break, no school");
        let days = special_days(&events, time(12, 0, 0, 0));
        assert_eq!(days.len(), 7);
        let half = SpecialDay::HalfDay { name: "Early Release".to_owned(), closes: time(12, 30, 0, 0) };
        assert_eq!(days.get(&date(2026, 12, 18)), Some(&half));
        assert!(matches!(days.get(&date(2026, 1, 19)), Some(SpecialDay::Holiday { .. })));
        assert!(!days.contains_key(&date(2026, 2, 3)) && !days.contains_key(&date(2026, 3, 1)));
    }

    #[test]
    fn a_file_that_is_no_calendar_or_was_cut_off_is_refused_with_a_sentence() {
        assert_eq!(read("Date,Holiday\n"), Err(IcalError::NotACalendar));
        let cut = SCHOOL_YEAR.split_once("END:VALARM").map_or("", |(start, _)| start);
        assert_eq!(read(cut), Err(IcalError::CutOff));
        let bad = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:soon\nEND:VEVENT\nEND:VCALENDAR\n";
        assert_eq!(read(bad), Err(IcalError::BadDate { line: 3, value: "soon".to_owned() }));
    }
}
