//! Microsoft School Data Sync 1: School.csv, Student.csv, Teacher.csv, Section.csv, StudentEnrollment.csv,
//! TeacherRoster.csv. It has no contacts.

use schoolbell_domain::people::Slot;
use schoolbell_domain::roster::issue::IssueKind;
use schoolbell_domain::roster::snapshot::{Enrollment, EnrollmentRole, Owner, School, Section, Staff, Student};

use super::each_row;
use super::orgs::level_of;
use crate::roster::RosterError;
use crate::roster::build::{Builder, Seen};
use crate::roster::files::FileSet;
use crate::roster::table::{Column, Row, Table};
use crate::roster::value;

pub fn read(files: &mut dyn FileSet, builder: &mut Builder<'_>) -> Result<(), RosterError> {
    schools(files, builder)?;
    students(files, builder)?;
    builder.covers.staff = teachers(files, builder)?;
    builder.covers.sections = sections(files, builder)?;
    enrollments(files, builder, "StudentEnrollment.csv", EnrollmentRole::Student)?;
    enrollments(files, builder, "TeacherRoster.csv", EnrollmentRole::Teacher)
}

fn schools(files: &mut dyn FileSet, builder: &mut Builder<'_>) -> Result<(), RosterError> {
    each_row(
        files,
        "School.csv",
        builder,
        |table, builder| {
            let id = table.must(&["SIS ID"], &mut builder.issues)?;
            let name = table.must(&["Name"], &mut builder.issues)?;
            Ok((id, name, table.column(&["Phone"])))
        },
        |table, row, (id, name, phone), builder| {
            let Some(key) = builder.required(table, row, Some(*id)) else { return };
            if builder.seen("school", key, table, row) == Seen::Before {
                return;
            }
            let phone =
                builder.phones(table, row, *phone).into_iter().next().map(|(phone, _)| phone.expose().to_owned());
            let name = row.get(Some(*name)).to_owned();
            let school = School { key: key.to_owned(), level: level_of(&name), name, phone };
            builder.schools.insert(school.key.clone(), school);
        },
    )?;
    Ok(())
}

struct Person {
    id: usize,
    school: usize,
    given: Column,
    family: Column,
    username: Column,
    status: Column,
    number: Column,
    grade: Column,
    birth: Column,
    language: Column,
    title: Column,
    email: Column,
}

impl Person {
    fn of(table: &Table<'_>, builder: &mut Builder<'_>) -> Result<Self, RosterError> {
        let issues = &mut builder.issues;
        Ok(Self {
            id: table.must(&["SIS ID"], issues)?,
            school: table.must(&["School SIS ID"], issues)?,
            given: table.column(&["First Name"]),
            family: table.column(&["Last Name"]),
            username: table.column(&["Username"]),
            status: table.column(&["Status"]),
            number: table.column(&["Student Number"]),
            grade: table.column(&["Grade"]),
            birth: table.column(&["Birthdate"]),
            language: table.column(&["PrimaryLanguage"]),
            title: table.column(&["Title"]),
            email: table.column(&["Secondary Email"]),
        })
    }

    fn names(&self, row: &Row) -> (String, String) {
        let (given, family) = (row.get(self.given), row.get(self.family));
        if given.is_empty() && family.is_empty() {
            return (String::new(), row.get(self.username).to_owned());
        }
        (given.to_owned(), family.to_owned())
    }

    /// The key, if the row is of somebody who is here, at a school that is known.
    fn key<'r>(
        &self,
        table: &Table<'_>,
        row: &'r Row,
        kind: &'static str,
        builder: &mut Builder<'_>,
    ) -> Option<&'r str> {
        let key = builder.required(table, row, Some(self.id))?;
        let status = row.get(self.status);
        if !status.is_empty() && !status.eq_ignore_ascii_case("active") {
            builder.gone.insert(key.to_owned());
            return None;
        }
        if builder.seen(kind, key, table, row) == Seen::Before {
            return None;
        }
        if !builder.schools.contains_key(row.get(Some(self.school))) {
            let message = format!("no school of this id is in School.csv; the {kind} was left out");
            builder.issues.error(IssueKind::MissingReference, table.at(row, Some(self.school)), message);
            return None;
        }
        Some(key)
    }
}

fn students(files: &mut dyn FileSet, builder: &mut Builder<'_>) -> Result<(), RosterError> {
    each_row(files, "Student.csv", builder, Person::of, |table, row, columns, builder| {
        let Some(key) = columns.key(table, row, "student", builder) else { return };
        let (given, family) = columns.names(row);
        let birth = value::optional_date(table.at(row, columns.birth), &mut builder.issues);
        let number = row.get(columns.number);
        let student = Student {
            key: key.to_owned(),
            school: row.get(Some(columns.school)).to_owned(),
            number: if number.is_empty() { key.to_owned() } else { number.to_owned() },
            given,
            family,
            grade: value::grade(row.get(columns.grade)),
            language: value::language(row.get(columns.language)),
            bus_am: None,
            bus_pm: None,
            birth_date: birth.map(|date| date.to_string()),
            zip: None,
        };
        builder.students.insert(student.key.clone(), student);
    })?;
    Ok(())
}

fn teachers(files: &mut dyn FileSet, builder: &mut Builder<'_>) -> Result<bool, RosterError> {
    each_row(files, "Teacher.csv", builder, Person::of, |table, row, columns, builder| {
        let Some(key) = columns.key(table, row, "member of staff", builder) else { return };
        let (given, family) = columns.names(row);
        let school = row.get(Some(columns.school)).to_owned();
        let mut points = builder.email_points(table, row, columns.email);
        points.retain(|point| point.0 == Slot::Email);
        builder.add_points(&Owner::Staff(key.to_owned()), &school, points);
        let title = Some(row.get(columns.title)).filter(|text| !text.is_empty()).map(str::to_owned);
        let schools = vec![school];
        builder.staff.insert(key.to_owned(), Staff { key: key.to_owned(), given, family, title, schools });
    })
}

fn sections(files: &mut dyn FileSet, builder: &mut Builder<'_>) -> Result<bool, RosterError> {
    each_row(
        files,
        "Section.csv",
        builder,
        |table, builder| {
            let id = table.must(&["SIS ID"], &mut builder.issues)?;
            let school = table.must(&["School SIS ID"], &mut builder.issues)?;
            let name = table.must(&["Section Name"], &mut builder.issues)?;
            Ok((id, school, name, table.column(&["Section Number"]), table.column(&["Periods"])))
        },
        |table, row, (id, school, name, number, periods), builder| {
            let Some(key) = builder.required(table, row, Some(*id)) else { return };
            if builder.seen("class", key, table, row) == Seen::Before {
                return;
            }
            let section = Section {
                key: key.to_owned(),
                school: row.get(Some(*school)).to_owned(),
                title: row.get(Some(*name)).to_owned(),
                code: row.get(*number).to_owned(),
                homeroom: row.get(Some(*name)).to_lowercase().contains("homeroom"),
                period: Some(row.get(*periods)).filter(|text| !text.is_empty()).map(str::to_owned),
            };
            if builder.schools.contains_key(&section.school) {
                builder.sections.insert(section.key.clone(), section);
            } else {
                let message = "no school of this id is in School.csv; the class was left out";
                builder.issues.error(IssueKind::MissingReference, table.at(row, Some(*school)), message);
            }
        },
    )
}

fn enrollments(
    files: &mut dyn FileSet,
    builder: &mut Builder<'_>,
    file: &str,
    role: EnrollmentRole,
) -> Result<(), RosterError> {
    each_row(
        files,
        file,
        builder,
        |table, builder| {
            let section = table.must(&["Section SIS ID"], &mut builder.issues)?;
            let person = table.must(&["SIS ID"], &mut builder.issues)?;
            Ok((section, person))
        },
        |table, row, (section, person), builder| {
            let Some(section) = builder.required(table, row, Some(*section)) else { return };
            let Some(person) = builder.required(table, row, Some(*person)) else { return };
            let place = builder.place(table, row);
            builder.enroll(Enrollment { section: section.to_owned(), person: person.to_owned(), role }, place);
        },
    )?;
    Ok(())
}
