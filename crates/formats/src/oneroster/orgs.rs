//! orgs.csv: schools, and the district whose staff belong to no school.

use std::collections::HashMap;

use schoolbell_domain::roster::snapshot::School;
use schoolbell_domain::school::SchoolLevel;

use super::{each_row, is_deleted};
use crate::roster::RosterError;
use crate::roster::build::{Builder, Seen};
use crate::roster::files::FileSet;

/// Organisations that are no school: they become one when somebody belongs to nothing else.
pub type Others = HashMap<String, School>;

const SCHOOLS: [&str; 5] = ["school", "college", "university", "academy", "campus"];

/// Puts the schools into the builder and hands back the rest.
pub fn read(files: &mut dyn FileSet, builder: &mut Builder<'_>) -> Result<Others, RosterError> {
    let mut others = Others::new();
    let found = each_row(
        files,
        "orgs.csv",
        builder,
        |table, builder| {
            let id = table.must(&["sourcedId"], &mut builder.issues)?;
            let name = table.must(&["name"], &mut builder.issues)?;
            let kind = table.column(&["type"]);
            let phone = table.column(&["metadata.phone", "phone"]);
            Ok((id, name, kind, phone, table.column(&["metadata.level"]), table.column(&["status"])))
        },
        |table, row, (id, name, kind, phone, level, status), builder| {
            let Some(key) = builder.required(table, row, Some(*id)) else { return };
            if is_deleted(row.get(*status)) || builder.seen("school", key, table, row) == Seen::Before {
                return;
            }
            let name = row.get(Some(*name)).to_owned();
            let phone =
                builder.phones(table, row, *phone).into_iter().next().map(|(phone, _)| phone.expose().to_owned());
            let level = row.get(*level).to_ascii_lowercase().parse().unwrap_or_else(|_| level_of(&name));
            let school = School { key: key.to_owned(), name, level, phone };
            if SCHOOLS.iter().any(|word| row.get(*kind).eq_ignore_ascii_case(word)) {
                builder.schools.insert(school.key.clone(), school);
            } else {
                others.insert(school.key.clone(), school);
            }
        },
    )?;
    if found { Ok(others) } else { Err(RosterError::MissingFile { file: "orgs.csv".to_owned() }) }
}

/// The level that a school's name tells.
pub fn level_of(name: &str) -> SchoolLevel {
    let name = name.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
    if has(&["middle", "junior", "intermediate"]) {
        SchoolLevel::Middle
    } else if has(&["elementary", "primary"]) {
        SchoolLevel::Elementary
    } else if has(&["high school", "secondary", "senior high"]) || name.ends_with(" high") {
        SchoolLevel::High
    } else {
        SchoolLevel::Other
    }
}
