//! Contacts that stand in the student's own row: `Contact1_*`, `Mother_*`, `Father_*`, `Guardian_*`.
//!
//! Such a contact has no id of its own. Two rows mean the same parent if the names are the same and a mobile or an
//! e-mail address is; the id is then made of the smallest student number and the place in that row.

use std::collections::HashMap;

use schoolbell_domain::people::{Address, Slot};
use schoolbell_domain::roster::snapshot::{Guardian, Owner};

use crate::roster::build::{Builder, Link, Place};
use crate::roster::table::{Column, Row, Table};

/// The prefixes in the order of contacts, and what they say of the relationship.
const WHO: [(&str, &str); 5] =
    [("Contact1", ""), ("Contact2", ""), ("Guardian", "Guardian"), ("Mother", "Mother"), ("Father", "Father")];

struct Contact {
    relation: &'static str,
    rank: u32,
    name: Column,
    given: Column,
    family: Column,
    relationship: Column,
    home: Column,
    mobile: Column,
    work: Column,
    email: Column,
}

/// The contact columns of a students table.
pub struct Wide {
    contacts: Vec<Contact>,
}

impl Wide {
    pub fn of(table: &Table<'_>) -> Self {
        let contact = |(rank, (who, relation)): (u32, (&str, &'static str))| {
            let column = |endings: &[&str]| {
                let names: Vec<String> = endings.iter().map(|ending| format!("{who}{ending}")).collect();
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                table.column(&names)
            };
            Contact {
                relation,
                rank,
                name: column(&["Name", "FullName"]),
                given: column(&["First", "FirstName"]),
                family: column(&["Last", "LastName", ""]),
                relationship: column(&["Relationship", "Relation"]),
                home: column(&["HomePhone", "Home"]),
                mobile: column(&["MobilePhone", "Mobile", "CellPhone", "Cell"]),
                work: column(&["WorkPhone", "Work"]),
                email: column(&["Email", "EmailAddress"]),
            }
        };
        let contacts: Vec<Contact> = (0..).zip(WHO).map(contact).collect();
        let named = |contact: &Contact| contact.name.is_some() || contact.given.is_some() || contact.family.is_some();
        Self { contacts: contacts.into_iter().filter(named).collect() }
    }

    pub fn is_there(&self) -> bool {
        !self.contacts.is_empty()
    }

    /// Takes the contacts of one row. `whose` is the student's number and school.
    pub fn take(
        &self,
        (table, row): (&Table<'_>, &Row),
        whose: (&str, &str),
        builder: &mut Builder<'_>,
        families: &mut Families,
    ) {
        for contact in &self.contacts {
            let (given, family) = names(row, contact);
            let mut points = Vec::new();
            for (column, slot) in
                [(contact.home, Slot::Home), (contact.mobile, Slot::Mobile), (contact.work, Slot::Work)]
            {
                points.extend(builder.phone_points(table, row, column, slot));
            }
            points.extend(builder.email_points(table, row, contact.email));
            if given.is_empty() && family.is_empty() && points.is_empty() {
                continue;
            }
            let relation = row.get(contact.relationship);
            let relation = if relation.is_empty() { contact.relation } else { relation };
            let place = builder.place(table, row);
            families.found.push(Found {
                student: whose.0.to_owned(),
                school: whose.1.to_owned(),
                rank: contact.rank,
                given,
                family,
                relation: relation.to_owned(),
                language: builder.students.get(whose.0).map_or_else(|| "en".to_owned(), |it| it.language.clone()),
                points,
                place,
            });
        }
    }
}

/// Given and family name: from two columns, or `Ana María Ruiz` and `Ruiz, Ana` out of one.
fn names(row: &Row, contact: &Contact) -> (String, String) {
    let whole = row.get(contact.name);
    if whole.is_empty() {
        return (row.get(contact.given).to_owned(), row.get(contact.family).to_owned());
    }
    let (given, family) = match whole.split_once(',') {
        Some((family, given)) => (given.trim(), family.trim()),
        None => whole.rsplit_once(' ').unwrap_or(("", whole)),
    };
    (given.to_owned(), family.to_owned())
}

struct Found {
    student: String,
    school: String,
    rank: u32,
    given: String,
    family: String,
    relation: String,
    language: String,
    points: Vec<(Slot, Address, Option<String>)>,
    place: Place,
}

/// Contacts of all rows, until siblings' parents are recognised.
#[derive(Default)]
pub struct Families {
    found: Vec<Found>,
}

impl Families {
    /// Makes guardians, links and points.
    pub fn settle(mut self, builder: &mut Builder<'_>) {
        self.found.sort_by(|one, other| (&one.student, one.rank).cmp(&(&other.student, other.rank)));
        let mut known: HashMap<(String, String, String), String> = HashMap::new();
        for found in self.found {
            let own = format!("{}/{}", found.student, found.rank + 1);
            let personal = |point: &&(Slot, Address, Option<String>)| matches!(point.0, Slot::Mobile | Slot::Email);
            let marks: Vec<_> = found
                .points
                .iter()
                .filter(personal)
                .map(|(_, address, _)| (found.given.clone(), found.family.clone(), address.expose().to_owned()))
                .collect();
            let key = marks.iter().find_map(|mark| known.get(mark)).cloned().unwrap_or(own);
            for mark in marks {
                known.entry(mark).or_insert_with(|| key.clone());
            }
            builder.guardians.entry(key.clone()).or_insert_with(|| Guardian {
                key: key.clone(),
                given: found.given,
                family: found.family,
                language: found.language,
            });
            builder.link(Link {
                guardian: key.clone(),
                student: found.student,
                rank: found.rank,
                role: None,
                legal: true,
                relation: found.relation,
                lives_with: None,
                custody_restricted: false,
                custody_document: None,
                place: found.place,
            });
            builder.add_points(&Owner::Guardian(key), &found.school, found.points);
        }
    }
}
