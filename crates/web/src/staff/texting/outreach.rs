//! `/texting/outreach`: who was not contacted this week by any means, of one's own students or by teacher, with ready-made texts
//! one tap away (B20). Texting is one of many ways: who cannot be texted is to be called.

use std::collections::HashSet;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Html;
use schoolbell_domain::conversation::outreach::is_contacted_this_week;
use schoolbell_domain::conversation::text_template::Values;
use schoolbell_domain::ids::PersonId;
use schoolbell_domain::permission::{Act, Scope};
use schoolbell_engine::{CommandError, dice, texting};
use schoolbell_store::read::district;
use schoolbell_store::read::texting::{Teacher, last_contacts, taught_by, teachers_of};
use schoolbell_store::tx::Reads;
use serde::Deserialize;

use super::compose::{TemplateGroup, groups};
use super::enrollments::{Row, own_rows, rows_of};
use super::name;
use crate::WebState;
use crate::error::PageResult;
use crate::frame::{Frame, Place, html};
use crate::session::Staff;

/// Students of one teacher.
const MOST: i64 = 2_000;

#[derive(Template)]
#[template(path = "texting_outreach.html")]
struct OutreachPage {
    frame: Frame,
    batch: String,
    /// Whose students; empty for one's own.
    whose: String,
    /// Of the list: contacted, all.
    reached: usize,
    all: usize,
    to_text: Vec<Row>,
    to_call: Vec<Row>,
    groups: Vec<TemplateGroup>,
    /// By teacher, for those who watch over a school.
    teachers: Vec<TeacherLine>,
}

struct TeacherLine {
    person: PersonId,
    name: String,
    reached: usize,
    all: usize,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    teacher: String,
}

/// `GET /texting/outreach`.
pub async fn page(State(state): State<WebState>, staff: Staff, Query(asked): Query<Asked>) -> PageResult<Html<String>> {
    staff.must_somewhere(Act::Text)?;
    let mut reads = state.engine.reader().read().await?;
    let watched = watched(&mut reads, &staff).await?;
    let chosen = asked.teacher.parse::<PersonId>().ok().filter(|_| !asked.teacher.is_empty());
    let (whose, rows) = match chosen {
        Some(teacher) => {
            let of = watched.iter().find(|one| one.person == teacher).ok_or_else(CommandError::not_allowed)?;
            let enrolled = taught_by(&mut reads, teacher, MOST).await?;
            (name(&of.given, &of.family), rows_of(&mut reads, (&state, &staff), enrolled).await?)
        }
        None => (String::new(), own_rows(&mut reads, (&state, &staff)).await?),
    };
    let rows = once_each(rows);
    let all = rows.len();
    let left: Vec<Row> = rows.into_iter().filter(|row| !row.this_week).collect();
    let reached = all - left.len();
    let (to_text, to_call): (Vec<Row>, Vec<Row>) = left.into_iter().partition(|row| row.write_to.is_some());
    let shown = texting::shown_name(&mut reads, staff.user).await?;
    let values = Values { student: "{{student}}", course: "{{course}}", teacher: &shown, time: "" };
    html(&OutreachPage {
        frame: Frame::new(&staff, Place::Texting, "Weekly outreach"),
        batch: dice::token(),
        whose,
        reached,
        all,
        to_text,
        to_call,
        groups: groups(&mut reads, &staff.actor, values).await?,
        teachers: by_teacher(&mut reads, &staff, &watched).await?,
    })
}

/// The teachers of the schools that somebody watches over.
async fn watched(reads: &mut impl Reads, staff: &Staff) -> PageResult<Vec<Teacher>> {
    if !staff.actor.may_somewhere(Act::Supervise) {
        return Ok(Vec::new());
    }
    let mut teachers: Vec<Teacher> = Vec::new();
    for school in district::schools(reads).await? {
        if staff.actor.must(Act::Supervise, Scope::School(school.id)).is_err() {
            continue;
        }
        for teacher in teachers_of(reads, school.id).await? {
            // Somebody who teaches at two schools stands once.
            match teachers.iter_mut().find(|one| one.person == teacher.person) {
                Some(known) => known.students.extend(teacher.students),
                None => teachers.push(teacher),
            }
        }
    }
    Ok(teachers)
}

async fn by_teacher(reads: &mut impl Reads, staff: &Staff, teachers: &[Teacher]) -> PageResult<Vec<TeacherLine>> {
    let mut students: Vec<PersonId> = teachers.iter().flat_map(|teacher| teacher.students.iter().copied()).collect();
    students.sort_unstable();
    students.dedup();
    let last = last_contacts(reads, &students).await?;
    let is_reached = |student: &&PersonId| {
        last.get(*student).is_some_and(|last| is_contacted_this_week(last.any, staff.now, &staff.zone))
    };
    let mut lines: Vec<TeacherLine> = teachers
        .iter()
        .map(|teacher| TeacherLine {
            person: teacher.person,
            name: name(&teacher.given, &teacher.family),
            reached: teacher.students.iter().filter(is_reached).count(),
            all: teacher.students.len(),
        })
        .collect();
    lines.sort_by_key(|line| std::cmp::Reverse(line.all - line.reached));
    Ok(lines)
}

/// A student of two sections stands once; who waits longest stands first.
fn once_each(mut rows: Vec<Row>) -> Vec<Row> {
    let mut seen = HashSet::new();
    rows.retain(|row| seen.insert(row.student));
    rows.sort_by_key(|row| std::cmp::Reverse(row.days.unwrap_or(i32::MAX)));
    rows
}
