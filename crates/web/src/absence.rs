//! `/absence/{token}`: the link in a mail about an absence. A look changes nothing (mail scanners follow every link); a
//! post needs no cookie and no account: whoever has the mail may say why.

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Html;
use schoolbell_domain::attendance::answer::Reason;
use schoolbell_engine::commands::answer_absence::{LinkedAbsence, answer_by_link, look_at_absence};
use schoolbell_store::read::district::lookup_district;
use serde::Deserialize;

use crate::WebState;
use crate::error::{PageError, PageResult};
use crate::family::absences::choices;
use crate::form::problem;
use crate::frame::{Theme, html};
use crate::words::Words;

#[derive(Template)]
#[template(path = "absence.html")]
struct AbsencePage {
    theme: Theme,
    t: Words,
    district: String,
    token: String,
    linked: LinkedAbsence,
    day: String,
    reasons: Vec<(&'static str, String)>,
    done: bool,
}

#[derive(Deserialize)]
pub struct Said {
    reason: String,
    #[serde(default)]
    note: String,
}

/// `GET /absence/{token}`.
pub async fn page(
    State(state): State<WebState>,
    headers: HeaderMap,
    Path(token): Path<String>,
) -> PageResult<Html<String>> {
    let linked = look_at_absence(&state.engine, &token).await?;
    render(&state, &headers, (token, linked), Outcome::Asked).await
}

/// `POST /absence/{token}`.
pub async fn post(
    State(state): State<WebState>,
    headers: HeaderMap,
    Path(token): Path<String>,
    Form(said): Form<Said>,
) -> PageResult<Html<String>> {
    let linked = look_at_absence(&state.engine, &token).await?;
    let Some(reason) = Reason::from_word(&said.reason) else {
        return Err(PageError::BadInput(vec![problem("reason", "choose a reason")]));
    };
    answer_by_link(&state.engine, &token, reason, &said.note.replace('\0', "")).await?;
    render(&state, &headers, (token, linked), Outcome::Done).await
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Asked,
    Done,
}

async fn render(
    state: &WebState,
    headers: &HeaderMap,
    (token, linked): (String, LinkedAbsence),
    outcome: Outcome,
) -> PageResult<Html<String>> {
    let mut reads = state.engine.reader().read().await?;
    let district = lookup_district(&mut reads).await?.map(|district| district.name).unwrap_or_default();
    let t = Words::of_visitor(headers);
    html(&AbsencePage {
        theme: Theme::of(headers),
        day: linked.days.0.strftime("%Y-%m-%d").to_string(),
        done: outcome == Outcome::Done,
        reasons: choices(t),
        t,
        district,
        token,
        linked,
    })
}
