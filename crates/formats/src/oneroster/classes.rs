//! classes.csv and enrollments.csv: sections, homerooms, who is in them and who teaches.

use schoolbell_domain::roster::issue::IssueKind;
use schoolbell_domain::roster::snapshot::{Enrollment, EnrollmentRole, Section};

use super::users::Several;
use super::{each_row, is_deleted};
use crate::roster::RosterError;
use crate::roster::build::{Builder, Seen};
use crate::roster::files::FileSet;
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

/// Enrolments that hold today. Begin and end are the school's days, the end included.
pub fn enrollments(
    files: &mut dyn FileSet,
    builder: &mut Builder<'_>,
    several: &mut Several,
) -> Result<(), RosterError> {
    let found = each_row(
        files,
        "enrollments.csv",
        builder,
        |table, builder| {
            let class = table.must(&["classSourcedId"], &mut builder.issues)?;
            let user = table.must(&["userSourcedId"], &mut builder.issues)?;
            let role = table.must(&["role"], &mut builder.issues)?;
            let dates = (table.column(&["beginDate"]), table.column(&["endDate"]));
            Ok((class, user, role, dates, table.column(&["status"])))
        },
        |table, row, (class, user, role, (begin, end), status), builder| {
            let begin = value::optional_date(table.at(row, *begin), &mut builder.issues);
            let end = value::optional_date(table.at(row, *end), &mut builder.issues);
            let over = end.is_some_and(|date| date < builder.today) || begin.is_some_and(|date| date > builder.today);
            if is_deleted(row.get(*status)) || over {
                return;
            }
            let Some(section) = builder.required(table, row, Some(*class)) else { return };
            let Some(person) = builder.required(table, row, Some(*user)) else { return };
            let role = match row.get(Some(*role)).to_ascii_lowercase().as_str() {
                "student" => EnrollmentRole::Student,
                _ => EnrollmentRole::Teacher,
            };
            if role == EnrollmentRole::Student
                && let Some(school) = builder.sections.get(section).map(|section| section.school.clone())
            {
                several.enrolled(person, &school, begin);
            }
            let place = builder.place(table, row);
            builder.enroll(Enrollment { section: section.to_owned(), person: person.to_owned(), role }, place);
        },
    )?;
    builder.covers.sections &= found;
    Ok(())
}
