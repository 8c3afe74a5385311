//! When and what a school tells of absences (A48): daily in elementary and middle school, each class in high school.

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use super::Status;
use super::calendar::{BellCalendar, SchoolDay};
use crate::school::SchoolLevel;

/// What a message is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tells {
    /// The child failed to report to school: marks of the whole day.
    Daily,
    /// The child missed a class: marks of single periods; each later one tells again.
    Periods,
}

/// Young children whose way to school must end well: the office hears at once when nobody explains.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SafeArrival {
    /// As the roster writes them: KG, 01, 02, 03.
    pub grades: Vec<String>,
    /// After so many minutes without an answer the second contact is told as well.
    pub second_after_min: u16,
    /// After so many minutes without an answer it stands first on the office's list, as in need of a human.
    pub office_after_min: u16,
}

impl Default for SafeArrival {
    fn default() -> Self {
        Self {
            grades: ["PK", "KG", "01", "02", "03"].map(str::to_owned).to_vec(),
            second_after_min: 15,
            office_after_min: 30,
        }
    }
}

/// What one school decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SchoolRule {
    /// `None`: by the level of the school, and in a school of several levels by the grade.
    pub tells: Option<Tells>,
    /// Off: absences are kept and nothing is sent.
    pub sends: bool,
    /// Times of a school day, in the school's zone, ascending. Empty: by the level.
    pub run_at: Vec<Time>,
    /// A run follows each file at once, between the first time and `until`.
    pub after_each_file: bool,
    /// A file that comes later makes no message by itself.
    pub until: Time,
    /// Whether coming late is told too.
    pub tardy: bool,
    /// Minutes without an answer after which the family is asked once more; `None`: never.
    pub remind_after_min: Option<u16>,
    /// Minutes without an answer after which the absence is the office's.
    pub office_after_min: Option<u16>,
    pub safe_arrival: Option<SafeArrival>,
    /// Whom a hold asks: the e-mail addresses of users. Empty: whoever may send for the school.
    pub ask: Vec<String>,
}

impl Default for SchoolRule {
    fn default() -> Self {
        Self {
            tells: None,
            sends: true,
            run_at: Vec::new(),
            after_each_file: false,
            until: Time::constant(17, 0, 0, 0),
            tardy: false,
            remind_after_min: None,
            office_after_min: None,
            safe_arrival: None,
            ask: Vec::new(),
        }
    }
}

const MORNING: Time = Time::constant(10, 15, 0, 0);
const AFTERNOON: Time = Time::constant(15, 30, 0, 0);

impl SchoolRule {
    /// What a message about a student of this grade is about. Grades 9 to 12 of a school with several levels are told
    /// by period.
    pub fn tells(&self, level: SchoolLevel, grade: &str) -> Tells {
        let by_level = match level {
            SchoolLevel::High => Tells::Periods,
            SchoolLevel::Other if ["09", "10", "11", "12"].contains(&grade) => Tells::Periods,
            SchoolLevel::Elementary | SchoolLevel::Middle | SchoolLevel::Other => Tells::Daily,
        };
        self.tells.unwrap_or(by_level)
    }

    /// The times of an ordinary day: 10:15; in high school and in schools of several levels 15:30 too.
    pub fn times(&self, level: SchoolLevel) -> Vec<Time> {
        if !self.run_at.is_empty() {
            return self.run_at.clone();
        }
        match (self.tells, level) {
            (Some(Tells::Daily), _) | (None, SchoolLevel::Elementary | SchoolLevel::Middle) => vec![MORNING],
            (Some(Tells::Periods), _) | (None, SchoolLevel::High | SchoolLevel::Other) => vec![MORNING, AFTERNOON],
        }
    }

    /// Whether a mark of this kind makes a message.
    pub const fn is_told(&self, status: Status) -> bool {
        match status {
            Status::Unexcused => true,
            Status::Tardy => self.tardy,
            Status::Present | Status::Excused => false,
        }
    }

    /// Everything wrong with it, one sentence each, with the field that it is about.
    pub fn problems(&self) -> Vec<(&'static str, String)> {
        let mut problems = Vec::new();
        if !self.run_at.is_sorted_by(|one, next| one < next) {
            problems.push(("run_at", "write the times in the order of the day, each once: 10:15, 15:30".to_owned()));
        }
        if self.run_at.last().is_some_and(|last| *last > self.until) {
            problems.push(("until", format!("the last time is after {}; choose a later end", self.until)));
        }
        if let Some(safe) = &self.safe_arrival
            && safe.office_after_min < safe.second_after_min
        {
            problems.push((
                "office_after_min",
                "the office comes after the second contact; choose a longer wait".to_owned(),
            ));
        }
        problems
    }
}

/// A school with all that says when it tells.
#[derive(Debug, Clone)]
pub struct Schedule<'a> {
    pub rule: &'a SchoolRule,
    pub level: SchoolLevel,
    pub calendar: &'a BellCalendar,
    pub zone: &'a TimeZone,
}

impl Schedule<'_> {
    /// The instants at which runs begin on this day; none if there is no school. On a half day what would come after the
    /// last bell comes at it.
    pub fn runs_on(&self, day: Date) -> Vec<Timestamp> {
        let SchoolDay::Open { closes, half, .. } = self.calendar.day(day) else { return Vec::new() };
        if !self.rule.sends {
            return Vec::new();
        }
        let mut runs: Vec<Timestamp> = Vec::new();
        for time in self.rule.times(self.level) {
            let time = if half.is_some() { time.min(closes) } else { time };
            // jiff knows every civil time of a loaded zone; an error is a date past the year 9999.
            if let Ok(at) = self.zone.to_ambiguous_timestamp(day.to_datetime(time)).compatible()
                && !runs.contains(&at)
            {
                runs.push(at);
            }
        }
        runs
    }

    /// The first run after an instant, within the next sixty days; `None` in a long break.
    pub fn next_after(&self, after: Timestamp) -> Option<Timestamp> {
        let first = after.to_zoned(self.zone.clone()).date();
        (0..60)
            .filter_map(|days| first.checked_add(days.days()).ok())
            .find_map(|day| self.runs_on(day).into_iter().find(|run| *run > after))
    }

    /// The time of day, `HH:MM`, under which a run that is due now stands in the school's history; `None` if none is.
    ///
    /// Due is a run whose time has come since `ran_until`. So is one after a file that came since `ran_until`, at schools
    /// that want a run after each file, and everywhere once the day's last time is past: a late file still tells, until
    /// the rule's `until`. What is older than twelve hours is not caught up with: yesterday's absences are no news.
    pub fn due(&self, now: Timestamp, ran_until: Timestamp, file_at: Option<Timestamp>) -> Option<Slot> {
        let local = now.to_zoned(self.zone.clone());
        let runs = self.runs_on(local.date());
        let recent = now - SignedDuration::from_hours(12);
        let passed = runs.iter().rev().find(|run| **run <= now && **run > ran_until && **run > recent);
        if let Some(run) = passed {
            return Some(Slot(run.to_zoned(self.zone.clone()).strftime("%H:%M").to_string()));
        }
        let news = file_at.is_some_and(|file_at| file_at >= ran_until && file_at > recent);
        let open = self.calendar.day(local.date()).is_open() && self.rule.sends && local.time() <= self.rule.until;
        let first = runs.first().is_some_and(|first| *first <= now);
        let last = runs.last().is_some_and(|last| *last <= now);
        (news && open && ((self.rule.after_each_file && first) || last)).then(|| Slot("file".to_owned()))
    }
}

/// Where a run stands in the day: `10:15`, or `file` for one that follows a file. Runs of one slot are compared.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slot(pub String);

#[cfg(test)]
mod tests {
    use jiff::civil::{date, time};

    use super::super::calendar::SpecialDay;
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a48_elementary_and_middle_are_told_daily_and_high_school_each_class() {
        let rule = SchoolRule::default();
        for (level, grade, tells) in [
            (SchoolLevel::Elementary, "03", Tells::Daily),
            (SchoolLevel::Middle, "07", Tells::Daily),
            (SchoolLevel::High, "10", Tells::Periods),
            (SchoolLevel::Other, "08", Tells::Daily),
            (SchoolLevel::Other, "11", Tells::Periods),
        ] {
            assert_eq!(rule.tells(level, grade), tells, "{level:?} {grade}");
        }
        let own = SchoolRule { tells: Some(Tells::Daily), ..rule };
        assert_eq!(own.tells(SchoolLevel::High, "10"), Tells::Daily);
    }

    #[test]
    fn runs_skip_holidays_and_end_with_a_half_day() {
        let zone = TimeZone::get("America/Chicago").unwrap();
        let mut calendar = BellCalendar::default();
        calendar.days.insert(date(2026, 1, 19), SpecialDay::Holiday { name: "Dr. King".to_owned() });
        let half = SpecialDay::HalfDay { name: "Early release".to_owned(), closes: time(12, 0, 0, 0) };
        calendar.days.insert(date(2026, 1, 20), half);
        let rule = SchoolRule::default();
        let schedule = Schedule { rule: &rule, level: SchoolLevel::High, calendar: &calendar, zone: &zone };
        let next = |after: &str| schedule.next_after(at(after)).unwrap().to_zoned(zone.clone()).datetime().to_string();
        assert_eq!(next("2026-01-16T10:00:00-06:00"), "2026-01-16T10:15:00");
        assert_eq!(next("2026-01-16T10:15:00-06:00"), "2026-01-16T15:30:00");
        // A weekend and a holiday lie between.
        assert_eq!(next("2026-01-16T16:00:00-06:00"), "2026-01-20T10:15:00");
        assert_eq!(next("2026-01-20T10:15:00-06:00"), "2026-01-20T12:00:00");
        let silent = SchoolRule { sends: false, ..rule.clone() };
        assert_eq!(Schedule { rule: &silent, ..schedule }.next_after(at("2026-01-16T10:00:00-06:00")), None);
    }

    #[test]
    fn a_run_is_due_once_and_a_late_file_still_tells_until_the_end() {
        let zone = TimeZone::get("America/Chicago").unwrap();
        let (rule, calendar) = (SchoolRule::default(), BellCalendar::default());
        let schedule = Schedule { rule: &rule, level: SchoolLevel::Elementary, calendar: &calendar, zone: &zone };
        let due = |now: &str, ran: &str, file: &str| {
            schedule.due(at(now), at(ran), (!file.is_empty()).then(|| at(file))).map(|slot| slot.0)
        };
        let dawn = "2026-01-14T05:00:00-06:00";
        assert_eq!(due("2026-01-14T10:14:59-06:00", dawn, "2026-01-14T09:00:00-06:00"), None);
        assert_eq!(due("2026-01-14T10:15:00-06:00", dawn, ""), Some("10:15".to_owned()));
        assert_eq!(due("2026-01-14T10:20:00-06:00", "2026-01-14T10:15:00-06:00", ""), None);
        // A file after the last time.
        let ran = "2026-01-14T10:15:00-06:00";
        assert_eq!(due("2026-01-14T11:00:00-06:00", ran, "2026-01-14T10:59:00-06:00"), Some("file".to_owned()));
        assert_eq!(due("2026-01-14T17:30:00-06:00", ran, "2026-01-14T17:29:00-06:00"), None);
        // Down since the day before: today's run is caught up with, yesterday's is not.
        assert_eq!(due("2026-01-14T12:00:00-06:00", "2026-01-12T10:15:00-06:00", ""), Some("10:15".to_owned()));
        assert_eq!(due("2026-01-17T12:00:00-06:00", "2026-01-16T09:00:00-06:00", ""), None);
        // Each file tells where the school wants it, from the first time on.
        let each = SchoolRule { after_each_file: true, ..rule.clone() };
        let schedule = Schedule { rule: &each, level: SchoolLevel::High, ..schedule };
        let file = |now: &str| schedule.due(at(now), at(ran), Some(at(now)));
        assert_eq!(file("2026-01-14T11:00:00-06:00"), Some(Slot("file".to_owned())));
        assert_eq!(file("2026-01-14T10:14:00-06:00"), None);
    }

    #[test]
    fn problems_are_told_with_their_field() {
        let rule = SchoolRule {
            run_at: vec![time(15, 0, 0, 0), time(10, 0, 0, 0)],
            until: time(9, 0, 0, 0),
            safe_arrival: Some(SafeArrival { office_after_min: 5, ..SafeArrival::default() }),
            ..SchoolRule::default()
        };
        let fields: Vec<_> = rule.problems().into_iter().map(|(field, _)| field).collect();
        assert_eq!(fields, ["run_at", "until", "office_after_min"]);
    }
}
