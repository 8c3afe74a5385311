//! classes.csv and enrollments.csv: sections, homerooms, who is in them and who teaches.

use schoolbell_domain::roster::issue::IssueKind;
use schoolbell_domain::roster::snapshot::{Enrollment, EnrollmentRole, Section};

use super::users::Several;
use super::{each_row, is_deleted};
use crate::roster::RosterError;
use crate::roster::build::{Builder, Place, Seen};
use crate::roster::files::FileSet;
use crate::roster::issues::At;
use crate::roster::table::{Column, Row, Table};
use crate::roster::value;

pub fn sections(files: &mut dyn FileSet, builder: &mut Builder<'_>) -> Result<(), RosterError> {
    let found = each_row(
        files,
        "classes.csv",
        builder,
        |table, builder| {
            let id = table.must(&["sourcedId"], &mut builder.issues)?;
            let title = table.must(&["title"], &mut builder.issues)?;
            let school = table.must(&["schoolSourcedId", "orgSourcedId"], &mut builder.issues)?;
            let code = table.column(&["classCode", "code"]);
            Ok((
                id,
                title,
                school,
                code,
                (table.column(&["classType"]), table.column(&["periods"]), table.column(&["status"])),
            ))
        },
        |table, row, (id, title, school, code, (kind, periods, status)), builder| {
            let Some(key) = builder.required(table, row, Some(*id)) else { return };
            if is_deleted(row.get(*status)) || builder.seen("class", key, table, row) == Seen::Before {
                return;
            }
            let school = row.get(Some(*school));
            if !builder.schools.contains_key(school) {
                let at = table.at(row, table.column(&["schoolSourcedId", "orgSourcedId"]));
                let message = "no school of this id is in orgs.csv; the class was left out";
                builder.issues.error(IssueKind::MissingReference, at, message);
                return;
            }
            let section = Section {
                key: key.to_owned(),
                school: school.to_owned(),
                title: row.get(Some(*title)).to_owned(),
                code: row.get(*code).to_owned(),
                homeroom: row.get(*kind).eq_ignore_ascii_case("homeroom"),
                period: Some(row.get(*periods)).filter(|text| !text.is_empty()).map(str::to_owned),
            };
            builder.sections.insert(section.key.clone(), section);
        },
    )?;
    builder.covers.sections = found;
    Ok(())
}

/// Enrolments that hold today; begin and end are the school's days, the end included.
///
/// Where none holds today, as in the summer, all are taken: the classes of another year are better than none.
pub fn enrollments(
    files: &mut dyn FileSet,
    builder: &mut Builder<'_>,
    several: &mut Several,
) -> Result<(), RosterError> {
    let mut other_year: Vec<(Enrollment, Place)> = Vec::new();
    let mut hold_today = false;
    let found = each_row(files, "enrollments.csv", builder, Columns::of, |table, row, columns, builder| {
        let begin = value::optional_date(table.at(row, columns.begin), &mut builder.issues);
        let end = value::optional_date(table.at(row, columns.end), &mut builder.issues);
        if is_deleted(row.get(columns.status)) {
            return;
        }
        let Some(enrollment) = enrollment(table, row, columns, builder) else { return };
        let place = builder.place(table, row);
        if end.is_some_and(|date| date < builder.today) || begin.is_some_and(|date| date > builder.today) {
            other_year.push((enrollment, place));
            return;
        }
        hold_today = true;
        if enrollment.role == EnrollmentRole::Student
            && let Some(school) = builder.sections.get(&enrollment.section).map(|section| section.school.clone())
        {
            several.enrolled(&enrollment.person, &school, begin);
        }
        builder.enroll(enrollment, place);
    })?;
    builder.covers.sections &= found;
    if !hold_today && !other_year.is_empty() {
        let at = At { file: "enrollments.csv", line: 0, field: "endDate", value: "" };
        let message = "no enrolment holds today; those of the other year were taken, export the current one";
        builder.issues.warning(IssueKind::BadDate, at, message);
        for (enrollment, place) in other_year {
            builder.enroll(enrollment, place);
        }
    }
    Ok(())
}

struct Columns {
    class: usize,
    user: usize,
    role: usize,
    begin: Column,
    end: Column,
    status: Column,
}

impl Columns {
    fn of(table: &Table<'_>, builder: &mut Builder<'_>) -> Result<Self, RosterError> {
        let issues = &mut builder.issues;
        Ok(Self {
            class: table.must(&["classSourcedId"], issues)?,
            user: table.must(&["userSourcedId"], issues)?,
            role: table.must(&["role"], issues)?,
            begin: table.column(&["beginDate"]),
            end: table.column(&["endDate"]),
            status: table.column(&["status"]),
        })
    }
}

fn enrollment(table: &Table<'_>, row: &Row, columns: &Columns, builder: &mut Builder<'_>) -> Option<Enrollment> {
    let section = builder.required(table, row, Some(columns.class))?.to_owned();
    let person = builder.required(table, row, Some(columns.user))?.to_owned();
    let student = row.get(Some(columns.role)).eq_ignore_ascii_case("student");
    let role = if student { EnrollmentRole::Student } else { EnrollmentRole::Teacher };
    Some(Enrollment { section, person, role })
}
