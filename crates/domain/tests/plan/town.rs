//! A small town for the tests and benches of the plan: two schools in two zones, households as one asks for them.
//! Numbers are fictional (512-555-01xx), addresses at example.org.

#![expect(clippy::unwrap_used, reason = "fixtures")]

use jiff::Timestamp;
use jiff::tz::TimeZone;
use schoolbell_domain::audience::{Audience, AudienceRule, Membership};
use schoolbell_domain::category::Category;
use schoolbell_domain::channel::Channel;
use schoolbell_domain::consent::ConsentState;
use schoolbell_domain::delivery::plan::{Ask, Page, Person, Point, Relationship};
use schoolbell_domain::delivery::suppression::Suppression;
use schoolbell_domain::delivery::window::SendWindow;
use schoolbell_domain::ids::{ContactPointId, PersonId, SchoolId};
use schoolbell_domain::language::Language;
use schoolbell_domain::people::{Address, ContactRole, PersonKind, Slot};

pub const LINCOLN: SchoolId = SchoolId::from_raw(1);
pub const GARFIELD: SchoolId = SchoolId::from_raw(2);

/// Builds a page.
#[derive(Debug, Clone)]
pub struct Town {
    pub page: Page,
    next: i64,
}

impl Default for Town {
    fn default() -> Self {
        let mut page = Page::default();
        page.zones.insert(LINCOLN, TimeZone::get("America/Chicago").unwrap());
        page.zones.insert(GARFIELD, TimeZone::get("America/Denver").unwrap());
        Self { page, next: 100 }
    }
}

impl Town {
    pub fn person(&mut self, kind: PersonKind, household: i64, schools: Vec<SchoolId>) -> PersonId {
        self.next += 1;
        let person = PersonId::from_raw(self.next);
        let membership = Membership {
            person,
            kind,
            schools,
            grade: "05".to_owned(),
            sections: vec![],
            routes: vec![],
            lists: vec![],
        };
        self.page.people.push(Person { household, language: Language::of("en"), membership });
        person
    }

    pub fn student(&mut self, school: SchoolId) -> PersonId {
        self.person(PersonKind::Student, 1, vec![school])
    }

    pub fn guardian(&mut self) -> PersonId {
        self.person(PersonKind::Guardian, 1, vec![])
    }

    pub fn staff(&mut self, school: SchoolId) -> PersonId {
        self.person(PersonKind::Staff, 1, vec![school])
    }

    pub fn tie(&mut self, guardian: PersonId, student: PersonId, role: ContactRole) {
        let custody_restricted = false;
        self.page.relationships.push(Relationship { guardian, student, role, custody_restricted });
    }

    pub fn restrict(&mut self, guardian: PersonId, student: PersonId) {
        let of = |tie: &&mut Relationship| tie.guardian == guardian && tie.student == student;
        self.page.relationships.iter_mut().find(of).unwrap().custody_restricted = true;
    }

    pub fn point(&mut self, person: PersonId, school: SchoolId, slot: Slot, address: &str) -> ContactPointId {
        self.next += 1;
        let id = ContactPointId::from_raw(self.next);
        self.page.points.push(Point { id, person, school, slot, address: at(address) });
        id
    }

    pub fn says_yes(&mut self, number: &str) {
        self.page.text_consent.insert(at(number), ConsentState::OptedIn);
    }

    pub fn is_dead(&mut self, address: &str, channel: Channel) {
        self.page.suppressions.insert((at(address), channel), Suppression::Dead);
    }
}

/// A fictional number from its last two digits (`01`), or an address at example.org from a name.
pub fn at(text: &str) -> Address {
    let two_digits = text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
    let full = if two_digits { format!("+151255501{text}") } else { format!("{text}@example.org") };
    Address::from_stored(&full).unwrap()
}

/// Every family of the district and all staff, over all channels, at noon in Chicago on a school day.
pub fn ask(category: Category) -> Ask {
    Ask {
        category,
        audience: Audience {
            include: vec![AudienceRule::District, AudienceRule::Staff { school: None }],
            except: vec![],
        },
        channels: vec![Channel::Voice, Channel::Sms, Channel::Email],
        gateways: vec![Channel::Voice, Channel::Sms, Channel::Email],
        leaves_at: instant("2026-01-14T12:00:00-06:00"),
        window: SendWindow::default(),
        mobile_stands_in: false,
    }
}

pub fn instant(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Many usual households: two children, two contacts with all their phones, some shared, some numbers that said YES,
/// some dead, some choices. The same for the same count.
pub fn city(households: i64) -> Page {
    let mut town = Town::default();
    for household in 0..households {
        let school = if household % 3 == 0 { GARFIELD } else { LINCOLN };
        let children: Vec<PersonId> =
            (0..2).map(|_| town.person(PersonKind::Student, household, vec![school])).collect();
        for (index, role) in [ContactRole::Main, ContactRole::Secondary].into_iter().enumerate() {
            let guardian = town.person(PersonKind::Guardian, household, vec![]);
            for child in &children {
                town.tie(guardian, *child, role);
            }
            let number = |line: usize| format!("+1512{:07}", household * 10 + i64::try_from(index * 4 + line).unwrap());
            for (line, slot) in [Slot::Home, Slot::Mobile, Slot::Work].into_iter().enumerate() {
                far_point(&mut town, guardian, school, slot, &number(line));
            }
            far_point(&mut town, guardian, school, Slot::Email, &format!("family{household}.{index}@example.org"));
            if household % 2 == 0 {
                town.page.text_consent.insert(Address::from_stored(&number(1)).unwrap(), ConsentState::OptedIn);
            }
            if household % 17 == 0 {
                town.page
                    .suppressions
                    .insert((Address::from_stored(&number(2)).unwrap(), Channel::Voice), Suppression::Dead);
            }
        }
        for child in &children {
            far_point(&mut town, *child, school, Slot::HomePrimary, &format!("+1512{:07}", household * 10));
            far_point(&mut town, *child, school, Slot::HomeSecondary, &format!("+1512{:07}", household * 10 + 8));
        }
    }
    town.page
}

fn far_point(town: &mut Town, person: PersonId, school: SchoolId, slot: Slot, address: &str) {
    town.next += 1;
    let id = ContactPointId::from_raw(town.next);
    let address = Address::from_stored(address).unwrap();
    town.page.points.push(Point { id, person, school, slot, address });
}
