//! The rows of a page: walks the people, folds the verdicts of [`super::cell`] to one row a contact point and channel,
//! and merges.

use super::cell::{Cell, Tie, left_out};
use super::dedupe::{Placed, merge};
use super::lookup::{Known, Lookup};
use super::plan::{Decision, Person, PlanRow};
use super::reason::SuppressReason;
use crate::channel::Channel;
use crate::ids::{PersonId, SchoolId};
use crate::language::Language;
use crate::people::PersonKind;

pub(super) fn rows(lookup: &Lookup<'_>) -> Vec<PlanRow> {
    let mut walk = Walk { lookup, rows: Vec::with_capacity(lookup.page.points.len() * 2), cells: Vec::new() };
    for person in &lookup.people {
        match person.membership.kind {
            PersonKind::Student => walk.student(person),
            PersonKind::Guardian => walk.guardian(person),
            PersonKind::Staff => walk.staff(person),
        }
    }
    walk.untold_students();
    let mut rows = walk.rows;
    rows.sort_by_key(|placed| {
        let row = &placed.row;
        (row.person, row.point, row.channel, row.merge_group)
    });
    merge(&mut rows);
    rows.into_iter().map(|placed| placed.row).collect()
}

struct Walk<'l, 'a> {
    lookup: &'l Lookup<'a>,
    rows: Vec<Placed>,
    /// Reused for every contact point.
    cells: Vec<Cell>,
}

/// Whose row it is, and in which language it speaks.
#[derive(Clone, Copy)]
struct Whose<'a, 'w> {
    person: &'a Person,
    language: &'a Language,
    /// Whose hours count: the guardian himself, or both contacts for a home phone.
    hours_of: &'w [PersonId],
}

impl<'a> Walk<'_, 'a> {
    /// A student's own points: the home phones follow both contacts; anything else of a student is no alert contact.
    fn student(&mut self, student: &'a Person) {
        let lookup = self.lookup;
        if !lookup.selects(student) {
            return;
        }
        let ties = lookup.alert_ties(student);
        let hours_of: Vec<PersonId> = ties.iter().map(|tie| tie.guardian).collect();
        let whose = Whose { person: student, language: self.home_language(student, &ties), hours_of: &hours_of };
        let id = student.membership.person;
        for known in lookup.points_of(id) {
            for channel in lookup.channels_of(*known) {
                self.cells.clear();
                self.cells.extend(lookup.student_cell(student, &ties, *known, channel));
                self.fold(whose, *known, channel);
            }
        }
    }

    /// Home phones speak the language of the main contact, or of the next one who may receive (LAW-56).
    fn home_language(&self, student: &'a Person, ties: &[Tie<'a>]) -> &'a Language {
        let contact = ties.iter().find_map(|tie| self.lookup.person(tie.guardian));
        &contact.unwrap_or(student).language
    }

    fn guardian(&mut self, guardian: &'a Person) {
        let lookup = self.lookup;
        let ties = lookup.selected_ties(guardian.membership.person);
        if ties.is_empty() {
            return;
        }
        let hours_of = [guardian.membership.person];
        let whose = Whose { person: guardian, language: &guardian.language, hours_of: &hours_of };
        let before = self.rows.len();
        for known in lookup.points_of(guardian.membership.person) {
            for channel in lookup.channels_of(*known) {
                self.cells.clear();
                self.cells.extend(ties.iter().filter_map(|tie| lookup.guardian_cell(*tie, *known, channel)));
                self.fold(whose, *known, channel);
            }
        }
        let told: Vec<&Tie<'a>> = ties.iter().filter(|tie| left_out(tie.relationship).is_none()).collect();
        if self.rows.len() == before && !told.is_empty() {
            let children = told.iter().map(|tie| tie.student.membership.person).collect();
            let school = told.iter().find_map(|tie| tie.student.membership.schools.iter().min().copied());
            self.no_address(whose, school, children);
        }
    }

    fn staff(&mut self, person: &'a Person) {
        let lookup = self.lookup;
        if !lookup.selects(person) {
            return;
        }
        let whose = Whose { person, language: &person.language, hours_of: &[] };
        let before = self.rows.len();
        for known in lookup.points_of(person.membership.person) {
            for channel in lookup.channels_of(*known) {
                self.cells.clear();
                self.cells.push(lookup.staff_cell(person, *known, channel));
                self.fold(whose, *known, channel);
            }
        }
        if self.rows.len() == before {
            self.no_address(whose, person.membership.schools.iter().min().copied(), Vec::new());
        }
    }

    /// A selected student whom no row names would be a silent hole.
    fn untold_students(&mut self) {
        let mut named: Vec<PersonId> =
            self.rows.iter().flat_map(|placed| placed.row.children.iter().copied()).collect();
        named.sort_unstable();
        let lookup = self.lookup;
        for student in &lookup.people {
            let id = student.membership.person;
            let selected = student.membership.kind == PersonKind::Student && lookup.selects(student);
            if selected && named.binary_search(&id).is_err() {
                let whose = Whose { person: student, language: &student.language, hours_of: &[] };
                self.no_address(whose, student.membership.schools.iter().min().copied(), vec![id]);
            }
        }
    }

    /// Folds the verdicts on the children to one row: sent for those for whom any says so, otherwise left out for the
    /// reason that came nearest to sending. Children who are contested at this address go apart.
    fn fold(&mut self, whose: Whose<'a, '_>, known: Known<'a>, channel: Channel) {
        let Some(best) = self.cells.iter().map(|cell| weight(cell.verdict.err())).max() else {
            return;
        };
        let told = self.cells.iter().filter(|cell| weight(cell.verdict.err()) == best);
        let verdict = told.clone().next().map(|cell| cell.verdict);
        let mut children: Vec<PersonId> = told.filter_map(|cell| cell.child).collect();
        match verdict {
            None => {}
            Some(Err(reason)) => self.push(whose, known, channel, (children, 0, Decision::Suppress(reason))),
            Some(Ok(basis)) => {
                let not_before = self.lookup.leaves_for(known.point.school, whose.hours_of.iter().copied());
                let send = Decision::Send { not_before, basis };
                let lookup = self.lookup;
                let apart: Vec<PersonId> =
                    children.extract_if(.., |child| lookup.is_contested(known.address, *child)).collect();
                if !children.is_empty() || apart.is_empty() {
                    self.push(whose, known, channel, (children, 0, send));
                }
                for child in apart {
                    self.push(whose, known, channel, (vec![child], child.raw(), send));
                }
            }
        }
    }

    fn push(
        &mut self,
        whose: Whose<'a, '_>,
        known: Known<'a>,
        channel: Channel,
        (children, merge_group, decision): (Vec<PersonId>, i64, Decision),
    ) {
        self.rows.push(Placed {
            address: Some(known.address),
            row: PlanRow {
                person: whose.person.membership.person,
                kind: whose.person.membership.kind,
                language: whose.language.clone(),
                point: Some(known.point.id),
                slot: Some(known.point.slot),
                school: known.point.school,
                channel,
                address: Some(known.point.address.clone()),
                children,
                merge_group,
                decision,
            },
        });
    }

    /// One row that says so, on the first channel of the broadcast.
    fn no_address(&mut self, whose: Whose<'a, '_>, school: Option<SchoolId>, children: Vec<PersonId>) {
        let Some(channel) = self.lookup.channels.first().copied() else {
            return;
        };
        self.rows.push(Placed {
            address: None,
            row: PlanRow {
                person: whose.person.membership.person,
                kind: whose.person.membership.kind,
                language: whose.language.clone(),
                point: None,
                slot: None,
                school: school.unwrap_or(SchoolId::from_raw(0)),
                channel,
                address: None,
                children,
                merge_group: 0,
                decision: Decision::Suppress(SuppressReason::NoAddress),
            },
        });
    }
}

/// How near to sending a verdict came. What differs between the children of one contact point is custody, role and
/// choice; the rest is the address's own.
const fn weight(verdict: Option<SuppressReason>) -> u8 {
    match verdict {
        Some(SuppressReason::NoAddress) => 0,
        Some(SuppressReason::CustodyRestricted) => 1,
        Some(SuppressReason::NotAlertContact) => 2,
        Some(SuppressReason::NotDefault) => 3,
        Some(SuppressReason::PreferenceOff) => 4,
        Some(SuppressReason::NoConsent) => 5,
        Some(SuppressReason::Revoked) => 6,
        Some(SuppressReason::DenyListed) => 7,
        Some(SuppressReason::DeadAddress) => 8,
        Some(SuppressReason::Complained) => 9,
        Some(SuppressReason::CallLimit | SuppressReason::NoApp) => 10,
        Some(SuppressReason::NoGateway) => 11,
        Some(SuppressReason::Merged) => 12,
        // Said after the plan, when the family has it or has answered.
        Some(SuppressReason::Reached | SuppressReason::Answered) => 13,
        None => 14,
    }
}
