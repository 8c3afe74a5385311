//! `/settings/calls`: the office that key 3 of a school's calls reaches, and the number that its families see.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use schoolbell_domain::ids::SchoolId;
use schoolbell_domain::permission::{Act, Scope};
use schoolbell_engine::commands::present_calls::present_calls;
use schoolbell_engine::{CommandError, Problem};
use schoolbell_store::read::{district, names, school_calls};

use crate::WebState;
use crate::error::{PageError, PageResult};
use crate::form::{Problems, Signed};
use crate::frame::{Frame, Place, html};
use crate::looks::address;
use crate::session::Staff;

#[derive(Template)]
#[template(path = "settings_calls.html")]
struct CallsPage {
    frame: Frame,
    schools: Vec<Line>,
    problems: Problems,
}

/// One school; a number that it did not choose stands as the hint.
struct Line {
    id: SchoolId,
    name: String,
    office: String,
    listed: String,
    caller_id: String,
}

/// `GET /settings/calls`.
pub async fn page(State(state): State<WebState>, staff: Staff) -> PageResult<Html<String>> {
    show(&state, &staff, Vec::new()).await
}

/// `POST /settings/calls`: one school.
pub async fn post(State(state): State<WebState>, form: Signed) -> PageResult<Response> {
    let Signed { staff, fields } = form;
    let school: SchoolId = fields.text("school").parse().map_err(|_| PageError::NotFound)?;
    let numbers = (fields.text("office"), fields.text("caller_id"));
    match present_calls(&state.engine, &staff.actor, school, numbers).await {
        Ok(()) => Ok(Redirect::to("/settings/calls").into_response()),
        Err(CommandError::BadInput(problems)) => {
            Ok((StatusCode::UNPROCESSABLE_ENTITY, show(&state, &staff, problems).await?).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

async fn show(state: &WebState, staff: &Staff, problems: Vec<Problem>) -> PageResult<Html<String>> {
    staff.actor.must(Act::SeeSettings, Scope::District)?;
    let mut reads = state.engine.reader().read().await?;
    let chosen = school_calls::all(&mut reads).await?;
    let listed = names::school_names(&mut reads).await?;
    let schools = district::schools(&mut reads).await?.into_iter().map(|school| {
        let shown = |number: &Option<String>| number.as_deref().map(address).unwrap_or_default();
        let own = chosen.get(&school.id).cloned().unwrap_or_default();
        Line {
            id: school.id,
            office: shown(&own.office),
            listed: listed.get(&school.id).and_then(|row| row.phone.clone()).unwrap_or_else(|| "none".to_owned()),
            caller_id: shown(&own.caller_id),
            name: school.name,
        }
    });
    let (schools, frame) = (schools.collect(), Frame::new(staff, Place::Settings, "Calls of each school"));
    html(&CallsPage { frame, schools, problems: Problems(problems) })
}
