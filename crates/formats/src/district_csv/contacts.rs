//! contacts.csv: a row a student and contact, at the student's school (A20).

use schoolbell_domain::people::{Address, Slot};
use schoolbell_domain::roster::issue::IssueKind;
use schoolbell_domain::roster::snapshot::{Guardian, Owner};

use super::columns::{ColumnMap, Sheet};
use crate::roster::RosterError;
use crate::roster::build::{Builder, Link, Seen};
use crate::roster::table::{Column, Row, Table};
use crate::roster::value;

struct Columns {
    student: Column,
    id: Column,
    priority: Column,
    given: Column,
    family: Column,
    relation: Column,
    custodial: Column,
    data_access: Column,
    lives_with: Column,
    restricted: Column,
    document: Column,
    language: Column,
    typed: [(Column, Column); 3],
    home: Column,
    mobile: Column,
    work: Column,
    emails: [Column; 2],
}

impl Columns {
    fn of(table: &Table<'_>, map: &ColumnMap) -> Self {
        let column = |field| map.column(Sheet::Contacts, field, table);
        Self {
            student: column("student"),
            id: column("id"),
            priority: column("priority"),
            given: column("given"),
            family: column("family"),
            relation: column("relation"),
            custodial: column("custodial"),
            data_access: column("data_access"),
            lives_with: column("lives_with"),
            restricted: column("restricted"),
            document: column("document"),
            language: column("language"),
            typed: [
                (column("phone1"), column("phone1_type")),
                (column("phone2"), column("phone2_type")),
                (column("phone3"), column("phone3_type")),
            ],
            home: column("home"),
            mobile: column("mobile"),
            work: column("work"),
            emails: [column("email"), column("email2")],
        }
    }
}

pub fn read(table: &mut Table<'_>, map: &ColumnMap, builder: &mut Builder<'_>) -> Result<(), RosterError> {
    let columns = Columns::of(table, map);
    builder.covers.contacts = true;
    while let Some(row) = table.next_row(&mut builder.issues)? {
        builder.count_row(table);
        contact(table, &row, &columns, builder);
    }
    Ok(())
}

fn contact(table: &Table<'_>, row: &Row, columns: &Columns, builder: &mut Builder<'_>) {
    let Some(student) = builder.required(table, row, columns.student) else { return };
    let Some(key) = builder.required(table, row, columns.id) else { return };
    if builder.gone.contains(student)
        || builder.seen("contact", &format!("{student} {key}"), table, row) == Seen::Before
    {
        return;
    }
    name(table, row, columns, builder);
    let priority = row.get(columns.priority).parse::<u32>().unwrap_or(u32::MAX);
    let relation = row.get(columns.relation);
    let place = builder.place(table, row);
    let mut truth = |column| truth(table, row, column, builder);
    let (custodial, access) = (truth(columns.custodial), truth(columns.data_access));
    let lives_with = truth(columns.lives_with);
    let restricted = truth(columns.restricted).unwrap_or(false);
    let document = Some(row.get(columns.document)).filter(|text| !text.is_empty()).map(str::to_owned);
    builder.link(Link {
        guardian: key.to_owned(),
        student: student.to_owned(),
        rank: priority,
        role: None,
        legal: custodial == Some(true) || access == Some(true) || is_parent(relation),
        relation: relation.to_owned(),
        lives_with,
        custody_restricted: restricted,
        custody_document: document,
        place,
    });
    // The record is that of the student's school, whatever school the row names.
    if let Some(school) = builder.students.get(student).map(|student| student.school.clone()) {
        let points = points(table, row, columns, builder);
        builder.add_points(&Owner::Guardian(key.to_owned()), &school, points);
    }
}

/// The contact's name; a sibling's row that has another one is told of.
fn name(table: &Table<'_>, row: &Row, columns: &Columns, builder: &mut Builder<'_>) {
    let guardian = Guardian {
        key: row.get(columns.id).to_owned(),
        given: row.get(columns.given).to_owned(),
        family: row.get(columns.family).to_owned(),
        language: value::language(row.get(columns.language)),
    };
    match builder.guardians.get(&guardian.key) {
        None => drop(builder.guardians.insert(guardian.key.clone(), guardian)),
        Some(known) if known.given == guardian.given && known.family == guardian.family => {}
        Some(known) => {
            let message = format!("this contact is {} {} in another row, which was taken", known.given, known.family);
            builder.issues.warning(IssueKind::Conflict, table.at(row, columns.given), message);
        }
    }
}

fn truth(table: &Table<'_>, row: &Row, column: Column, builder: &mut Builder<'_>) -> Option<bool> {
    let text = row.get(column);
    let read = value::truth(text);
    if read.is_none() && !text.is_empty() {
        let message = "neither yes nor no; write 1 or 0. It was read as not said";
        builder.issues.error(IssueKind::BadValue, table.at(row, column), message);
    }
    read
}

/// Words for a parent or other legal guardian.
pub fn is_parent(relation: &str) -> bool {
    let relation = relation.to_lowercase();
    let other = relation.contains("grand") || relation.contains("god");
    !other && ["mother", "father", "parent", "guardian", "mom", "dad"].iter().any(|word| relation.contains(word))
}

fn points(
    table: &Table<'_>,
    row: &Row,
    columns: &Columns,
    builder: &mut Builder<'_>,
) -> Vec<(Slot, Address, Option<String>)> {
    let mut points = Vec::new();
    for (phone, kind) in columns.typed {
        let text = row.get(kind);
        let slot = slot_of(text);
        if slot.is_none() && !row.get(phone).is_empty() {
            let message = "not a kind of phone; write Home, Mobile or Work. The number was taken as a home phone, which is never texted";
            builder.issues.warning(IssueKind::BadValue, table.at(row, kind), message);
        }
        points.extend(builder.phone_points(table, row, phone, slot.unwrap_or(Slot::Home)));
    }
    for (column, slot) in [(columns.home, Slot::Home), (columns.mobile, Slot::Mobile), (columns.work, Slot::Work)] {
        points.extend(builder.phone_points(table, row, column, slot));
    }
    for column in columns.emails {
        points.extend(builder.email_points(table, row, column));
    }
    points
}

fn slot_of(kind: &str) -> Option<Slot> {
    match kind.to_ascii_lowercase().as_str() {
        "mobile" | "cell" | "cellular" | "cell phone" | "mobile phone" => Some(Slot::Mobile),
        "home" | "home phone" | "landline" | "daytime" => Some(Slot::Home),
        "work" | "work phone" | "business" | "office" => Some(Slot::Work),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A15: a grandmother who comes second in the list is no secondary contact.
    #[test]
    fn legal_guardians_are_told_by_table() {
        for (relation, wanted) in [
            ("Mother", true),
            ("Stepfather", true),
            ("Legal Guardian", true),
            ("Grandmother", false),
            ("Godparent", false),
            ("Neighbor", false),
        ] {
            assert_eq!(is_parent(relation), wanted, "{relation}");
        }
    }
}
