//! One contact point over one channel, judged for each student whom it is about.
//!
//! `plan` folds these verdicts to rows and `explain` tells them: they cannot disagree.

use super::basis::basis;
use super::lookup::{Known, Lookup};
use super::plan::{Basis, Person, PreferenceKey, Relationship};
use super::preference::{Floor, VoiceCell, Wish, effective, floor};
use super::reason::SuppressReason;
use crate::channel::Channel;
use crate::ids::{ContactPointId, PersonId};
use crate::people::{ContactRole, PersonKind, Slot};

/// What the rules say of one contact point over one channel, for one student or, for staff, for themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cell {
    pub child: Option<PersonId>,
    /// `None` if the person may not receive at all and nobody asked what the family wants.
    pub wish: Option<Wish>,
    pub verdict: Result<Basis, SuppressReason>,
}

/// A guardian's relationship to a selected student, with what all cells of the pair share.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tie<'a> {
    pub guardian: PersonId,
    pub student: &'a Person,
    pub relationship: &'a Relationship,
    /// The number that the floor turned on (A46).
    pub floor: Option<ContactPointId>,
    /// No home phone of the student is on record.
    homeless: bool,
    /// The contact has a home phone of his own in the record of the student's school.
    own_home: bool,
}

impl Tie<'_> {
    /// As the family's choices and the defaults leave it, before the floor turns anything on.
    #[must_use]
    pub const fn without_floor(self) -> Self {
        Self { floor: None, ..self }
    }

    /// Whether the guardian may receive about the student at all.
    pub const fn may_receive(&self) -> bool {
        left_out(self.relationship).is_none()
    }
}

impl<'a> Lookup<'a> {
    /// The ties of a guardian to the students whom the audience selects.
    pub fn selected_ties(&self, guardian: PersonId) -> Vec<Tie<'a>> {
        let ties = self.students_of(guardian).iter();
        ties.filter_map(|tie| {
            let student = self.person(tie.student).filter(|student| self.selects(student))?;
            Some(self.tie(tie, student))
        })
        .collect()
    }

    /// The ties of a student to the main and secondary contacts who may receive.
    pub fn alert_ties(&self, student: &'a Person) -> Vec<Tie<'a>> {
        let ties = self.guardians_of(student.membership.person).iter();
        ties.filter(|tie| left_out(tie).is_none()).map(|tie| self.tie(tie, student)).collect()
    }

    fn tie(&self, relationship: &'a Relationship, student: &'a Person) -> Tie<'a> {
        let own = |known: &&Known<'a>| student.membership.schools.contains(&known.point.school);
        let mut tie = Tie {
            guardian: relationship.guardian,
            student,
            relationship,
            floor: None,
            homeless: self.home_phones(student).next().is_none(),
            own_home: self
                .points_of(relationship.guardian)
                .iter()
                .filter(own)
                .any(|known| known.point.slot == Slot::Home),
        };
        if left_out(relationship).is_none() && self.channels.contains(&Channel::Voice) {
            tie.floor = match floor(self.ask.category, self.voice_cells(tie)) {
                Floor::Select(point) => Some(point),
                Floor::Holds | Floor::NobodyLeft => None,
            };
        }
        tie
    }

    /// The voice cells of a guardian and a student: the student's home phones and the contact's own phones.
    pub(super) fn voice_cells(&self, tie: Tie<'a>) -> impl Iterator<Item = VoiceCell> {
        let own = self.points_of(tie.guardian).iter().copied();
        let own = own.filter(move |known| {
            tie.student.membership.schools.contains(&known.point.school) && known.point.slot.is_phone()
        });
        self.home_phones(tie.student).chain(own).map(move |known| VoiceCell {
            point: known.point.id,
            slot: known.point.slot,
            wish: self.wish(tie, known, Channel::Voice),
            usable: self.facts(known).can_ring(),
        })
    }

    /// What this pair wants of a contact point: a choice, the default, or one of the two ways to stand in.
    pub(super) fn wish(&self, tie: Tie<'a>, known: Known<'a>, channel: Channel) -> Wish {
        let choice = self.choice(tie, known, channel);
        let wish = effective(self.ask.category, known.point.slot, channel, choice);
        if wish.is_on() || channel != Channel::Voice {
            return wish;
        }
        if tie.floor == Some(known.point.id) {
            return Wish::Floor;
        }
        let slot_stands_in = match known.point.slot {
            Slot::Home => true,
            Slot::Mobile => !tie.own_home,
            Slot::HomePrimary | Slot::HomeSecondary | Slot::Work | Slot::Email => false,
        };
        let stands_in = self.ask.mobile_stands_in && tie.homeless && slot_stands_in;
        if stands_in && wish == Wish::NotDefault { Wish::StandsIn } else { wish }
    }

    fn choice(&self, tie: Tie<'a>, known: Known<'a>, channel: Channel) -> Option<bool> {
        if self.page.preferences.is_empty() {
            return None;
        }
        let student = tie.student.membership.person;
        let key = PreferenceKey { guardian: tie.guardian, student, point: known.point.id, channel };
        self.page.preferences.get(&key).copied()
    }

    /// The verdicts on one contact point over one channel: what `rows` folds and `explain` tells.
    pub fn cells(&self, person: &'a Person, known: Known<'a>, channel: Channel) -> Vec<Cell> {
        let id = person.membership.person;
        match person.membership.kind {
            PersonKind::Student => {
                self.student_cell(person, &self.alert_ties(person), known, channel).into_iter().collect()
            }
            PersonKind::Guardian => {
                let ties = self.selected_ties(id);
                ties.into_iter().filter_map(|tie| self.guardian_cell(tie, known, channel)).collect()
            }
            PersonKind::Staff => vec![self.staff_cell(person, known, channel)],
        }
    }

    /// A student's own contact point: home phones follow both contacts, anything else is no alert contact. `None` if
    /// it belongs to another school's record (A21).
    pub fn student_cell(
        &self,
        student: &'a Person,
        ties: &[Tie<'a>],
        known: Known<'a>,
        channel: Channel,
    ) -> Option<Cell> {
        if !student.membership.schools.contains(&known.point.school) {
            return None;
        }
        let child = Some(student.membership.person);
        Some(match known.point.slot {
            Slot::HomePrimary | Slot::HomeSecondary => self.home_cell(student, ties, known, channel),
            Slot::Home | Slot::Mobile | Slot::Work | Slot::Email => {
                Cell { child, wish: None, verdict: Err(SuppressReason::NotAlertContact) }
            }
        })
    }

    /// A guardian's own contact point, for one student. `None` if it belongs to another school's record (A20).
    pub fn guardian_cell(&self, tie: Tie<'a>, known: Known<'a>, channel: Channel) -> Option<Cell> {
        if !tie.student.membership.schools.contains(&known.point.school) {
            return None;
        }
        let child = Some(tie.student.membership.person);
        // The app shows what its account may see: where one reader of a mailbox is barred, nobody reads it there.
        let contested = channel == Channel::Push && self.is_contested(known.address, tie.student.membership.person);
        let barred = contested.then_some(SuppressReason::CustodyRestricted);
        Some(match left_out(tie.relationship).or(barred) {
            Some(reason) => Cell { child, wish: None, verdict: Err(reason) },
            None => self.judge(child, self.wish(tie, known, channel), known, channel),
        })
    }

    /// A home phone of the student: on if either contact wants it; where no contact may receive, by default alone.
    fn home_cell(&self, student: &'a Person, ties: &[Tie<'a>], known: Known<'a>, channel: Channel) -> Cell {
        let wishes = ties.iter().map(|tie| self.wish(*tie, known, channel));
        let wish = wishes.reduce(Wish::either);
        let wish = wish.unwrap_or_else(|| effective(self.ask.category, known.point.slot, channel, None));
        self.judge(Some(student.membership.person), wish, known, channel)
    }

    /// A contact point of a member of staff: mobile and e-mail; the home phone where there is no mobile. The app is the
    /// families'.
    pub fn staff_cell(&self, person: &'a Person, known: Known<'a>, channel: Channel) -> Cell {
        let mut own = self.points_of(person.membership.person).iter();
        let wish = match known.point.slot {
            Slot::Email if channel == Channel::Push => Wish::NotDefault,
            Slot::Mobile | Slot::Email => Wish::Default,
            Slot::Home | Slot::HomePrimary | Slot::HomeSecondary => {
                if own.any(|known| known.point.slot == Slot::Mobile) { Wish::NotDefault } else { Wish::StandsIn }
            }
            Slot::Work => Wish::NotDefault,
        };
        self.judge(None, wish, known, channel)
    }

    /// Consent, wish, network, law and carrier, in this order. A text without a YES is impossible before anybody asks
    /// what the family wants; the carrier comes last, so that "no carrier" counts only what would have gone.
    pub(super) fn judge(&self, child: Option<PersonId>, wish: Wish, known: Known<'a>, channel: Channel) -> Cell {
        let facts = self.facts(known);
        let category = self.ask.category;
        let lawful = basis(category, known.point.slot, channel, facts.ledger);
        let impossible = if channel == Channel::Sms { lawful.err() } else { None };
        let blocked = || facts.suppression(channel).and_then(|suppression| suppression.blocks(category));
        let verdict = match impossible.or_else(|| wish.off_reason()).or_else(blocked) {
            Some(reason) => Err(reason),
            None if !self.ask.gateways.contains(&channel) => lawful.and(Err(SuppressReason::NoGateway)),
            None => lawful,
        };
        Cell { child, wish: Some(wish), verdict }
    }
}

/// Who never receives about this student: custody first (LAW-52), then those who are no alert contacts (A14, A15).
pub(super) const fn left_out(tie: &Relationship) -> Option<SuppressReason> {
    match (tie.custody_restricted, tie.role) {
        (true, _) => Some(SuppressReason::CustodyRestricted),
        (false, ContactRole::Other) => Some(SuppressReason::NotAlertContact),
        (false, ContactRole::Main | ContactRole::Secondary) => None,
    }
}
