//! roles.csv of OneRoster 1.2 and School Data Sync 2.1, and the latter's relationships.csv.

use std::collections::HashMap;

use super::{each_row, is_deleted};
use crate::roster::RosterError;
use crate::roster::build::{Builder, Link};
use crate::roster::files::FileSet;
use crate::roster::value;

/// One role of a user: what, where, in which grade.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    pub name: String,
    pub org: String,
    pub grade: String,
}

/// The roles that hold today, by user, the primary one first.
pub type Roles = HashMap<String, Vec<Role>>;

pub fn read(files: &mut dyn FileSet, builder: &mut Builder<'_>) -> Result<Roles, RosterError> {
    let mut roles = Roles::new();
    each_row(
        files,
        "roles.csv",
        builder,
        |table, builder| {
            let user = table.must(&["userSourcedId"], &mut builder.issues)?;
            let role = table.must(&["role"], &mut builder.issues)?;
            let org = table.must(&["orgSourcedId"], &mut builder.issues)?;
            let dates = (table.column(&["beginDate", "roleStartDate"]), table.column(&["endDate", "roleEndDate"]));
            let primary = table.column(&["roleType", "isPrimary"]);
            Ok((user, role, org, dates, (primary, table.column(&["grade"]), table.column(&["status"]))))
        },
        |table, row, (user, role, org, (begin, end), (primary, grade, status)), builder| {
            let Some(key) = builder.required(table, row, Some(*user)) else { return };
            let begin = value::optional_date(table.at(row, *begin), &mut builder.issues);
            let end = value::optional_date(table.at(row, *end), &mut builder.issues);
            let today = builder.today;
            if is_deleted(row.get(*status)) || begin.is_some_and(|date| date > today) {
                return;
            }
            // School Data Sync leaves last year's roles in place and says so by their end; a whole roster that has
            // ended is an old export, and still says who is where.
            let ended = end.is_some_and(|date| date < today);
            let known = roles.entry(key.to_owned()).or_default();
            let found = Role {
                name: row.get(Some(*role)).to_owned(),
                org: row.get(Some(*org)).to_owned(),
                grade: row.get(*grade).to_owned(),
            };
            let first =
                row.get(*primary).eq_ignore_ascii_case("primary") || value::truth(row.get(*primary)) == Some(true);
            if first && !ended { known.insert(0, found) } else { known.push(found) }
        },
    )?;
    Ok(roles)
}

/// relationships.csv: student, contact, what the contact is. Read before the users: School Data Sync gives contacts no
/// role of their own.
pub fn relationships(files: &mut dyn FileSet, builder: &mut Builder<'_>) -> Result<(), RosterError> {
    let mut rank = 0;
    each_row(
        files,
        "relationships.csv",
        builder,
        |table, builder| {
            let student = table.must(&["userSourcedId"], &mut builder.issues)?;
            let guardian = table.must(&["relationshipUserSourcedId"], &mut builder.issues)?;
            Ok((student, guardian, table.column(&["relationshipRole", "role"])))
        },
        |table, row, (student, guardian, role), builder| {
            let Some(student) = builder.required(table, row, Some(*student)) else { return };
            let Some(guardian) = builder.required(table, row, Some(*guardian)) else { return };
            rank += 1;
            let relation = row.get(*role).to_owned();
            let legal = ["parent", "guardian"].iter().any(|word| relation.eq_ignore_ascii_case(word));
            let place = builder.place(table, row);
            builder.relations.insert(guardian.to_owned(), relation.clone());
            builder.link(Link {
                guardian: guardian.to_owned(),
                student: student.to_owned(),
                rank,
                role: None,
                legal,
                relation,
                lives_with: None,
                custody_restricted: false,
                custody_document: None,
                place,
            });
        },
    )?;
    Ok(())
}
