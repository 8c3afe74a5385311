//! What renders need of people and schools: first names, and the school's name and phone.

use std::collections::HashMap;

use schoolbell_domain::ids::{PersonId, SchoolId};

use crate::error::StoreResult;
use crate::on;
use crate::sql::{fetch_set, rows_that_fit};
use crate::statements;
use crate::tx::Reads;

/// What a person is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    pub given: String,
    pub family: String,
}

/// A school as messages name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchoolName {
    pub name: String,
    pub phone: Option<String>,
}

statements! {
    NAMES = "SELECT id, given, family FROM person WHERE id IN {list@1}";
    SCHOOLS = "SELECT id, name, phone FROM school";
}

/// The names of these people; one whose id is unknown is left out.
pub async fn names(reads: &mut impl Reads, people: &[PersonId]) -> StoreResult<HashMap<PersonId, Name>> {
    let tx = reads.tx();
    let mut names = HashMap::with_capacity(people.len());
    for chunk in people.chunks(rows_that_fit(1, 500)) {
        let rows = fetch_set!(tx, (i64, String, String), NAMES, [], chunk, |query, id| query.bind(id.raw()))?;
        names.extend(rows.into_iter().map(|(id, given, family)| (PersonId::from_raw(id), Name { given, family })));
    }
    Ok(names)
}

/// Every school, former ones too, as messages name it.
pub async fn school_names(reads: &mut impl Reads) -> StoreResult<HashMap<SchoolId, SchoolName>> {
    let rows: Vec<(i64, String, Option<String>)> =
        on!(reads.tx(), |conn| sqlx::query_as(SCHOOLS).fetch_all(conn).await)?;
    let named = |(id, name, phone)| (SchoolId::from_raw(id), SchoolName { name, phone });
    Ok(rows.into_iter().map(named).collect())
}
