//! `/settings/password`: my own password.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use schoolbell_engine::CommandError;
use schoolbell_engine::commands::change_password::change_password;
use schoolbell_store::read::users::lookup_user;
use serde::Deserialize;

use crate::WebState;
use crate::error::{PageError, PageResult};
use crate::form::{Problems, Signed, problem};
use crate::frame::{Frame, Place, html};
use crate::session::Staff;

#[derive(Template)]
#[template(path = "password.html")]
struct PasswordPage {
    frame: Frame,
    /// Under which a password manager keeps it.
    email: String,
    /// Whether there is one yet: somebody who came by a link may have none.
    has_one: bool,
    changed: bool,
    problems: Problems,
}

#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    changed: bool,
}

/// `GET /settings/password`.
pub async fn page(
    State(state): State<WebState>,
    staff: Staff,
    Query(Asked { changed }): Query<Asked>,
) -> PageResult<Html<String>> {
    show(&state, &staff, changed, Problems::default()).await
}

/// `POST /settings/password`.
pub async fn post(State(state): State<WebState>, form: Signed) -> PageResult<Response> {
    let Signed { staff, fields } = form;
    let (current, new) = (fields.exactly("current"), fields.exactly("password"));
    let problems = match change_password(&state.engine, &staff.actor, &staff.token, (current, new)).await {
        Ok(()) => return Ok(Redirect::to("/settings/password?changed=true").into_response()),
        Err(CommandError::BadInput(problems)) => problems,
        Err(CommandError::Refused { rule: "too many tries", sentence }) => vec![problem("current", &sentence)],
        Err(error) => return Err(error.into()),
    };
    Ok((StatusCode::UNPROCESSABLE_ENTITY, show(&state, &staff, false, Problems(problems)).await?).into_response())
}

async fn show(state: &WebState, staff: &Staff, changed: bool, problems: Problems) -> PageResult<Html<String>> {
    let mut reads = state.engine.reader().read().await?;
    let user = lookup_user(&mut reads, staff.user).await?.ok_or(PageError::NotFound)?;
    let frame = Frame::new(staff, Place::Settings, "Your password");
    html(&PasswordPage { frame, has_one: user.password_hash.is_some(), email: user.email, changed, problems })
}
