//! Somebody of a family who is signed in: the address, and whom it stands for at this moment.

use std::collections::HashMap;

use schoolbell_domain::family::Circle;
use schoolbell_domain::ids::PersonId;
use schoolbell_domain::language::Language;
use schoolbell_store::StoreResult;
use schoolbell_store::read::district::get_district;
use schoolbell_store::read::family::{self, FamilyPerson};
use schoolbell_store::tx::Reads;

use crate::{Actor, Engine};

/// An account that stands for somebody. Made anew from the roster for every request: a restriction that an import
/// brings holds at the next click.
#[derive(Debug, Clone)]
pub struct Family {
    /// Lower case.
    pub email: String,
    pub circle: Circle,
    pub people: HashMap<PersonId, FamilyPerson>,
}

impl Family {
    /// Whom an address stands for now; `None` if nobody of the roster may sign in with it.
    pub(crate) async fn of(engine: &Engine, reads: &mut impl Reads, email: &str) -> StoreResult<Option<Self>> {
        let district = get_district(reads).await?;
        let today = engine.now().to_zoned(district.time_zone).date();
        let circle = Circle::of(&family::kin(reads, email).await?, today);
        if circle.is_empty() {
            return Ok(None);
        }
        let people = family::people(reads, &circle.people()).await?;
        let people = people.into_iter().map(|person| (person.id, person)).collect();
        Ok(Some(Self { email: email.to_owned(), circle, people }))
    }

    /// Whose account it is, for a greeting: the first guardian by id.
    pub fn first(&self) -> Option<&FamilyPerson> {
        self.circle.guardians.first().and_then(|id| self.people.get(id))
    }

    /// The language of the first guardian's record.
    pub fn language(&self) -> Language {
        self.first().map(|person| person.language.clone()).unwrap_or_default()
    }

    /// The children by first name.
    pub fn children(&self) -> Vec<&FamilyPerson> {
        let mut children: Vec<_> = self.circle.children.iter().filter_map(|child| self.people.get(&child.id)).collect();
        children.sort_by(|one, other| (&one.given, one.id).cmp(&(&other.given, other.id)));
        children
    }

    /// The subject of an audit line: the first guardian's id.
    pub(crate) fn subject(&self) -> String {
        self.circle.guardians.first().map(ToString::to_string).unwrap_or_default()
    }
}

/// A family as it stands in the audit log: never the address.
pub(crate) fn actor() -> Actor {
    Actor { user: None, name: "family".to_owned(), grants: Vec::new() }
}
