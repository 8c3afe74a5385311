//! `/family/surveys/{id}`: a survey, answered by a family that is signed in.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use schoolbell_domain::ids::SurveyId;
use schoolbell_domain::language::Language;
use schoolbell_engine::commands::answer_survey::{Given, OpenSurvey, answer_in_portal, look_in_portal};
use serde::Deserialize;

use super::frame::{FamilyFrame, Place};
use super::session::{Parent, ParentForm};
use crate::WebState;
use crate::error::{PageError, PageResult};
use crate::frame::html;
use crate::questions::read;
use crate::survey::{Part, Refused, keep_written, part};
use crate::words::Words;

#[derive(Template)]
#[template(path = "family/survey.html")]
struct SurveyPage {
    frame: FamilyFrame,
    t: Words,
    action: String,
    part: Part,
    done: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    done: String,
}

/// `GET /family/surveys/{id}`.
pub async fn page(
    State(state): State<WebState>,
    parent: Parent,
    Path(id): Path<SurveyId>,
    Query(asked): Query<Asked>,
) -> PageResult<Html<String>> {
    let open = look_in_portal(&state.engine, parent.family(), id).await?;
    render(&parent, &open, None, !asked.done.is_empty())
}

/// `POST /family/surveys/{id}`.
pub async fn post(State(state): State<WebState>, Path(id): Path<SurveyId>, form: ParentForm) -> PageResult<Response> {
    let parent = &form.parent;
    let open = look_in_portal(&state.engine, parent.family(), id).await?;
    if !open.is_open {
        // It closed while the form stood open; the page says so.
        return Ok((StatusCode::CONFLICT, render(parent, &open, None, false)?).into_response());
    }
    let seat: i64 = form.fields.text("seat").parse().map_err(|_| PageError::NotFound)?;
    let (answers, wrong) = read(&open.standing.survey, &form.fields);
    if !wrong.is_empty() {
        let mut again = open;
        keep_written(&mut again, seat, answers);
        let page = render(parent, &again, Some(&(seat, wrong)), false)?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    }
    let language = Language::of(parent.t.tag());
    let given = Given { seat, answers: &answers, language: &language };
    answer_in_portal(&state.engine, parent.family(), id, given).await?;
    Ok(Redirect::to(&format!("/family/surveys/{id}?done=yes")).into_response())
}

fn render(parent: &Parent, open: &OpenSurvey, refused: Option<&Refused>, done: bool) -> PageResult<Html<String>> {
    let t = parent.t;
    let until = open.standing.survey.deadline.map(|at| parent.teller().tell(at)).unwrap_or_default();
    let part = part(open, t, until, refused);
    html(&SurveyPage {
        frame: FamilyFrame::new(parent, Place::Home, part.title.clone()),
        t,
        action: format!("/family/surveys/{}", open.standing.id),
        part,
        done,
    })
}
