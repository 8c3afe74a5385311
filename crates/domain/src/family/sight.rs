//! Whom an account stands for, and what of a message it may see: the one place that judges it (LAW-52).
//!
//! An account is an e-mail address on record. It stands for every guardian who has that address, and sees the children
//! of whom any of them is the main or secondary contact, unless a custody restriction bars one of them: what one reader
//! of a mailbox may not see, nobody reads in it. Rule page: `docs/src/users/family.md`.

use jiff::ToSpan;
use jiff::civil::Date;

use crate::category::Category;
use crate::ids::PersonId;
use crate::people::ContactRole;

/// An active tie of one guardian of the account to one student on the roster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kin {
    pub guardian: PersonId,
    pub student: PersonId,
    pub role: ContactRole,
    pub custody_restricted: bool,
    /// Where the record has it.
    pub birth: Option<Date>,
}

/// A child that an account may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Child {
    pub id: PersonId,
    /// 18 or older: the records are the student's own, the contact points stay the guardian's (LAW-52).
    pub of_age: bool,
}

/// Whom an account stands for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Circle {
    /// The guardians who have the address and may see at least one child; sorted.
    pub guardians: Vec<PersonId>,
    /// Sorted by id.
    pub children: Vec<Child>,
}

/// To whom a row of a message was addressed, and about whom it is.
#[derive(Debug, Clone, Copy)]
pub struct Addressed<'a> {
    /// Whose contact point: a guardian, or a student for the home phones.
    pub person: PersonId,
    pub children: &'a [PersonId],
    pub category: Category,
}

/// What an account may see of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sight {
    Hidden,
    /// All of it; these are the children.
    Whole(Vec<PersonId>),
    /// That it went out, and about these children. Its text may name somebody else's child too, so it is rendered anew
    /// for these alone.
    Part(Vec<PersonId>),
}

/// The day on which the rights over a student's records become his own.
///
/// Source: 34 CFR 99.5 (a)(1), 99.3 "eligible student".
pub fn comes_of_age(birth: Date) -> Date {
    birth.saturating_add(18.years())
}

impl Circle {
    /// Whom the guardians with one address stand for. Nobody who may see no child: then there is no account.
    pub fn of(kin: &[Kin], today: Date) -> Self {
        let alert = |tie: &&Kin| tie.role != ContactRole::Other;
        let barred = |student: PersonId| kin.iter().any(|tie| tie.student == student && tie.custody_restricted);
        let ties: Vec<&Kin> = kin.iter().filter(alert).filter(|tie| !barred(tie.student)).collect();
        let mut guardians: Vec<PersonId> = ties.iter().map(|tie| tie.guardian).collect();
        guardians.sort_unstable();
        guardians.dedup();
        let of_age = |tie: &Kin| tie.birth.is_some_and(|birth| comes_of_age(birth) <= today);
        let mut children: Vec<Child> = ties.iter().map(|tie| Child { id: tie.student, of_age: of_age(tie) }).collect();
        children.sort_unstable_by_key(|child| child.id);
        children.dedup_by_key(|child| child.id);
        Self { guardians, children }
    }

    pub const fn is_empty(&self) -> bool {
        self.children.is_empty()
    }

    pub fn has_child(&self, student: PersonId) -> bool {
        self.child(student).is_some()
    }

    fn child(&self, student: PersonId) -> Option<Child> {
        let at = self.children.binary_search_by_key(&student, |child| child.id).ok()?;
        self.children.get(at).copied()
    }

    /// Everybody whose contact points may have been written to for this account: guardians and children.
    pub fn people(&self) -> Vec<PersonId> {
        self.guardians.iter().copied().chain(self.children.iter().map(|child| child.id)).collect()
    }

    /// Whether a message of this category about this student is for the account to see. Attendance is a record of the
    /// student; a closing is not.
    fn may_see(&self, student: PersonId, category: Category) -> bool {
        self.child(student).is_some_and(|child| !(child.of_age && category == Category::Attendance))
    }

    /// What the account may see of a row.
    pub fn judge(&self, row: &Addressed<'_>) -> Sight {
        let ours = self.guardians.binary_search(&row.person).is_ok() || self.has_child(row.person);
        if !ours {
            return Sight::Hidden;
        }
        let seen: Vec<PersonId> =
            row.children.iter().copied().filter(|child| self.may_see(*child, row.category)).collect();
        match seen.len() {
            0 => Sight::Hidden,
            count if count == row.children.len() => Sight::Whole(seen),
            _ => Sight::Part(seen),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ANA: PersonId = PersonId::from_raw(1);
    const LUIS: PersonId = PersonId::from_raw(2);
    const MAI: PersonId = PersonId::from_raw(3);
    const ROSA: PersonId = PersonId::from_raw(10);
    const JOSE: PersonId = PersonId::from_raw(11);
    const BINH: PersonId = PersonId::from_raw(12);

    fn tie(guardian: PersonId, student: PersonId) -> Kin {
        Kin { guardian, student, role: ContactRole::Main, custody_restricted: false, birth: None }
    }

    fn today() -> Date {
        jiff::civil::date(2027, 1, 13)
    }

    fn row(person: PersonId, children: &[PersonId]) -> Addressed<'_> {
        Addressed { person, children, category: Category::General }
    }

    #[test]
    fn law_52_a_custody_restriction_hides_the_child_and_every_row_about_her() {
        let barred = Kin { custody_restricted: true, ..tie(JOSE, ANA) };
        let circle = Circle::of(&[barred, tie(JOSE, LUIS)], today());
        assert!(!circle.has_child(ANA) && circle.has_child(LUIS));
        assert_eq!(circle.judge(&row(JOSE, &[ANA])), Sight::Hidden);
        assert_eq!(circle.judge(&row(ANA, &[ANA])), Sight::Hidden, "her home phone neither");
        assert_eq!(circle.judge(&row(JOSE, &[ANA, LUIS])), Sight::Part(vec![LUIS]), "a text from before may name her");
        // A mailbox that two parents share: what one of them may not see, nobody reads in it.
        let shared = Circle::of(&[barred, tie(ROSA, ANA)], today());
        assert!(shared.is_empty());
    }

    #[test]
    fn two_families_with_one_number_see_their_own_children_alone() {
        let circle = Circle::of(&[tie(ROSA, ANA)], today());
        assert_eq!(circle.judge(&row(ROSA, &[ANA, MAI])), Sight::Part(vec![ANA]), "the one call named both");
        assert_eq!(circle.judge(&row(BINH, &[ANA, MAI])), Sight::Hidden, "the other family's row is not theirs");
        let other = Circle::of(&[tie(BINH, MAI)], today());
        assert_eq!(other.judge(&row(BINH, &[MAI])), Sight::Whole(vec![MAI]));
    }

    #[test]
    fn two_households_share_the_child_and_her_home_phone_and_nothing_else() {
        let mother = Circle::of(&[tie(ROSA, ANA)], today());
        let father = Circle::of(&[Kin { role: ContactRole::Secondary, ..tie(JOSE, ANA) }], today());
        for circle in [&mother, &father] {
            assert_eq!(circle.judge(&row(ANA, &[ANA])), Sight::Whole(vec![ANA]));
        }
        assert_eq!(father.judge(&row(ROSA, &[ANA])), Sight::Hidden);
        assert_eq!(mother.judge(&row(JOSE, &[ANA])), Sight::Hidden);
    }

    #[test]
    fn a_guardian_who_left_or_is_no_alert_contact_sees_nothing() {
        // No active tie is left on the roster.
        assert!(Circle::of(&[], today()).is_empty());
        let neighbour = Kin { role: ContactRole::Other, ..tie(BINH, ANA) };
        let circle = Circle::of(&[neighbour], today());
        assert!(circle.is_empty());
        assert_eq!(circle.judge(&row(BINH, &[ANA])), Sight::Hidden);
    }

    #[test]
    fn law_52_attendance_of_a_student_who_turned_18_is_his_own_and_a_closing_still_is_the_familys() {
        let born = |day| Kin { birth: Some(jiff::civil::date(2009, 1, day)), ..tie(ROSA, LUIS) };
        let absence = Addressed { category: Category::Attendance, ..row(ROSA, &[LUIS]) };
        let grown = Circle::of(&[born(13)], today());
        assert_eq!(grown.judge(&absence), Sight::Hidden, "from the day on which he turns 18");
        assert_eq!(grown.judge(&row(ROSA, &[LUIS])), Sight::Whole(vec![LUIS]));
        let tomorrow = Circle::of(&[born(14)], today());
        assert_eq!(tomorrow.judge(&absence), Sight::Whole(vec![LUIS]));
        assert_eq!(comes_of_age(jiff::civil::date(2008, 2, 29)), jiff::civil::date(2026, 2, 28));
    }

    fn any_kin() -> impl Strategy<Value = Vec<Kin>> {
        let one = (10..13_i64, 1..5_i64, prop::sample::select(&ContactRole::ALL[..]), prop::bool::weighted(0.2));
        let kin = one.prop_map(|(guardian, student, role, custody_restricted)| Kin {
            guardian: PersonId::from_raw(guardian),
            student: PersonId::from_raw(student),
            role,
            custody_restricted,
            birth: None,
        });
        prop::collection::vec(kin, 0..8)
    }

    proptest! {
        #[test]
        fn nobody_sees_a_child_that_is_barred_or_not_theirs(
            kin in any_kin(),
            person in 1..14_i64,
            about in prop::collection::btree_set(1..6_i64, 0..4),
            category in prop::sample::select(&Category::ALL[..]),
        ) {
            let circle = Circle::of(&kin, today());
            let children: Vec<PersonId> = about.into_iter().map(PersonId::from_raw).collect();
            let sight = circle.judge(&Addressed { person: PersonId::from_raw(person), children: &children, category });
            let seen = match &sight {
                Sight::Hidden => Vec::new(),
                Sight::Whole(seen) => { prop_assert_eq!(seen, &children); seen.clone() }
                Sight::Part(seen) => { prop_assert!(seen.len() < children.len()); seen.clone() }
            };
            for child in seen {
                prop_assert!(children.contains(&child));
                prop_assert!(kin.iter().any(|tie| tie.student == child && tie.role != ContactRole::Other));
                prop_assert!(!kin.iter().any(|tie| tie.student == child && tie.custody_restricted));
            }
        }
    }
}
