//! `/family/passkeys`: signing in without a code. Browsers speak with passkeys by script alone; whoever has none still has the
//! code, and whoever has no script still removes a passkey here.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::{Form, Json};
use schoolbell_engine::CommandError;
use schoolbell_engine::commands::family_passkeys::{self as commands, Question};
use serde::Deserialize;
use serde_json::{Value, json};

use super::app::device_name;
use super::doors::begun;
use super::frame::{FamilyFrame, Place};
use super::session::{Parent, ParentForm};
use crate::WebState;
use crate::error::{PageError, PageResult};
use crate::form::Fields;
use crate::frame::html;
use crate::staff::sign_in::{check_form_token, user_agent};
use crate::words::Words;

#[derive(Template)]
#[template(path = "family/passkeys.html")]
struct PasskeysPage {
    frame: FamilyFrame,
    t: Words,
    notice: Option<String>,
    /// Whether this district can have them at all.
    possible: bool,
    keys: Vec<KeyLine>,
}

struct KeyLine {
    id: i64,
    name: String,
    made: String,
    used: String,
    /// A copy of it may exist: it opens nothing any more.
    doubted: bool,
}

#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    done: String,
}

/// `GET /family/passkeys`.
pub async fn page(
    State(state): State<WebState>,
    parent: Parent,
    Query(asked): Query<Asked>,
) -> PageResult<Html<String>> {
    let t = parent.t;
    let teller = parent.teller();
    let keys = commands::family_passkeys(&state.engine, parent.family()).await?;
    let keys = keys.into_iter().map(|key| KeyLine {
        id: key.id,
        name: device_name(t, &key.user_agent),
        made: t.one("passkey-made", "when", teller.tell(key.created_at)),
        used: key.used_at.map_or_else(|| t.say("passkey-unused"), |at| t.one("passkey-used", "when", teller.tell(at))),
        doubted: key.suspect_at.is_some(),
    });
    let notice = match asked.done.as_str() {
        "made" => Some(t.say("passkey-is-made")),
        "off" => Some(t.say("passkey-is-off")),
        _ => None,
    };
    html(&PasskeysPage {
        possible: commands::has_passkeys(&state.engine),
        keys: keys.collect(),
        notice,
        t,
        frame: FamilyFrame::new(&parent, Place::App, t.say("passkey-title")),
    })
}

/// `POST /family/passkeys/new`: what the browser needs to make one.
pub async fn begin(State(state): State<WebState>, form: ParentForm) -> PageResult<Json<Value>> {
    Ok(asked(commands::begin_passkey(&state.engine, form.parent.family()).await?))
}

/// `POST /family/passkeys`: keeps what it made.
pub async fn keep(State(state): State<WebState>, headers: HeaderMap, form: ParentForm) -> PageResult<StatusCode> {
    let given = (form.fields.text("token"), form.fields.text("answer"));
    commands::finish_passkey(&state.engine, &form.parent.signed_in, given, &user_agent(&headers)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /family/passkeys/remove`.
pub async fn remove(State(state): State<WebState>, form: ParentForm) -> PageResult<Redirect> {
    let id = form.fields.text("passkey").parse::<i64>().map_err(|_| PageError::NotFound)?;
    commands::remove_passkey(&state.engine, form.parent.family(), id).await?;
    Ok(Redirect::to("/family/passkeys?done=off"))
}

/// `POST /family/passkeys/ask`: the question for whoever stands at the door.
pub async fn ask(
    State(state): State<WebState>,
    headers: HeaderMap,
    Form(pairs): Form<Vec<(String, String)>>,
) -> PageResult<Json<Value>> {
    check_form_token(&headers, &Fields::new(pairs))?;
    Ok(asked(commands::ask_for_passkey(&state.engine).await?))
}

/// `POST /family/passkeys/enter`: in, or one answer for everything that opens nothing.
pub async fn enter(
    State(state): State<WebState>,
    headers: HeaderMap,
    Form(pairs): Form<Vec<(String, String)>>,
) -> PageResult<Response> {
    let fields = Fields::new(pairs);
    check_form_token(&headers, &fields)?;
    let given = (fields.text("token"), fields.text("answer"));
    let tried = commands::sign_in_with_passkey(&state.engine, given, &user_agent(&headers)).await;
    match begun(&state, tried)? {
        Some(cookies) => Ok((cookies, StatusCode::NO_CONTENT).into_response()),
        None => Err(PageError::from(CommandError::refused("sign in", "this passkey did not open the door"))),
    }
}

fn asked(question: Question) -> Json<Value> {
    let Question { token, options } = question;
    Json(json!({ "token": token, "options": options }))
}
