//! `/family/launch` and `/family/portal`: in through the student information system's portal.

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use schoolbell_engine::CommandError;
use schoolbell_engine::commands::family_portal as commands;
use schoolbell_engine::commands::family_sign_in::NewFamilySession;
use serde::Deserialize;

use super::doors::{begun, door_page};
use crate::WebState;
use crate::error::PageResult;
use crate::frame::cookie;
use crate::session::set_cookie;
use crate::staff::sign_in::user_agent;

/// The state of the visit that this browser began.
const VISIT: &str = "schoolbell_family_visit";

#[derive(Deserialize)]
pub struct Launched {
    #[serde(default)]
    token: String,
}

#[derive(Deserialize)]
pub struct Returned {
    #[serde(default)]
    state: String,
    #[serde(default)]
    code: String,
}

/// `GET /family/launch?token=…`: a signed link, made for this click.
pub async fn launch(
    State(state): State<WebState>,
    headers: HeaderMap,
    Query(launched): Query<Launched>,
) -> PageResult<Response> {
    let portal = &state.settings.portal;
    let tried = commands::sign_in_by_launch(&state.engine, portal, &launched.token, &user_agent(&headers)).await;
    inside(&state, &headers, tried).await
}

/// `GET /family/portal`: to the other system's sign-in.
pub async fn visit(State(state): State<WebState>, headers: HeaderMap) -> PageResult<Response> {
    match commands::begin_visit(&state.engine, &state.settings.portal).await {
        Ok(visit) => {
            let cookies = set_cookie(&state, &format!("{VISIT}={}; Max-Age=900; HttpOnly", visit.state))?;
            Ok((cookies, Redirect::to(&visit.to)).into_response())
        }
        Err(error) => inside(&state, &headers, Err(error)).await,
    }
}

/// `GET /family/portal/back?state=…&code=…`.
pub async fn back(
    State(state): State<WebState>,
    headers: HeaderMap,
    Query(returned): Query<Returned>,
) -> PageResult<Response> {
    let held = cookie(&headers, VISIT).unwrap_or("");
    let given = (held, returned.state.as_str(), returned.code.as_str());
    let tried = commands::end_visit(&state.engine, &state.settings.portal, given, &user_agent(&headers)).await;
    inside(&state, &headers, tried).await
}

/// In, or the door with the one sentence for everybody.
async fn inside(
    state: &WebState,
    headers: &HeaderMap,
    tried: Result<NewFamilySession, CommandError>,
) -> PageResult<Response> {
    match begun(state, tried)? {
        Some(cookies) => Ok((cookies, Redirect::to("/family")).into_response()),
        None => Ok((StatusCode::FORBIDDEN, door_page(state, headers).await?).into_response()),
    }
}
