//! `/family/absences`: why a child was absent, or will be.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use jiff::civil::Date;
use schoolbell_domain::attendance::answer::Reason;
use schoolbell_domain::ids::PersonId;
use schoolbell_engine::CommandError;
use schoolbell_engine::commands::answer_absence::{Statement, report_absence};
use schoolbell_store::read::absences;
use serde::Deserialize;

use super::frame::{FamilyFrame, Place};
use super::session::{Parent, ParentForm};
use crate::WebState;
use crate::error::{PageError, PageResult};
use crate::frame::html;
use crate::words::Words;

#[derive(Template)]
#[template(path = "family/absences.html")]
struct AbsencesPage {
    frame: FamilyFrame,
    t: Words,
    children: Vec<(PersonId, String)>,
    today: Date,
    reasons: Vec<(&'static str, String)>,
    said: Vec<(String, String, String, String)>,
    /// What was done, or empty.
    notice: String,
    wrong: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    done: String,
}

/// `GET /family/absences`.
pub async fn page(
    State(state): State<WebState>,
    parent: Parent,
    Query(asked): Query<Asked>,
) -> PageResult<Html<String>> {
    let notice = if asked.done.is_empty() { String::new() } else { parent.t.say("absence-thanks") };
    show(&state, &parent, (notice, String::new())).await
}

async fn show(state: &WebState, parent: &Parent, (notice, wrong): (String, String)) -> PageResult<Html<String>> {
    let t = parent.t;
    let mut reads = state.engine.reader().read().await?;
    let mut said = Vec::new();
    for child in parent.family().children() {
        // One's own words alone: the other household of a child keeps what it told the school.
        let own = &parent.family().circle.guardians;
        for answer in absences::answers_by(&mut reads, child.id, own).await?.into_iter().take(10) {
            let days = if answer.first_day == answer.last_day {
                answer.first_day.to_string()
            } else {
                format!("{} – {}", answer.first_day, answer.last_day)
            };
            said.push((child.given.clone(), days, words(t, answer.reason), answer.note));
        }
    }
    let children = parent.family().children().into_iter().map(|child| (child.id, child.given.clone()));
    html(&AbsencesPage {
        children: children.collect(),
        today: parent.now.to_zoned(parent.zone.clone()).date(),
        reasons: choices(t),
        said,
        notice,
        wrong,
        t,
        frame: FamilyFrame::new(parent, Place::Home, t.say("absence-head")),
    })
}

/// Every reason with its word and as the reader calls it.
pub fn choices(t: Words) -> Vec<(&'static str, String)> {
    Reason::ALL.into_iter().map(|reason| (reason.word(), words(t, reason))).collect()
}

fn words(t: Words, reason: Reason) -> String {
    t.say(match reason {
        Reason::Illness => "absence-illness",
        Reason::Appointment => "absence-appointment",
        Reason::Family => "absence-family",
        Reason::OnTheWay => "absence-on-the-way",
        Reason::Other => "absence-other",
        Reason::ShouldBeAtSchool => "absence-should",
    })
}

/// `POST /family/absences`.
pub async fn post(State(state): State<WebState>, form: ParentForm) -> PageResult<Response> {
    let fields = &form.fields;
    let child = fields.text("child").parse::<PersonId>().map_err(|_| PageError::NotFound)?;
    let first = fields.text("first_day").parse::<Date>();
    let (Some(reason), Ok(first_day)) = (Reason::from_word(fields.text("reason")), first) else {
        let wrong = form.parent.t.say("absence-incomplete");
        let again = show(&state, &form.parent, (String::new(), wrong)).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, again).into_response());
    };
    let last_day = fields.text("last_day").parse().unwrap_or(first_day);
    let statement = Statement { reason, note: fields.body("note"), first_day, last_day };
    match report_absence(&state.engine, form.parent.family(), child, &statement).await {
        Ok(()) => Ok(Redirect::to("/family/absences?done=yes").into_response()),
        Err(CommandError::BadInput(_)) => {
            let again = show(&state, &form.parent, (String::new(), form.parent.t.say("absence-days-wrong"))).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, again).into_response())
        }
        Err(error) => Err(error.into()),
    }
}
