//! staff.csv: a row a member of staff and school.

use schoolbell_domain::people::Slot;
use schoolbell_domain::roster::issue::IssueKind;
use schoolbell_domain::roster::snapshot::{Owner, School, Staff};
use schoolbell_domain::school::SchoolLevel;

use super::columns::{ColumnMap, Sheet};
use crate::roster::RosterError;
use crate::roster::build::{Builder, Seen};
use crate::roster::table::{Column, Row, Table};
use crate::roster::value;

pub fn read(table: &mut Table<'_>, map: &ColumnMap, builder: &mut Builder<'_>) -> Result<(), RosterError> {
    let column = |field| map.column(Sheet::Staff, field, table);
    let columns = Columns {
        id: column("id"),
        family: column("family"),
        given: column("given"),
        school: column("school"),
        title: column("title"),
        home: column("home"),
        work: column("work"),
        mobile: column("mobile"),
        email: column("email"),
    };
    builder.covers.staff = true;
    while let Some(row) = table.next_row(&mut builder.issues)? {
        builder.count_row(table);
        member(table, &row, &columns, builder);
    }
    Ok(())
}

struct Columns {
    id: Column,
    family: Column,
    given: Column,
    school: Column,
    title: Column,
    home: Column,
    work: Column,
    mobile: Column,
    email: Column,
}

fn member(table: &Table<'_>, row: &Row, columns: &Columns, builder: &mut Builder<'_>) {
    let Some(key) = builder.required(table, row, columns.id) else { return };
    let mut schools: Vec<String> = value::list(row.get(columns.school)).map(str::to_owned).collect();
    // Somebody who teaches at two schools has a row for each: the second adds its school.
    let second =
        builder.staff.get(key).is_some_and(|known| !schools.iter().all(|school| known.schools.contains(school)));
    if !second && builder.seen("member of staff", key, table, row) == Seen::Before {
        return;
    }
    if schools.is_empty() {
        let message = "no school is named; this member of staff was left out";
        builder.issues.error(IssueKind::MissingValue, table.at(row, columns.school), message);
        return;
    }
    for school in &schools {
        // An office without students: it stands in no students.csv and still has staff to tell.
        builder.schools.entry(school.clone()).or_insert_with(|| School {
            key: school.clone(),
            name: school.clone(),
            level: SchoolLevel::Other,
            phone: None,
        });
    }
    let mut points = Vec::new();
    for (column, slot) in [(columns.mobile, Slot::Mobile), (columns.work, Slot::Work), (columns.home, Slot::Home)] {
        points.extend(builder.phone_points(table, row, column, slot));
    }
    points.extend(builder.email_points(table, row, columns.email));
    let owner = Owner::Staff(key.to_owned());
    for school in &schools {
        builder.add_points(&owner, school, points.clone());
    }
    let known = builder.staff.entry(key.to_owned()).or_insert_with(|| Staff {
        key: key.to_owned(),
        given: row.get(columns.given).to_owned(),
        family: row.get(columns.family).to_owned(),
        title: Some(row.get(columns.title)).filter(|text| !text.is_empty()).map(str::to_owned),
        schools: Vec::new(),
    });
    known.schools.append(&mut schools);
    known.schools.sort();
    known.schools.dedup();
}
