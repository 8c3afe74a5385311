//! Absences in the engine: files become marks, marks become runs, runs become messages, families answer.

pub mod answer;
pub(crate) mod escalate;
pub(crate) mod link;
pub(crate) mod notice;
pub mod run;
pub(crate) mod take_back;

use jiff::tz::TimeZone;
use schoolbell_domain::attendance::rule::Schedule;
use schoolbell_store::read::attendance::SchoolDay;

/// When this school tells; `zone` is the district's.
pub fn schedule<'a>(school: &'a SchoolDay, zone: &'a TimeZone) -> Schedule<'a> {
    Schedule {
        rule: &school.rule,
        level: school.level,
        calendar: &school.calendar,
        zone: school.zone.as_ref().unwrap_or(zone),
    }
}
