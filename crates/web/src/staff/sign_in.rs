//! `/sign-in`, `/sign-in/link/{token}` and `/sign-out`: a password, or a link that works once.

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use schoolbell_engine::commands::{sign_in, sign_in_link, sign_out};
use schoolbell_engine::{CommandError, dice};
use schoolbell_store::read::district;
use serde::Deserialize;

use crate::WebState;
use crate::error::{PageError, PageResult, as_sentence};
use crate::form::{Fields, Signed, own_path, same_token};
use crate::frame::{Theme, cookie, html};
use crate::session::{FORM_COOKIE, set_cookie, signed_in, signed_out};

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    theme: Theme,
    district: String,
    csrf: String,
    next: String,
    email: String,
    wrong: String,
}

#[derive(Template)]
#[template(path = "sign_in_link.html")]
struct LinkPage {
    theme: Theme,
    district: String,
    csrf: String,
    token: String,
}

#[derive(Deserialize)]
pub struct Next {
    #[serde(default)]
    next: String,
}

/// `GET /sign-in?next=…`.
pub async fn page(
    State(state): State<WebState>,
    headers: HeaderMap,
    Query(Next { next }): Query<Next>,
) -> PageResult<Response> {
    show(&state, &headers, Fields::new(vec![("next".to_owned(), next)]), String::new()).await
}

/// `POST /sign-in`.
pub async fn post(
    State(state): State<WebState>,
    headers: HeaderMap,
    Form(pairs): Form<Vec<(String, String)>>,
) -> PageResult<Response> {
    let fields = Fields::new(pairs);
    check_form_token(&headers, &fields)?;
    let agent = user_agent(&headers);
    let password = fields.exactly("password");
    match sign_in::sign_in(&state.engine, fields.text("email"), password, &agent).await {
        Ok(session) => {
            let cookies = signed_in(&state, &session.token)?;
            Ok((cookies, Redirect::to(own_path(fields.text("next")))).into_response())
        }
        Err(CommandError::Fault(fault)) => Err(fault.into()),
        Err(no) => {
            Ok((StatusCode::UNPROCESSABLE_ENTITY, show(&state, &headers, fields, as_sentence(&no.to_string())).await?)
                .into_response())
        }
    }
}

/// `GET /sign-in/link/{token}`: asks first, so that a mail scanner which opens every link does not use it up.
pub async fn link_page(
    State(state): State<WebState>,
    headers: HeaderMap,
    Path(token): Path<String>,
) -> PageResult<Response> {
    let (csrf, cookies) = form_token(&state, &headers)?;
    let page = LinkPage { theme: Theme::of(&headers), district: district_name(&state).await?, csrf, token };
    Ok((cookies, html(&page)?).into_response())
}

/// `POST /sign-in/link/{token}`.
pub async fn link_post(
    State(state): State<WebState>,
    headers: HeaderMap,
    Path(token): Path<String>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> PageResult<Response> {
    check_form_token(&headers, &Fields::new(pairs))?;
    match sign_in_link::sign_in_with_link(&state.engine, &token, &user_agent(&headers)).await {
        Ok(session) => Ok((signed_in(&state, &session.token)?, Redirect::to("/")).into_response()),
        Err(CommandError::Fault(fault)) => Err(fault.into()),
        Err(no) => {
            let page = show(&state, &headers, Fields::default(), as_sentence(&no.to_string())).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}

/// `POST /sign-out`.
pub async fn leave(State(state): State<WebState>, form: Signed) -> PageResult<Response> {
    sign_out::sign_out(&state.engine, &form.staff.actor, &form.staff.token).await?;
    Ok((signed_out(&state)?, Redirect::to("/sign-in")).into_response())
}

async fn show(state: &WebState, headers: &HeaderMap, fields: Fields, wrong: String) -> PageResult<Response> {
    let (csrf, cookies) = form_token(state, headers)?;
    let page = SignInPage {
        theme: Theme::of(headers),
        district: district_name(state).await?,
        csrf,
        next: fields.text("next").to_owned(),
        email: fields.text("email").to_owned(),
        wrong,
    };
    Ok((cookies, html(&page)?).into_response())
}

pub async fn district_name(state: &WebState) -> PageResult<String> {
    let mut reads = state.engine.reader().read().await?;
    Ok(district::lookup_district(&mut reads).await?.map(|district| district.name).unwrap_or_default())
}

/// The token of the form, the same in cookie and field; kept if the visitor has one, so that two tabs both work.
pub fn form_token(state: &WebState, headers: &HeaderMap) -> PageResult<(String, HeaderMap)> {
    if let Some(token) = cookie(headers, FORM_COOKIE) {
        return Ok((token.to_owned(), HeaderMap::new()));
    }
    let token = dice::token();
    let cookies = set_cookie(state, &format!("{FORM_COOKIE}={token}; HttpOnly"))?;
    Ok((token, cookies))
}

pub fn check_form_token(headers: &HeaderMap, fields: &Fields) -> PageResult<()> {
    let held = cookie(headers, FORM_COOKIE).unwrap_or("");
    if same_token(held, fields.text("csrf")) { Ok(()) } else { Err(PageError::forged()) }
}

pub fn user_agent(headers: &HeaderMap) -> String {
    let sent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or("");
    sent.chars().take(200).collect()
}
