//! `/texting/enrollments`: *Current Enrollments* by section, with *SMS Enabled* and its reason, last call, last text and the
//! days since any contact; columns are chosen and kept (B3, B4, B5, B13, B20). The server sorts and pages: a browser never holds
//! thousands of rows.

use std::cmp::Reverse;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{Html, IntoResponse, Redirect, Response};
use jiff::Timestamp;
use schoolbell_domain::conversation::enabled::Enabled;
use schoolbell_domain::conversation::outreach::{days_since, is_contacted_this_week};
use schoolbell_domain::ids::PersonId;
use schoolbell_domain::people::name::fold_name;
use schoolbell_domain::permission::Act;
use schoolbell_engine::commands::texting::set_up_texting::set_columns;
use schoolbell_engine::texting;
use schoolbell_store::read::texting::{Enrolled, LastContact, last_contacts, of_school, profile, taught_by};
use schoolbell_store::read::{district, sms_contacts};
use schoolbell_store::tx::Reads;
use serde::Deserialize;

use super::super::broadcast::export::csv_field;
use super::name;
use crate::WebState;
use crate::error::PageResult;
use crate::form::{Fields, Signed, encode};
use crate::frame::{Frame, Place, html};
use crate::session::Staff;
use crate::times::counted;

/// More rows than a teacher has, and than a page should hold.
const MOST: i64 = 5_000;
/// Lines of one page.
const PAGE: usize = 100;
/// Word and heading of each column that can be shown or hidden; the name always stands.
const COLUMNS: [(&str, &str); 7] = [
    ("section", "Section"),
    ("grade", "Grade"),
    ("sms", "SMS Enabled"),
    ("call", "Last call"),
    ("text", "Last text"),
    ("days", "Days since any contact"),
    ("week", "This week"),
];
/// What is shown before anybody chose.
const USUAL: &str = "section sms call text days";

#[derive(Template)]
#[template(path = "texting_enrollments.html")]
struct EnrollmentsPage {
    frame: Frame,
    asked: Asked,
    sections: Vec<String>,
    /// Word, heading, whether it is shown.
    columns: Vec<(&'static str, &'static str, bool)>,
    rows: Vec<Row>,
    said: String,
    /// How many of the whole list can be texted.
    textable: usize,
    older: Option<String>,
    newer: Option<String>,
}

/// A line of the table.
pub(super) struct Row {
    pub student: PersonId,
    /// Whom a text would go to, where one can.
    pub write_to: Option<PersonId>,
    pub name: String,
    section: String,
    grade: String,
    enabled: Enabled,
    pub why: String,
    call: String,
    text: String,
    pub days: Option<i32>,
    pub this_week: bool,
}

impl Row {
    fn cells(&self) -> [(&'static str, String); 7] {
        [
            ("section", self.section.clone()),
            ("grade", self.grade.clone()),
            ("sms", if self.why.is_empty() { "Yes".to_owned() } else { format!("No: {}", self.why) }),
            ("call", self.call.clone()),
            ("text", self.text.clone()),
            ("days", self.days.map_or_else(|| "never".to_owned(), |days| days.to_string())),
            ("week", if self.this_week { "contacted" } else { "not yet" }.to_owned()),
        ]
    }

    /// The cells of the columns that are shown, each with its heading.
    fn shown(&self, columns: &[(&'static str, &'static str, bool)]) -> Vec<(&'static str, String)> {
        let cells = self.cells();
        columns
            .iter()
            .filter(|(.., shown)| *shown)
            .filter_map(|(word, heading, _)| {
                cells.iter().find(|(of, _)| of == word).map(|(_, value)| (*heading, value.clone()))
            })
            .collect()
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    search: String,
    section: String,
    /// `name`, `days`, `sms`.
    sort: String,
    /// `not_yet`: only those whom nobody contacted this week (B20).
    only: String,
    /// From 1.
    page: usize,
}

impl Asked {
    /// The address of another page of the same list.
    fn href(&self, page: usize) -> String {
        let asked = [("search", &self.search), ("section", &self.section), ("only", &self.only), ("sort", &self.sort)];
        let given = asked.iter().filter(|(_, value)| !value.is_empty());
        let words = given.fold(String::new(), |words, (name, value)| words + name + "=" + &encode(value) + "&");
        format!("/texting/enrollments?{words}page={page}")
    }
}

/// `GET /texting/enrollments`.
pub async fn page(State(state): State<WebState>, staff: Staff, Query(asked): Query<Asked>) -> PageResult<Html<String>> {
    let mut reads = state.engine.reader().read().await?;
    let chosen = profile(&mut reads, staff.user).await?.columns;
    let all = own_rows(&mut reads, (&state, &staff)).await?;
    let mut sections: Vec<String> = all.iter().map(|row| row.section.clone()).collect();
    sections.dedup();
    let rows = picked(all, &asked);
    let mut textable: Vec<PersonId> = rows.iter().filter(|row| row.write_to.is_some()).map(|row| row.student).collect();
    textable.sort_unstable();
    textable.dedup();
    let pages = rows.len().div_ceil(PAGE).max(1);
    let page = asked.page.clamp(1, pages);
    let lines = counted(u64::try_from(rows.len()).unwrap_or(u64::MAX), "line", "lines");
    html(&EnrollmentsPage {
        frame: Frame::new(&staff, Place::Texting, "Current Enrollments"),
        older: (page < pages).then(|| asked.href(page + 1)),
        newer: (page > 1).then(|| asked.href(page - 1)),
        said: if pages == 1 { lines } else { format!("{lines}, page {page} of {pages}") },
        asked,
        sections,
        columns: columns(&chosen),
        rows: rows.into_iter().skip((page - 1) * PAGE).take(PAGE).collect(),
        textable: textable.len(),
    })
}

/// Everybody on the list that a form asks for who can be texted.
pub(super) async fn textable(state: &WebState, staff: &Staff, fields: &Fields) -> PageResult<Vec<PersonId>> {
    let text = |name: &str| fields.text(name).to_owned();
    let asked =
        Asked { search: text("search"), section: text("section"), only: text("only"), sort: text("sort"), page: 1 };
    let mut reads = state.engine.reader().read().await?;
    let rows = picked(own_rows(&mut reads, (state, staff)).await?, &asked);
    Ok(rows.into_iter().filter(|row| row.write_to.is_some()).map(|row| row.student).collect())
}

fn columns(chosen: &str) -> Vec<(&'static str, &'static str, bool)> {
    let chosen = if chosen.is_empty() { USUAL } else { chosen };
    let is_shown = |word: &str| chosen.split(' ').any(|one| one == word);
    COLUMNS.into_iter().map(|(word, heading)| (word, heading, is_shown(word))).collect()
}

/// The actor's own students; for those who are not on the roster's staff, the students of their schools.
async fn enrolled(reads: &mut impl Reads, staff: &Staff) -> PageResult<Vec<Enrolled>> {
    staff.must_somewhere(Act::Text)?;
    if let Some(person) = texting::staff_person(reads, staff.user).await? {
        let taught = taught_by(reads, person, MOST).await?;
        if !taught.is_empty() {
            return Ok(taught);
        }
    }
    let sees_all = staff.actor.grants.iter().any(|grant| grant.role != schoolbell_domain::permission::Role::Teacher);
    if !sees_all {
        return Ok(Vec::new());
    }
    let schools = match staff.schools_for(Act::Text) {
        Some(schools) => schools,
        None => district::schools(reads).await?.into_iter().map(|school| school.id).collect(),
    };
    let mut found = Vec::new();
    for school in schools {
        let room = MOST - i64::try_from(found.len()).unwrap_or(MOST);
        found.extend(of_school(reads, school, room.max(0)).await?);
    }
    Ok(found)
}

/// The rows that the actor sees.
pub(super) async fn own_rows(reads: &mut impl Reads, (state, staff): (&WebState, &Staff)) -> PageResult<Vec<Row>> {
    let enrolled = enrolled(reads, staff).await?;
    rows_of(reads, (state, staff), enrolled).await
}

/// The rows of these enrollments.
pub(super) async fn rows_of(
    reads: &mut impl Reads,
    (state, staff): (&WebState, &Staff),
    enrolled: Vec<Enrolled>,
) -> PageResult<Vec<Row>> {
    let mut ids: Vec<PersonId> = enrolled.iter().map(|row| row.student).collect();
    ids.sort_unstable();
    ids.dedup();
    let students = sms_contacts::students(reads, &ids).await?;
    let last = last_contacts(reads, &ids).await?;
    let (today, ages) = texting::today(reads, &state.engine).await?;
    Ok(enrolled
        .into_iter()
        .filter_map(|row| {
            let student = students.get(&row.student)?;
            let enabled = student.enabled(ages, today);
            let yes = |person: &PersonId| student.enabled_for(*person, ages, today).is_yes();
            let write_to = student.contacts.iter().map(|contact| contact.person).find(yes);
            Some(line(staff, row, (enabled, write_to), last.get(&student.student).copied().unwrap_or_default()))
        })
        .collect())
}

fn line(staff: &Staff, row: Enrolled, (enabled, write_to): (Enabled, Option<PersonId>), last: LastContact) -> Row {
    let ago = |at: Option<Timestamp>| match days_since(at, staff.now, &staff.zone) {
        None => "never".to_owned(),
        Some(0) => "today".to_owned(),
        Some(days) => format!("{} ago", counted(days.unsigned_abs().into(), "day", "days")),
    };
    Row {
        student: row.student,
        write_to,
        name: name(&row.given, &row.family),
        section: if row.period.is_empty() {
            row.section_title
        } else {
            format!("{}, {}", row.section_title, row.period)
        },
        grade: row.grade,
        enabled,
        why: match enabled {
            Enabled::Yes => String::new(),
            Enabled::No(why) => why.sentence().to_owned(),
        },
        call: ago(last.call),
        text: ago(last.text),
        days: days_since(last.any, staff.now, &staff.zone),
        this_week: is_contacted_this_week(last.any, staff.now, &staff.zone),
    }
}

fn picked(mut rows: Vec<Row>, asked: &Asked) -> Vec<Row> {
    let words = fold_name(&asked.search);
    rows.retain(|row| {
        (words.is_empty() || fold_name(&row.name).contains(&words))
            && (asked.section.is_empty() || row.section == asked.section)
            && (asked.only != "not_yet" || !row.this_week)
    });
    match asked.sort.as_str() {
        "days" => rows.sort_by_key(|row| Reverse(row.days.unwrap_or(i32::MAX))),
        "name" => rows.sort_by_cached_key(|row| fold_name(&row.name)),
        "sms" => rows.sort_by_key(|row| !row.enabled.is_yes()),
        _ => {}
    }
    rows
}

/// `POST /texting/columns`: kept for this user on every device.
pub async fn choose(State(state): State<WebState>, form: Signed) -> PageResult<Redirect> {
    let chosen: Vec<&str> =
        form.fields.values("column").filter(|word| COLUMNS.iter().any(|(known, _)| known == word)).collect();
    // Nothing but the name is a choice too.
    let kept = if chosen.is_empty() { "name".to_owned() } else { chosen.join(" ") };
    set_columns(&state.engine, &form.staff.actor, &kept).await?;
    Ok(Redirect::to("/texting/enrollments"))
}

/// `GET /texting/enrollments.csv`: every column, the same choice of rows.
pub async fn csv(State(state): State<WebState>, staff: Staff, Query(asked): Query<Asked>) -> PageResult<Response> {
    let mut reads = state.engine.reader().read().await?;
    let rows = picked(own_rows(&mut reads, (&state, &staff)).await?, &asked);
    let headings: Vec<&str> = std::iter::once("Student").chain(COLUMNS.map(|(_, heading)| heading)).collect();
    let mut text = headings.join(",") + "\r\n";
    for row in &rows {
        let cells = std::iter::once(row.name.clone()).chain(row.cells().map(|(_, value)| value));
        text.push_str(&cells.map(|cell| csv_field(&cell)).collect::<Vec<_>>().join(","));
        text.push_str("\r\n");
    }
    let name = "attachment; filename=\"current-enrollments.csv\"".to_owned();
    let headers = [(header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()), (header::CONTENT_DISPOSITION, name)];
    Ok((headers, text).into_response())
}
