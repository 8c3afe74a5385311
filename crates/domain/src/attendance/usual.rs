//! Whether a run finds far more absences than the school usually has: then a person looks before families are frightened.
//!
//! The school's own history counts, of runs at the same time of day, and of the same weekday more than others. What is
//! measured: `schoolbell attendance brakes` plays years with storms, flu weeks and exam days.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// How many students a run found, of how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    pub day: Date,
    pub students: u32,
    pub enrolled: u32,
}

/// The limits; a district may change them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AbsenceLimits {
    /// Fewer students than this never wait.
    pub at_least: u32,
    /// How many times the usual share.
    pub times_usual: u32,
    /// Fewer than this share of the school never wait, in percent.
    pub at_least_percent: u32,
    /// More than this share always wait, in percent, whatever the history says.
    pub always_percent: u32,
    /// Without a history of `enough_days`: the share that waits, in percent.
    pub new_percent: u32,
    /// Days of history that are enough.
    pub enough_days: u32,
}

impl Default for AbsenceLimits {
    fn default() -> Self {
        Self { at_least: 8, times_usual: 4, at_least_percent: 10, always_percent: 45, new_percent: 25, enough_days: 5 }
    }
}

/// Why a run waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FarAbove {
    pub students: u32,
    pub enrolled: u32,
    /// What the school usually has at this time, in students; `None` without a history.
    pub usual: Option<u32>,
}

impl FarAbove {
    /// The sentence on the page.
    pub fn sentence(&self) -> String {
        let Self { students, enrolled, .. } = self;
        match self.usual {
            Some(usual) => {
                format!(
                    "{students} of {enrolled} students would be reported absent; at this time it is usually about {usual}"
                )
            }
            None => format!("{students} of {enrolled} students would be reported absent, and there is no history yet"),
        }
    }
}

/// Judges a run. `history`: earlier runs of the same school and time of day, in any order, without those that a person
/// found wrong; those of more than sixty days ago do not count.
///
/// The usual share is the greatest of three: the median of the last eight runs of this weekday (so that every Friday is
/// compared with Fridays), the median of the last five (so that a week of flu becomes usual while it lasts), and one
/// percent.
pub fn judge(now: Count, history: &[Count], limits: &AbsenceLimits) -> Option<FarAbove> {
    if now.students < limits.at_least || now.enrolled == 0 {
        return None;
    }
    let mut recent: Vec<&Count> = history.iter().filter(|count| is_recent(now.day, count.day)).collect();
    recent.sort_by_key(|count| std::cmp::Reverse(count.day));
    let share = percent(now.students, now.enrolled);
    let enough = usize::try_from(limits.enough_days).unwrap_or(usize::MAX);
    if recent.len() < enough {
        let waits = share > f64::from(limits.new_percent);
        return waits.then_some(FarAbove { students: now.students, enrolled: now.enrolled, usual: None });
    }
    let shares = |counts: &mut dyn Iterator<Item = &&Count>, most: usize| {
        median(counts.take(most).map(|count| percent(count.students, count.enrolled)).collect())
    };
    let same_weekday = shares(&mut recent.iter().filter(|count| count.day.weekday() == now.day.weekday()), 8);
    let usual = same_weekday.max(shares(&mut recent.iter(), 5)).max(1.0);
    let far = share > usual * f64::from(limits.times_usual) && share > f64::from(limits.at_least_percent);
    let waits = far || share > f64::from(limits.always_percent);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a school, never negative")]
    let usual = (usual * f64::from(now.enrolled) / 100.0).round() as u32;
    waits.then_some(FarAbove { students: now.students, enrolled: now.enrolled, usual: Some(usual) })
}

fn is_recent(now: Date, then: Date) -> bool {
    then < now && now.since(then).is_ok_and(|span| span.get_days() <= 60)
}

fn percent(part: u32, whole: u32) -> f64 {
    if whole == 0 { 0.0 } else { f64::from(part) * 100.0 / f64::from(whole) }
}

/// The middle value, the lower one of two; 0 of none.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len().saturating_sub(1) / 2).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan;
    use jiff::civil::date;

    use super::*;

    fn count(day: Date, students: u32) -> Count {
        Count { day, students, enrolled: 500 }
    }

    /// Twenty school days before the 4th of March, with 15 absent, on Fridays 40.
    fn history() -> Vec<Count> {
        let friday = jiff::civil::Weekday::Friday;
        let days = (1..=28).map(|days| date(2026, 3, 4) - days.days());
        let open = days.filter(|day| day.weekday().to_monday_zero_offset() < 5);
        open.map(|day| count(day, if day.weekday() == friday { 40 } else { 15 })).collect()
    }

    #[test]
    fn a_run_for_every_family_waits_and_says_what_is_usual() {
        let wednesday = date(2026, 3, 4);
        let far = judge(count(wednesday, 480), &history(), &AbsenceLimits::default()).unwrap();
        assert_eq!(far.sentence(), "480 of 500 students would be reported absent; at this time it is usually about 15");
        // A quarter of the school by a wrong column is far above too; a storm that triples the day is not.
        let waits = |students| judge(count(wednesday, students), &history(), &AbsenceLimits::default()).is_some();
        assert!(waits(120) && !waits(45) && !waits(60));
    }

    #[test]
    fn fridays_are_compared_with_fridays() {
        let friday = date(2026, 3, 6);
        let judged = |day, students| judge(count(day, students), &history(), &AbsenceLimits::default());
        assert!(judged(friday, 120).is_none(), "three Fridays in one");
        assert!(judged(date(2026, 3, 4), 120).is_some());
    }

    #[test]
    fn without_a_history_a_quarter_of_the_school_waits_and_few_students_never() {
        let now = |students, enrolled| Count { day: date(2026, 3, 4), students, enrolled };
        let judged = |now| judge(now, &[], &AbsenceLimits::default());
        assert!(judged(now(130, 500)).is_some_and(|far| far.usual.is_none()));
        assert!(judged(now(120, 500)).is_none());
        assert!(judged(now(7, 7)).is_none());
    }
}
