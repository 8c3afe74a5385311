//! students.csv: a row a student, with home phones, homeroom, buses, and perhaps two contacts.

use schoolbell_domain::people::Slot;
use schoolbell_domain::roster::issue::IssueKind;
use schoolbell_domain::roster::snapshot::{Enrollment, EnrollmentRole, Owner, School, Section, Student};

use super::columns::{ColumnMap, Sheet};
use super::wide::{Families, Wide};
use crate::oneroster::level_of;
use crate::roster::RosterError;
use crate::roster::build::{Builder, Seen};
use crate::roster::table::{Column, Row, Table};
use crate::roster::value;

struct Columns {
    number: Column,
    family: Column,
    given: Column,
    grade: Column,
    school: Column,
    school_name: Column,
    homeroom: Column,
    bus_am: Column,
    bus_pm: Column,
    birth: Column,
    language: Column,
    status: Column,
    entry: Column,
    exit: Column,
    zip: Column,
    home: Column,
    home2: Column,
}

impl Columns {
    fn of(table: &Table<'_>, map: &ColumnMap) -> Self {
        let column = |field| map.column(Sheet::Students, field, table);
        Self {
            number: column("number"),
            family: column("family"),
            given: column("given"),
            grade: column("grade"),
            school: column("school"),
            school_name: column("school_name"),
            homeroom: column("homeroom"),
            bus_am: column("bus_am"),
            bus_pm: column("bus_pm"),
            birth: column("birth_date"),
            language: column("language"),
            status: column("status"),
            entry: column("entry"),
            exit: column("exit"),
            zip: column("zip"),
            home: column("home_phone"),
            home2: column("home_phone_2"),
        }
    }
}

/// Reads all students. `families` takes the contacts that stand in the same row, where no contacts.csv has them.
pub fn read(
    table: &mut Table<'_>,
    map: &ColumnMap,
    builder: &mut Builder<'_>,
    mut families: Option<&mut Families>,
) -> Result<(), RosterError> {
    let columns = Columns::of(table, map);
    let wide = Wide::of(table);
    builder.covers.sections = columns.homeroom.is_some();
    builder.covers.contacts |= families.is_some() && wide.is_there();
    while let Some(row) = table.next_row(&mut builder.issues)? {
        builder.count_row(table);
        let Some(key) = student(table, &row, &columns, builder) else { continue };
        if let Some(families) = families.as_deref_mut() {
            let school = row.get(columns.school);
            wide.take((table, &row), (&key, school), builder, families);
        }
    }
    Ok(())
}

/// Takes one row; the key if the student is here.
fn student(table: &Table<'_>, row: &Row, columns: &Columns, builder: &mut Builder<'_>) -> Option<String> {
    let key = builder.required(table, row, columns.number)?;
    let entry = value::optional_date(table.at(row, columns.entry), &mut builder.issues);
    let exit = value::optional_date(table.at(row, columns.exit), &mut builder.issues);
    // A transfer leaves two rows: the one that has ended is not where the student is (A21). The day of leaving is the
    // first on which the old school no longer has the student.
    let elsewhere = exit.is_some_and(|date| date <= builder.today) || entry.is_some_and(|date| date > builder.today);
    if elsewhere || !is_enrolled(row.get(columns.status)) {
        if !builder.students.contains_key(key) {
            builder.gone.insert(key.to_owned());
        }
        return None;
    }
    if builder.seen("student", key, table, row) == Seen::Before {
        return None;
    }
    let school = row.get(columns.school);
    if school.is_empty() {
        let message = "the student has no school and was left out; fill the column";
        builder.issues.error(IssueKind::MissingValue, table.at(row, columns.school), message);
        return None;
    }
    add_school(school, row.get(columns.school_name), builder);
    let optional = |column| Some(row.get(column)).filter(|text| !text.is_empty()).map(str::to_owned);
    let birth = value::optional_date(table.at(row, columns.birth), &mut builder.issues);
    builder.gone.remove(key);
    let student = Student {
        key: key.to_owned(),
        school: school.to_owned(),
        number: key.to_owned(),
        given: row.get(columns.given).to_owned(),
        family: row.get(columns.family).to_owned(),
        grade: value::grade(row.get(columns.grade)),
        language: value::language(row.get(columns.language)),
        bus_am: optional(columns.bus_am),
        bus_pm: optional(columns.bus_pm),
        birth_date: birth.map(|date| date.to_string()),
        zip: optional(columns.zip),
    };
    builder.students.insert(student.key.clone(), student);
    home_phones(table, row, columns, builder);
    homeroom(table, row, columns, builder);
    Some(key.to_owned())
}

/// PowerSchool's codes (0 here, -1 to come, 1 inactive, 2 transferred, 3 graduated), or words.
fn is_enrolled(status: &str) -> bool {
    ["", "0", "a", "active", "enrolled", "current"].iter().any(|word| status.eq_ignore_ascii_case(word))
}

fn add_school(key: &str, name: &str, builder: &mut Builder<'_>) {
    if let Some(known) = builder.schools.get_mut(key) {
        if known.name == known.key && !name.is_empty() {
            name.clone_into(&mut known.name);
            known.level = level_of(name);
        }
        return;
    }
    let name = if name.is_empty() { key } else { name };
    let school = School { key: key.to_owned(), name: name.to_owned(), level: level_of(name), phone: None };
    builder.schools.insert(school.key.clone(), school);
}

fn home_phones(table: &Table<'_>, row: &Row, columns: &Columns, builder: &mut Builder<'_>) {
    let mut points = builder.phone_points(table, row, columns.home, Slot::HomePrimary);
    points.extend(builder.phone_points(table, row, columns.home2, Slot::HomeSecondary));
    // Two numbers in the first field: the second slot is where the other belongs.
    if points.len() == 2 && points[1].0 == Slot::HomePrimary {
        points[1].0 = Slot::HomeSecondary;
    }
    let owner = Owner::Student(row.get(columns.number).to_owned());
    builder.add_points(&owner, row.get(columns.school), points);
}

fn homeroom(table: &Table<'_>, row: &Row, columns: &Columns, builder: &mut Builder<'_>) {
    let (school, code) = (row.get(columns.school), row.get(columns.homeroom));
    if code.is_empty() {
        return;
    }
    let key = format!("{school}/{code}");
    builder.sections.entry(key.clone()).or_insert_with(|| Section {
        key: key.clone(),
        school: school.to_owned(),
        title: format!("Homeroom {code}"),
        code: code.to_owned(),
        homeroom: true,
        period: None,
    });
    let place = builder.place(table, row);
    let person = row.get(columns.number).to_owned();
    builder.enroll(Enrollment { section: key, person, role: EnrollmentRole::Student }, place);
}
