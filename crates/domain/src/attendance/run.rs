//! What a run tells: the absences of a day that nobody has told yet and nobody has explained.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::rule::{SchoolRule, Tells};
use super::{Mark, period_order};
use crate::ids::{PersonId, SchoolId};
use crate::school::SchoolLevel;

/// A mark with what the rules ask beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    pub mark: Mark,
    pub school: SchoolId,
    pub grade: String,
    /// An earlier run has told it.
    pub told: bool,
    /// Somebody has said why, or that somebody will look into it.
    pub explained: bool,
}

/// Whether a run tells this mark: of the kind that its school tells, not told before, not explained. Every occurrence
/// counts (A48): there is no cap, so a later period is told anew.
pub fn is_news(standing: &Standing, rule: &SchoolRule, level: SchoolLevel) -> bool {
    let whole_day = standing.mark.period.is_empty();
    let kind = match rule.tells(level, &standing.grade) {
        Tells::Daily => whole_day,
        Tells::Periods => !whole_day,
    };
    kind && rule.is_told(standing.mark.status) && !standing.told && !standing.explained
}

/// One student's absences of one day, as one message names them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Absence {
    pub student: PersonId,
    pub school: SchoolId,
    pub day: Date,
    /// In the order of the day; empty for the whole day.
    pub periods: Vec<String>,
}

/// Joins the marks that a run tells: one absence for each student and day, sorted by both.
pub fn join(marks: impl IntoIterator<Item = (SchoolId, Mark)>) -> Vec<Absence> {
    let mut joined: BTreeMap<(PersonId, Date), Absence> = BTreeMap::new();
    for (school, mark) in marks {
        let entry = joined.entry((mark.student, mark.day)).or_insert_with(|| Absence {
            student: mark.student,
            school,
            day: mark.day,
            periods: Vec::new(),
        });
        if !mark.period.is_empty() && !entry.periods.contains(&mark.period) {
            entry.periods.push(mark.period);
        }
    }
    for absence in joined.values_mut() {
        absence.periods.sort_by(|one, next| period_order(one).cmp(&period_order(next)));
    }
    joined.into_values().collect()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::super::Status;
    use super::*;

    fn mark(student: i64, period: &str, status: Status) -> Mark {
        Mark {
            student: PersonId::from_raw(student),
            day: date(2026, 1, 14),
            period: period.to_owned(),
            status,
            code: String::new(),
        }
    }

    fn standing(period: &str, status: Status) -> Standing {
        Standing {
            mark: mark(1, period, status),
            school: SchoolId::from_raw(1),
            grade: "05".to_owned(),
            told: false,
            explained: false,
        }
    }

    #[test]
    fn a48_what_is_told_by_level_status_and_history() {
        use SchoolLevel::{Elementary, High};
        let rule = SchoolRule::default();
        let news = |standing: &Standing, level| is_news(standing, &rule, level);
        let daily = standing("", Status::Unexcused);
        let period = standing("3", Status::Unexcused);
        assert!(news(&daily, Elementary) && !news(&period, Elementary));
        assert!(!news(&daily, High) && news(&period, High));
        for status in [Status::Excused, Status::Tardy, Status::Present] {
            assert!(!news(&standing("", status), Elementary), "{status:?}");
        }
        assert!(!news(&Standing { told: true, ..daily.clone() }, Elementary));
        assert!(!news(&Standing { explained: true, ..daily.clone() }, Elementary));
        let tardy = SchoolRule { tardy: true, ..SchoolRule::default() };
        assert!(is_news(&standing("", Status::Tardy), &tardy, Elementary));
    }

    #[test]
    fn absences_are_joined_by_student_with_periods_in_the_order_of_the_day() {
        let school = SchoolId::from_raw(1);
        let marks = ["10", "2", "2"].map(|period| (school, mark(2, period, Status::Unexcused)));
        let joined = join(marks.into_iter().chain([(school, mark(1, "", Status::Unexcused))]));
        assert_eq!(joined.len(), 2);
        assert_eq!((joined[0].student.raw(), joined[0].periods.len()), (1, 0));
        assert_eq!(joined[1].periods, ["2", "10"]);
    }
}
