//! Whether an import must wait for a person: too many would leave, or one number suddenly belongs to many.

use serde::{Deserialize, Serialize};

use super::diff::{Count, DiffCounts};
use crate::phone::Phone;

/// What share may leave, and how many people one number may have, before a person has to look.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Thresholds {
    pub students_leaving_percent: usize,
    pub contacts_leaving_percent: usize,
    pub numbers_leaving_percent: usize,
    /// People who share one home or mobile number. Work lines do not count.
    pub people_per_number: usize,
    /// References to people or classes that are not in the files: a sign that one of them is cut off.
    pub dangling_percent: usize,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            students_leaving_percent: 10,
            contacts_leaving_percent: 15,
            numbers_leaving_percent: 20,
            people_per_number: 20,
            dangling_percent: 10,
        }
    }
}

/// A number that more people have than the guard likes, and how many had it before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharedNumber {
    pub number: Phone,
    pub people: usize,
    pub before: usize,
}

/// How many references of the files led nowhere.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct References {
    pub all: usize,
    pub dangling: usize,
}

/// Why an import waits. A person may release it with a reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hold {
    StudentsLeaving { left: usize, before: usize },
    ContactsLeaving { left: usize, before: usize },
    NumbersLeaving { left: usize, before: usize },
    SharedNumber(SharedNumber),
    Dangling(References),
}

impl Hold {
    /// The sentence on the page.
    pub fn sentence(&self) -> String {
        match self {
            Self::StudentsLeaving { left, before } => format!("{left} of {before} students would leave"),
            Self::ContactsLeaving { left, before } => format!("{left} of {before} contacts would leave"),
            Self::NumbersLeaving { left, before } => format!("{left} of {before} phone numbers would leave"),
            Self::SharedNumber(shared) => format!(
                "{} people would have the number {}, {} had it before",
                shared.people,
                shared.number.expose(),
                shared.before
            ),
            Self::Dangling(references) => format!(
                "{} of {} references lead to people or classes that are not in the files; one of them may be cut off",
                references.dangling, references.all
            ),
        }
    }
}

/// Every reason to wait, empty if there is none.
///
/// `shared` are the numbers over the limit after the import, whatever they were before. A first import has nobody who
/// could leave, so it waits for shared numbers and cut-off files alone.
pub fn holds(
    counts: &DiffCounts,
    shared: &[SharedNumber],
    references: References,
    thresholds: &Thresholds,
) -> Vec<Hold> {
    let mut holds = Vec::new();
    let over = |count: Count, percent: usize| count.left * 100 > count.before() * percent;
    let (left, before) = (counts.students.left, counts.students.before());
    if over(counts.students, thresholds.students_leaving_percent) {
        holds.push(Hold::StudentsLeaving { left, before });
    }
    let (left, before) = (counts.guardians.left, counts.guardians.before());
    if over(counts.guardians, thresholds.contacts_leaving_percent) {
        holds.push(Hold::ContactsLeaving { left, before });
    }
    let (left, before) = (counts.numbers.left, counts.numbers.before());
    if over(counts.numbers, thresholds.numbers_leaving_percent) {
        holds.push(Hold::NumbersLeaving { left, before });
    }
    let sudden = |number: &&SharedNumber| {
        number.people > thresholds.people_per_number && number.before <= thresholds.people_per_number
    };
    holds.extend(shared.iter().filter(sudden).cloned().map(Hold::SharedNumber));
    if references.dangling * 100 > references.all * thresholds.dangling_percent {
        holds.push(Hold::Dangling(references));
    }
    holds
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaving(left: usize, unchanged: usize) -> Count {
        Count { left, unchanged, ..Count::default() }
    }

    #[test]
    fn an_import_waits_beyond_the_share_and_not_at_it() {
        let ask = |counts: DiffCounts| holds(&counts, &[], References::default(), &Thresholds::default());
        assert!(ask(DiffCounts::default()).is_empty());
        assert!(ask(DiffCounts { students: leaving(10, 90), ..DiffCounts::default() }).is_empty());
        let held = ask(DiffCounts { students: leaving(11, 89), ..DiffCounts::default() });
        assert_eq!(held, [Hold::StudentsLeaving { left: 11, before: 100 }]);
        let held = ask(DiffCounts { guardians: leaving(16, 84), numbers: leaving(21, 79), ..DiffCounts::default() });
        assert_eq!(held.len(), 2);
        assert_eq!(held[1].sentence(), "21 of 100 phone numbers would leave");
    }

    #[test]
    fn an_empty_file_never_empties_a_school() {
        let held = holds(
            &DiffCounts { students: leaving(1, 0), ..DiffCounts::default() },
            &[],
            References::default(),
            &Thresholds::default(),
        );
        assert_eq!(held, [Hold::StudentsLeaving { left: 1, before: 1 }]);
    }

    #[test]
    fn a_number_that_suddenly_has_many_people_waits_and_an_old_one_does_not() {
        let number = Phone::from_e164("+13705550101").unwrap();
        let shared = |people, before| SharedNumber { number: number.clone(), people, before };
        let ask = |shared: SharedNumber| {
            holds(&DiffCounts::default(), &[shared], References::default(), &Thresholds::default()).len()
        };
        assert_eq!([ask(shared(21, 2)), ask(shared(20, 2)), ask(shared(40, 30))], [1, 0, 0]);
    }

    #[test]
    fn references_into_nothing_are_a_cut_off_file() {
        let references = References { all: 100, dangling: 11 };
        let held = holds(&DiffCounts::default(), &[], references, &Thresholds::default());
        assert_eq!(held, [Hold::Dangling(references)]);
    }
}
