//! `/texting/supervision`: how much of each school's texting of a month a person has seen, the queue of threads drawn at random,
//! what was flagged; and `/texting/supervision/looks`: who read which thread when.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use jiff::Timestamp;
use schoolbell_domain::conversation::sampling::{Coverage, Finding, percent};
use schoolbell_domain::ids::{ConversationId, PersonId, SchoolId};
use schoolbell_domain::permission::{Act, Scope};
use schoolbell_engine::CommandError;
use schoolbell_engine::commands::texting::supervise::{coverage, draw_samples, mark_sample};
use schoolbell_store::read::{district, supervision as rows};
use schoolbell_store::tx::Reads;
use serde::Deserialize;

use crate::WebState;
use crate::error::{PageError, PageResult};
use crate::form::{Problems, Signed};
use crate::frame::{Frame, Place, html};
use crate::session::Staff;
use crate::times::{Teller, TimeElement};

/// Lines of the queue, and of what was flagged.
const SHOWN: i64 = 50;
const LOOKS: i64 = 100;

#[derive(Template)]
#[template(path = "texting_supervision.html")]
struct SupervisionPage {
    frame: Frame,
    month: String,
    schools: Vec<SchoolPart>,
    problems: Problems,
}

struct SchoolPart {
    id: SchoolId,
    name: String,
    of: Coverage,
    threads_seen: i64,
    texts_seen: i64,
    queue: Vec<Line>,
    flagged: Vec<Line>,
}

struct Line {
    id: i64,
    thread: ConversationId,
    student: String,
    staff: String,
    month: String,
    at: TimeElement,
    by: String,
    note: String,
}

#[derive(Template)]
#[template(path = "texting_looks.html")]
struct LooksPage {
    frame: Frame,
    lines: Vec<LookLine>,
    older: Option<String>,
    newer: Option<String>,
}

struct LookLine {
    reader: String,
    at: TimeElement,
    thread: ConversationId,
    staff: String,
    student: PersonId,
    student_name: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    month: String,
    /// Of the looks: older than this, in milliseconds.
    before: Option<i64>,
}

/// `GET /texting/supervision`.
pub async fn page(State(state): State<WebState>, staff: Staff, Query(asked): Query<Asked>) -> PageResult<Html<String>> {
    shown(&state, &staff, (asked.month, Problems::default())).await
}

async fn shown(state: &WebState, staff: &Staff, (month, problems): (String, Problems)) -> PageResult<Html<String>> {
    let month =
        if month.is_empty() { staff.now.to_zoned(staff.zone.clone()).strftime("%Y-%m").to_string() } else { month };
    let mut reads = state.engine.reader().read().await?;
    let teller = staff.teller();
    let mut schools = Vec::new();
    for (id, name) in watched(&mut reads, staff).await? {
        let of = match coverage(&mut reads, id, &month).await {
            Ok(of) => of,
            Err(CommandError::BadInput(_)) => return Err(PageError::NotFound),
            Err(error) => return Err(error.into()),
        };
        let queue = rows::queue(&mut reads, id, SHOWN).await?;
        let flagged = rows::flagged(&mut reads, id, SHOWN).await?;
        schools.push(SchoolPart {
            id,
            name,
            of,
            threads_seen: percent(of.seen, of.threads),
            texts_seen: percent(of.texts_seen.min(of.texts), of.texts),
            queue: queue.into_iter().map(|sample| line(&teller, sample)).collect(),
            flagged: flagged.into_iter().map(|sample| line(&teller, sample)).collect(),
        });
    }
    html(&SupervisionPage { frame: Frame::new(staff, Place::Texting, "Supervision"), month, schools, problems })
}

/// The schools that somebody watches over, with their names.
async fn watched(reads: &mut impl Reads, staff: &Staff) -> PageResult<Vec<(SchoolId, String)>> {
    staff.must_somewhere(Act::Supervise)?;
    let schools = district::schools(reads).await?;
    let sees = |school: SchoolId| staff.actor.must(Act::Supervise, Scope::School(school)).is_ok();
    Ok(schools.into_iter().filter(|school| sees(school.id)).map(|school| (school.id, school.name)).collect())
}

fn line(teller: &Teller, sample: rows::Sample) -> Line {
    Line {
        id: sample.id,
        thread: sample.thread,
        student: sample.student,
        staff: sample.staff,
        month: sample.month,
        at: teller.tell(sample.seen_at.unwrap_or(sample.drawn_at)),
        by: sample.seen_by.unwrap_or_default(),
        note: sample.note,
    }
}

/// `POST /texting/supervision`: draws threads, or marks one.
pub async fn post(State(state): State<WebState>, form: Signed) -> PageResult<Response> {
    let (engine, actor, fields) = (&state.engine, &form.staff.actor, &form.fields);
    let month = fields.text("month").to_owned();
    let answer = if fields.text("act") == "draw" {
        let school = fields.text("school").parse().map_err(|_| PageError::NotFound)?;
        let most = fields.text("most").parse().unwrap_or(0);
        draw_samples(engine, actor, (school, &month), most).await.map(drop)
    } else {
        let id = fields.text("id").parse().map_err(|_| PageError::NotFound)?;
        let finding = Finding::from_word(fields.text("act")).ok_or(PageError::NotFound)?;
        mark_sample(engine, actor, id, (finding, &fields.body("note"))).await
    };
    match answer {
        Ok(()) => {
            Ok(Redirect::to(&format!("/texting/supervision?month={}", crate::form::encode(&month))).into_response())
        }
        Err(CommandError::BadInput(problems)) => {
            let page = shown(&state, &form.staff, (month, Problems(problems))).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(other) => Err(other.into()),
    }
}

/// `GET /texting/supervision/looks`: every reading of a thread, newest first.
pub async fn looks(
    State(state): State<WebState>,
    staff: Staff,
    Query(asked): Query<Asked>,
) -> PageResult<Html<String>> {
    let mut reads = state.engine.reader().read().await?;
    let before = asked.before.and_then(|at| Timestamp::from_millisecond(at).ok());
    let mut found = Vec::new();
    for (school, _) in watched(&mut reads, &staff).await? {
        found.extend(rows::looks(&mut reads, school, before, LOOKS).await?);
    }
    found.sort_by_key(|look| std::cmp::Reverse(look.at));
    found.truncate(usize::try_from(LOOKS).unwrap_or(100));
    let last = found.last().filter(|_| found.len() == 100).map(|look| look.at.as_millisecond());
    let teller = staff.teller();
    html(&LooksPage {
        frame: Frame::new(&staff, Place::Texting, "Who read what"),
        lines: found
            .into_iter()
            .map(|look| LookLine {
                reader: look.reader,
                at: teller.tell(look.at),
                thread: look.thread,
                staff: look.staff,
                student: look.student,
                student_name: look.student_name,
            })
            .collect(),
        older: last.map(|at| format!("/texting/supervision/looks?before={at}")),
        newer: before.map(|_| "/texting/supervision/looks".to_owned()),
    })
}
