//! `/family/sign-in`, `/family/code`, `/family/link/{token}`: coming in and leaving.

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use schoolbell_domain::language::Language;
use schoolbell_engine::CommandError;
use schoolbell_engine::commands::family_passkeys::has_passkeys;
use schoolbell_engine::commands::family_session::{choose_page_language, leave as leave_session};
use schoolbell_engine::commands::family_sign_in as commands;

use super::session::{ParentForm, signed_in, signed_out};
use crate::WebState;
use crate::error::PageResult;
use crate::form::{Fields, own_path};
use crate::frame::{Theme, cookie, html};
use crate::session::set_cookie;
use crate::staff::menu::came_from;
use crate::staff::sign_in::{check_form_token, district_name, form_token, user_agent};
use crate::words::Words;

/// The challenge of the code that this browser asked for.
const CHALLENGE: &str = "schoolbell_family_try";

/// What stands around the pages of somebody who is not signed in.
struct Door {
    t: Words,
    theme: Theme,
    district: String,
    csrf: String,
}

impl Door {
    async fn of(state: &WebState, headers: &HeaderMap) -> PageResult<(Self, HeaderMap)> {
        let (csrf, cookies) = form_token(state, headers)?;
        let t = Words::of_visitor(headers);
        Ok((Self { t, theme: Theme::of(headers), district: district_name(state).await?, csrf }, cookies))
    }
}

/// How else somebody comes in here.
struct OtherWays {
    /// By the student information system.
    portal: bool,
    passkeys: bool,
}

#[derive(Template)]
#[template(path = "family/sign_in.html")]
struct SignInPage {
    door: Door,
    t: Words,
    email: String,
    wrong: bool,
    ways: OtherWays,
    /// Somebody came from there and was not let in.
    refused: bool,
}

#[derive(Template)]
#[template(path = "family/code.html")]
struct CodePage {
    door: Door,
    t: Words,
    wrong: bool,
}

#[derive(Template)]
#[template(path = "family/link.html")]
struct LinkPage {
    door: Door,
    t: Words,
    token: String,
    wrong: bool,
}

/// `GET /family/sign-in`.
pub async fn page(State(state): State<WebState>, headers: HeaderMap) -> PageResult<Response> {
    sign_in_page(&state, &headers, ("", false), false).await
}

/// The door after a try from elsewhere that opened nothing.
pub(super) async fn door_page(state: &WebState, headers: &HeaderMap) -> PageResult<Response> {
    sign_in_page(state, headers, ("", false), true).await
}

async fn sign_in_page(
    state: &WebState,
    headers: &HeaderMap,
    (email, wrong): (&str, bool),
    refused: bool,
) -> PageResult<Response> {
    let (door, cookies) = Door::of(state, headers).await?;
    let page = SignInPage {
        t: door.t,
        door,
        email: email.to_owned(),
        wrong,
        ways: OtherWays { portal: state.settings.portal.oidc.is_some(), passkeys: has_passkeys(&state.engine) },
        refused,
    };
    Ok((cookies, html(&page)?).into_response())
}

/// `POST /family/sign-in`: the same answer for every address.
pub async fn ask(
    State(state): State<WebState>,
    headers: HeaderMap,
    Form(pairs): Form<Vec<(String, String)>>,
) -> PageResult<Response> {
    let fields = Fields::new(pairs);
    check_form_token(&headers, &fields)?;
    match commands::ask_for_code(&state.engine, fields.text("email")).await {
        Ok(challenge) => {
            let cookies = set_cookie(&state, &format!("{CHALLENGE}={challenge}; Max-Age=900; HttpOnly"))?;
            Ok((cookies, Redirect::to("/family/code")).into_response())
        }
        Err(CommandError::Fault(fault)) => Err(fault.into()),
        Err(CommandError::BadInput(_) | CommandError::Refused { .. } | CommandError::NotFound(_)) => {
            let page = sign_in_page(&state, &headers, (fields.text("email"), true), false).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}

/// `GET /family/code`.
pub async fn code_page(State(state): State<WebState>, headers: HeaderMap) -> PageResult<Response> {
    let (door, cookies) = Door::of(&state, &headers).await?;
    Ok((cookies, html(&CodePage { t: door.t, door, wrong: false })?).into_response())
}

/// `POST /family/code`.
pub async fn answer(
    State(state): State<WebState>,
    headers: HeaderMap,
    Form(pairs): Form<Vec<(String, String)>>,
) -> PageResult<Response> {
    let fields = Fields::new(pairs);
    check_form_token(&headers, &fields)?;
    let challenge = cookie(&headers, CHALLENGE).unwrap_or("");
    let tried = commands::sign_in_with_code(&state.engine, challenge, fields.text("code"), &user_agent(&headers)).await;
    if let Some(cookies) = begun(&state, tried)? {
        return Ok((cookies, Redirect::to("/family")).into_response());
    }
    let (door, cookies) = Door::of(&state, &headers).await?;
    let page = CodePage { t: door.t, door, wrong: true };
    Ok((StatusCode::UNPROCESSABLE_ENTITY, cookies, html(&page)?).into_response())
}

/// `GET /family/link/{token}`: asks first, so that a scanner which opens every link does not use it up.
pub async fn link_page(
    State(state): State<WebState>,
    headers: HeaderMap,
    Path(token): Path<String>,
) -> PageResult<Response> {
    let (door, cookies) = Door::of(&state, &headers).await?;
    Ok((cookies, html(&LinkPage { t: door.t, door, token, wrong: false })?).into_response())
}

/// `POST /family/link/{token}`.
pub async fn link_post(
    State(state): State<WebState>,
    headers: HeaderMap,
    Path(token): Path<String>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> PageResult<Response> {
    check_form_token(&headers, &Fields::new(pairs))?;
    let tried = commands::sign_in_with_family_link(&state.engine, &token, &user_agent(&headers)).await;
    if let Some(cookies) = begun(&state, tried)? {
        return Ok((cookies, Redirect::to("/family")).into_response());
    }
    let (door, cookies) = Door::of(&state, &headers).await?;
    let page = LinkPage { t: door.t, door, token, wrong: true };
    Ok((StatusCode::UNPROCESSABLE_ENTITY, cookies, html(&page)?).into_response())
}

/// The cookies of a session that began; `None` where a rule said no.
pub(super) fn begun(
    state: &WebState,
    tried: Result<commands::NewFamilySession, CommandError>,
) -> PageResult<Option<HeaderMap>> {
    match tried {
        Ok(session) => {
            let mut cookies = signed_in(state, &session.token)?;
            for (name, value) in set_cookie(state, &format!("{CHALLENGE}=; Max-Age=0; HttpOnly"))? {
                if let Some(name) = name {
                    cookies.append(name, value);
                }
            }
            Ok(Some(cookies))
        }
        Err(CommandError::Fault(fault)) => Err(fault.into()),
        Err(CommandError::BadInput(_) | CommandError::Refused { .. } | CommandError::NotFound(_)) => Ok(None),
    }
}

/// `POST /family/sign-out`.
pub async fn leave(State(state): State<WebState>, form: ParentForm) -> PageResult<Response> {
    leave_session(&state.engine, &form.parent.signed_in).await?;
    Ok((signed_out(&state)?, Redirect::to("/family/sign-in")).into_response())
}

/// `POST /family/language`: of a visitor, kept on this device.
pub async fn visitor_language(
    State(state): State<WebState>,
    headers: HeaderMap,
    Form(pairs): Form<Vec<(String, String)>>,
) -> PageResult<Response> {
    let fields = Fields::new(pairs);
    check_form_token(&headers, &fields)?;
    let t = Words::lookup(fields.text("language")).unwrap_or_else(|| Words::of_visitor(&headers));
    Ok((language_cookie(&state, t)?, Redirect::to(own_path(&came_from(&headers)))).into_response())
}

/// `POST /family/my-language`: of somebody who is signed in, kept with the account.
pub async fn my_language(State(state): State<WebState>, headers: HeaderMap, form: ParentForm) -> PageResult<Response> {
    let t = Words::lookup(form.fields.text("language")).unwrap_or(form.parent.t);
    choose_page_language(&state.engine, &form.parent.signed_in, &Language::of(t.tag())).await?;
    Ok((language_cookie(&state, t)?, Redirect::to(own_path(&came_from(&headers)))).into_response())
}

fn language_cookie(state: &WebState, t: Words) -> PageResult<HeaderMap> {
    set_cookie(state, &format!("{}={}; Max-Age=31536000", Words::COOKIE, t.tag()))
}

/// `POST /family/theme`: light or dark, kept on this device.
pub async fn theme(State(state): State<WebState>, headers: HeaderMap, form: ParentForm) -> PageResult<Response> {
    let theme = Theme::from_word(form.fields.text("theme"));
    let cookies = set_cookie(&state, &format!("{}={}; Max-Age=31536000", Theme::COOKIE, theme.word()))?;
    Ok((cookies, Redirect::to(own_path(&came_from(&headers)))).into_response())
}
