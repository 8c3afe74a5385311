//! *SMS Enabled*: whether a student's family can be texted, computed and never edited by hand (B3, B4, B17).

use crate::consent::ConsentState;
use crate::ids::PersonId;

/// Whose phone the SMS contact number is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    Student,
    Guardian,
}

/// What stands on the record of one student and one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// The school takes part in texting (B17).
    pub school_takes_part: bool,
    pub is_enrolled: bool,
    pub number: Option<Number>,
    /// Full years; `None` where the record has no date of birth.
    pub age: Option<i16>,
    pub ages: Ages,
}

/// The SMS contact number of somebody on the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Number {
    pub whose: Whose,
    /// The person's relation to the student still stands, without a custody restriction (LAW-52).
    pub is_on_record: bool,
    /// Program texting.
    pub consent: ConsentState,
    /// Who opted in.
    pub opted_in_by: Whose,
}

/// Ages at which rights change; dated policy records (LAW-52, LAW-54).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ages {
    /// Below it a parent opts in, not the student.
    pub parent_opts_in_below: i16,
    /// From it on the rights are the student's own.
    pub own_rights_from: i16,
}

impl Default for Ages {
    fn default() -> Self {
        Self { parent_opts_in_below: 13, own_rights_from: 18 }
    }
}

/// The column *SMS Enabled*.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Enabled {
    Yes,
    No(NotEnabled),
}

/// Why it says "No".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NotEnabled {
    NotEnrolled,
    SchoolTakesNoPart,
    NoNumber,
    NotOnRecord,
    Stopped,
    NotOptedIn,
    /// LAW-54.
    ParentMustOptIn,
    /// LAW-52: the student is of age and has to agree.
    StudentMustOptIn,
}

/// Whether texts may go to this student's SMS contact number; the first reason why not.
pub const fn enabled(facts: &Facts) -> Enabled {
    if !facts.is_enrolled {
        return Enabled::No(NotEnabled::NotEnrolled);
    }
    if !facts.school_takes_part {
        return Enabled::No(NotEnabled::SchoolTakesNoPart);
    }
    let Some(number) = &facts.number else { return Enabled::No(NotEnabled::NoNumber) };
    if !number.is_on_record {
        return Enabled::No(NotEnabled::NotOnRecord);
    }
    match number.consent {
        ConsentState::Revoked => return Enabled::No(NotEnabled::Stopped),
        ConsentState::Unknown | ConsentState::Provided | ConsentState::Invited => {
            return Enabled::No(NotEnabled::NotOptedIn);
        }
        ConsentState::OptedIn => {}
    }
    match (facts.age, number.opted_in_by) {
        (Some(age), Whose::Student) if age < facts.ages.parent_opts_in_below => {
            Enabled::No(NotEnabled::ParentMustOptIn)
        }
        (Some(age), Whose::Guardian) if age >= facts.ages.own_rights_from => Enabled::No(NotEnabled::StudentMustOptIn),
        (Some(_) | None, Whose::Student | Whose::Guardian) => Enabled::Yes,
    }
}

/// The best of a student's numbers: enabled if one is, otherwise the reason of the one that comes nearest.
pub fn best(of_numbers: impl IntoIterator<Item = (PersonId, Enabled)>) -> Enabled {
    let mut nearest = None;
    for (_, enabled) in of_numbers {
        match enabled {
            Enabled::Yes => return Enabled::Yes,
            Enabled::No(why) => nearest = nearest.max(Some(why)),
        }
    }
    Enabled::No(nearest.unwrap_or(NotEnabled::NoNumber))
}

impl Enabled {
    pub const fn is_yes(self) -> bool {
        matches!(self, Self::Yes)
    }

    /// `Yes` or `No`, as the column shows it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Yes => "Yes",
            Self::No(_) => "No",
        }
    }
}

impl NotEnabled {
    pub const ALL: [Self; 8] = [
        Self::NotEnrolled,
        Self::SchoolTakesNoPart,
        Self::NoNumber,
        Self::NotOnRecord,
        Self::Stopped,
        Self::NotOptedIn,
        Self::ParentMustOptIn,
        Self::StudentMustOptIn,
    ];

    /// The sentence in the composer's place.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::NotEnrolled => "not enrolled in a class now",
            Self::SchoolTakesNoPart => "this school does not take part in texting",
            Self::NoNumber => "there is no SMS contact number on the record",
            Self::NotOnRecord => "the person with this number is no longer on the student's record",
            Self::Stopped => "this number asked us to stop; the family can text START to open it again",
            Self::NotOptedIn => "the family has not opted in to texting on this number",
            Self::ParentMustOptIn => "the student is under 13, so a parent has to opt in",
            Self::StudentMustOptIn => "the student is of age, so the student has to opt in",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: Facts = Facts {
        school_takes_part: true,
        is_enrolled: true,
        number: Some(Number {
            whose: Whose::Guardian,
            is_on_record: true,
            consent: ConsentState::OptedIn,
            opted_in_by: Whose::Guardian,
        }),
        age: Some(15),
        ages: Ages { parent_opts_in_below: 13, own_rights_from: 18 },
    };

    fn with(change: impl FnOnce(&mut Facts, &mut Number)) -> Enabled {
        let mut facts = GOOD;
        let mut number = GOOD.number.unwrap();
        change(&mut facts, &mut number);
        if facts.number.is_some() {
            facts.number = Some(number);
        }
        enabled(&facts)
    }

    #[test]
    fn b3_b4_yes_needs_a_number_consent_and_an_active_enrollment_and_every_no_has_its_reason() {
        use NotEnabled::{
            NoNumber, NotEnrolled, NotOnRecord, NotOptedIn, ParentMustOptIn, SchoolTakesNoPart, Stopped,
            StudentMustOptIn,
        };
        assert_eq!(enabled(&GOOD), Enabled::Yes);
        assert_eq!(with(|facts, _| facts.is_enrolled = false), Enabled::No(NotEnrolled));
        assert_eq!(with(|facts, _| facts.school_takes_part = false), Enabled::No(SchoolTakesNoPart));
        assert_eq!(with(|facts, _| facts.number = None), Enabled::No(NoNumber));
        assert_eq!(with(|_, number| number.is_on_record = false), Enabled::No(NotOnRecord));
        assert_eq!(with(|_, number| number.consent = ConsentState::Revoked), Enabled::No(Stopped));
        for state in [ConsentState::Unknown, ConsentState::Provided, ConsentState::Invited] {
            assert_eq!(with(|_, number| number.consent = state), Enabled::No(NotOptedIn));
        }
        let young = with(|facts, number| {
            facts.age = Some(12);
            number.opted_in_by = Whose::Student;
        });
        assert_eq!(young, Enabled::No(ParentMustOptIn), "LAW-54");
        assert_eq!(with(|facts, _| facts.age = Some(12)), Enabled::Yes, "LAW-54: a parent opted in");
        assert_eq!(with(|facts, _| facts.age = Some(18)), Enabled::No(StudentMustOptIn), "LAW-52");
    }

    #[test]
    fn b17_both_sides_have_to_take_part() {
        for (school, consent) in [(false, ConsentState::OptedIn), (true, ConsentState::Provided)] {
            let answer = with(|facts, number| {
                facts.school_takes_part = school;
                number.consent = consent;
            });
            assert!(!answer.is_yes());
        }
    }

    #[test]
    fn b3_a_student_is_enabled_if_one_number_is_and_otherwise_the_nearest_reason_is_told() {
        let id = PersonId::from_raw(1);
        let no = |reason| (id, Enabled::No(reason));
        assert_eq!(best([no(NotEnabled::Stopped), (id, Enabled::Yes)]), Enabled::Yes);
        assert_eq!(best([no(NotEnabled::NoNumber), no(NotEnabled::Stopped)]), Enabled::No(NotEnabled::Stopped));
        assert_eq!(best([no(NotEnabled::NotEnrolled)]), Enabled::No(NotEnabled::NotEnrolled));
        assert_eq!(best([]), Enabled::No(NotEnabled::NoNumber));
    }
}
