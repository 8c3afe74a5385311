//! A page by the questions that the rules ask of it. Sorted, so that the order of the input never matters.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::basis::Ledger;
use super::plan::{Ask, Page, Person, Point, Relationship};
use super::suppression::Suppression;
use super::window::{SendWindow, next_allowed};
use crate::category::Category;
use crate::channel::Channel;
use crate::ids::{PersonId, SchoolId};
use crate::people::{Address, PersonKind, Slot};

/// What ledger and network say of one address, found once for all its points.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Facts {
    pub ledger: Ledger,
    voice: Option<Suppression>,
    sms: Option<Suppression>,
    email: Option<Suppression>,
    /// The app is set up for this address.
    app: bool,
}

impl Facts {
    pub const fn suppression(&self, channel: Channel) -> Option<Suppression> {
        match channel {
            Channel::Voice => self.voice,
            Channel::Sms => self.sms,
            Channel::Email => self.email,
            Channel::Push => None,
        }
    }

    /// Whether a call can get through at all: what the floor counts as a number (A46).
    pub const fn can_ring(&self) -> bool {
        match self.voice {
            Some(Suppression::Dead | Suppression::Denied) => false,
            Some(Suppression::Complaint) | None => true,
        }
    }

    const fn set(&mut self, channel: Channel, suppression: Suppression) {
        match channel {
            Channel::Voice => self.voice = Some(suppression),
            Channel::Sms => self.sms = Some(suppression),
            Channel::Email => self.email = Some(suppression),
            Channel::Push => {}
        }
    }
}

/// A contact point with the number of its address within the page.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known<'a> {
    pub point: &'a Point,
    pub address: usize,
}

/// A page, indexed.
#[derive(Debug)]
pub(super) struct Lookup<'a> {
    pub ask: &'a Ask,
    pub page: &'a Page,
    /// The channels asked for, each once, in the order of `Channel::ALL`.
    pub channels: Vec<Channel>,
    /// By id, each once.
    pub people: Vec<&'a Person>,
    by_guardian: Vec<&'a Relationship>,
    by_student: Vec<&'a Relationship>,
    points: Vec<Known<'a>>,
    facts: Vec<Facts>,
    leaves: Vec<(SchoolId, Timestamp)>,
    restricted: HashSet<(usize, PersonId)>,
}

impl<'a> Lookup<'a> {
    pub fn new(ask: &'a Ask, page: &'a Page) -> Self {
        let (points, numbers) = number_addresses(page);
        let (by_guardian, by_student) = ties(page);
        let mut lookup = Self {
            ask,
            page,
            channels: Channel::ALL.into_iter().filter(|channel| ask.channels.contains(channel)).collect(),
            people: people(page),
            by_guardian,
            by_student,
            facts: facts(page, &numbers),
            points,
            leaves: leaves(ask, page),
            restricted: HashSet::new(),
        };
        lookup.restricted = lookup.restricted_addresses();
        lookup
    }

    pub fn person(&self, id: PersonId) -> Option<&'a Person> {
        let at = self.people.binary_search_by_key(&id, |person| person.membership.person).ok()?;
        self.people.get(at).copied()
    }

    /// The contact points of a person, by id.
    pub fn points_of(&self, person: PersonId) -> &[Known<'a>] {
        let from = self.points.partition_point(|known| known.point.person < person);
        let rest = self.points.get(from..).unwrap_or_default();
        rest.get(..rest.partition_point(|known| known.point.person == person)).unwrap_or_default()
    }

    /// The home phones of a student in the record of the current school (A13, A21).
    pub fn home_phones(&self, student: &'a Person) -> impl Iterator<Item = Known<'a>> {
        let homes = self.points_of(student.membership.person).iter().copied();
        homes.filter(|known| {
            student.membership.schools.contains(&known.point.school)
                && matches!(known.point.slot, Slot::HomePrimary | Slot::HomeSecondary)
        })
    }

    /// A guardian's relationships, by student.
    pub fn students_of(&self, guardian: PersonId) -> &[&'a Relationship] {
        let from = self.by_guardian.partition_point(|tie| tie.guardian < guardian);
        let rest = self.by_guardian.get(from..).unwrap_or_default();
        rest.get(..rest.partition_point(|tie| tie.guardian == guardian)).unwrap_or_default()
    }

    /// A student's relationships: main, then secondary, then other contacts; within a role by guardian.
    pub fn guardians_of(&self, student: PersonId) -> &[&'a Relationship] {
        let from = self.by_student.partition_point(|tie| tie.student < student);
        let rest = self.by_student.get(from..).unwrap_or_default();
        rest.get(..rest.partition_point(|tie| tie.student == student)).unwrap_or_default()
    }

    pub fn facts(&self, known: Known<'a>) -> Facts {
        self.facts.get(known.address).copied().unwrap_or_default()
    }

    /// The channels asked for that a contact point can carry; the app only where it is set up.
    pub fn channels_of(&self, known: Known<'a>) -> impl Iterator<Item = Channel> {
        let app = self.facts(known).app;
        let channels = known.point.slot.channels().iter().copied();
        channels.filter(move |channel| self.channels.contains(channel) && (app || *channel != Channel::Push))
    }

    /// Whether the audience selects this student or member of staff.
    pub fn selects(&self, person: &Person) -> bool {
        person.membership.kind != PersonKind::Guardian && self.ask.audience.selects(&person.membership).is_some()
    }

    /// When a message to a contact point of this school may leave (LAW-15): at once if urgent.
    pub fn leaves_at(&self, school: SchoolId) -> Timestamp {
        let Ok(at) = self.leaves.binary_search_by_key(&school, |(school, _)| *school) else {
            return leaves(self.ask, self.page).first().map_or(self.ask.leaves_at, |(_, at)| *at);
        };
        self.leaves.get(at).map_or(self.ask.leaves_at, |(_, at)| *at)
    }

    /// The hours that somebody chose for this category, narrowed to the district's. Hours that have nothing in common with
    /// the district's, which were changed since, count as none.
    pub fn chosen_hours(&self, guardian: PersonId) -> Option<SendWindow> {
        if self.ask.category != Category::General {
            return None;
        }
        self.page.hours.get(&guardian)?.within(self.ask.window)
    }

    /// As `leaves_at`, and not before the hours of any of these guardians open (A37).
    pub fn leaves_for(&self, school: SchoolId, guardians: impl Iterator<Item = PersonId>) -> Timestamp {
        let zone = || {
            let first = self.page.zones.iter().min_by_key(|(school, _)| **school).map(|(_, zone)| zone);
            self.page.zones.get(&school).or(first)
        };
        let own = guardians.filter_map(|guardian| self.chosen_hours(guardian));
        let own = own.filter_map(|hours| Some(next_allowed(self.ask.leaves_at, zone()?, hours)));
        own.fold(self.leaves_at(school), Timestamp::max)
    }

    /// Whether somebody who has this address may not receive anything about this student (LAW-52).
    pub fn is_contested(&self, address: usize, student: PersonId) -> bool {
        !self.restricted.is_empty() && self.restricted.contains(&(address, student))
    }

    fn restricted_addresses(&self) -> HashSet<(usize, PersonId)> {
        let restricted = self.by_guardian.iter().filter(|tie| tie.custody_restricted);
        restricted
            .flat_map(|tie| self.points_of(tie.guardian).iter().map(|known| (known.address, tie.student)))
            .collect()
    }
}

fn people(page: &Page) -> Vec<&Person> {
    let mut people: Vec<&Person> = page.people.iter().collect();
    people.sort_by_key(|person| person.membership.person);
    people.dedup_by_key(|person| person.membership.person);
    people
}

/// Relationships by guardian and by student. Where a pair stands twice, the restricted one counts.
fn ties(page: &Page) -> (Vec<&Relationship>, Vec<&Relationship>) {
    let mut by_guardian: Vec<&Relationship> = page.relationships.iter().collect();
    by_guardian.sort_by_key(|tie| (tie.guardian, tie.student, !tie.custody_restricted, tie.role));
    by_guardian.dedup_by_key(|tie| (tie.guardian, tie.student));
    let mut by_student = by_guardian.clone();
    by_student.sort_by_key(|tie| (tie.student, tie.role, tie.guardian));
    (by_guardian, by_student)
}

/// The points by person and id, each address as a small number: comparing and hashing texts once is what keeps a page
/// of two hundred households under a millisecond.
fn number_addresses(page: &Page) -> (Vec<Known<'_>>, HashMap<&Address, usize>) {
    let mut numbers: HashMap<&Address, usize> = HashMap::with_capacity(page.points.len());
    let mut points: Vec<Known<'_>> = page
        .points
        .iter()
        .map(|point| {
            let next = numbers.len();
            Known { point, address: *numbers.entry(&point.address).or_insert(next) }
        })
        .collect();
    points.sort_by_key(|known| (known.point.person, known.point.id));
    points.dedup_by_key(|known| known.point.id);
    (points, numbers)
}

fn facts(page: &Page, numbers: &HashMap<&Address, usize>) -> Vec<Facts> {
    let mut facts = vec![Facts::default(); numbers.len()];
    let mut of = |address: &Address, change: &dyn Fn(&mut Facts)| {
        if let Some(fact) = numbers.get(address).and_then(|at| facts.get_mut(*at)) {
            change(fact);
        }
    };
    for (address, state) in &page.text_consent {
        of(address, &|fact| fact.ledger.text = *state);
    }
    for (address, state) in &page.voice_consent {
        of(address, &|fact| fact.ledger.voice = Some(*state));
    }
    for (address, state) in &page.emergency_consent {
        of(address, &|fact| fact.ledger.emergency_calls = *state);
    }
    for (address, calls) in &page.recent_exempt_calls {
        of(address, &|fact| fact.ledger.recent_exempt_calls = *calls);
    }
    for address in &page.apps {
        of(address, &|fact| fact.app = true);
    }
    for ((address, channel), suppression) in &page.suppressions {
        of(address, &|fact| fact.set(*channel, *suppression));
    }
    facts
}

/// By school. A school whose zone is not named takes that of the lowest id: within one district that is a far better
/// guess than UTC.
fn leaves(ask: &Ask, page: &Page) -> Vec<(SchoolId, Timestamp)> {
    let mut zones: Vec<(&SchoolId, &TimeZone)> = page.zones.iter().collect();
    zones.sort_by_key(|(school, _)| **school);
    let at = |zone: &TimeZone| {
        if ask.category.is_urgent() { ask.leaves_at } else { next_allowed(ask.leaves_at, zone, ask.window) }
    };
    zones.into_iter().map(|(school, zone)| (*school, at(zone))).collect()
}
