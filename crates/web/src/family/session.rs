//! Who of a family is asking: a session of its own, apart from those of staff.

use axum::Form;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use schoolbell_engine::commands::family_session::{FamilyIn, family_session};
use schoolbell_engine::family::Family;
use schoolbell_store::read::district;

use super::times::FamilyTeller;
use crate::WebState;
use crate::error::{PageError, PageResult};
use crate::form::{Fields, problem, same_token};
use crate::frame::{Theme, cookie};
use crate::session::set_cookie;
use crate::words::Words;

const PLAIN: &str = "schoolbell_family";
const SECURE: &str = "__Host-schoolbell_family";
/// 400 days, the longest that browsers keep; the session itself ends earlier, in the database.
const COOKIE_SECONDS: u32 = 400 * 24 * 3600;

/// Somebody of a family who is signed in.
#[derive(Debug, Clone)]
pub struct Parent {
    pub signed_in: FamilyIn,
    pub t: Words,
    pub theme: Theme,
    pub district: String,
    pub zone: TimeZone,
    pub push: Option<String>,
    pub now: Timestamp,
}

impl Parent {
    /// Who sent this request; otherwise the way to sign in and back.
    pub async fn of(parts: &mut Parts, state: &WebState) -> PageResult<Self> {
        let back = || PageError::FamilySignIn { program: parts.headers.contains_key("hx-request") };
        let token = cookie(&parts.headers, cookie_name(state)).ok_or_else(back)?;
        let signed_in = family_session(&state.engine, token).await?.ok_or_else(back)?;
        let mut reads = state.engine.reader().read().await?;
        let district = district::get_district(&mut reads).await?;
        Ok(Self {
            t: Words::of(&signed_in.language),
            signed_in,
            theme: Theme::of(&parts.headers),
            district: district.name,
            zone: district.time_zone,
            push: state.settings.push.as_ref().map(|door| door.public_key.clone()),
            now: state.engine.now(),
        })
    }

    pub const fn family(&self) -> &Family {
        &self.signed_in.family
    }

    pub fn teller(&self) -> FamilyTeller {
        FamilyTeller { t: self.t, zone: self.zone.clone(), now: self.now }
    }
}

impl FromRequestParts<WebState> for Parent {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, state: &WebState) -> PageResult<Self> {
        Self::of(parts, state).await
    }
}

/// A form of somebody of a family, with the token of their session in it.
#[derive(Debug)]
pub struct ParentForm {
    pub parent: Parent,
    pub fields: Fields,
    /// htmx asked: a fragment is enough.
    pub fragment: bool,
}

impl FromRequest<WebState> for ParentForm {
    type Rejection = PageError;

    async fn from_request(request: Request, state: &WebState) -> PageResult<Self> {
        let (mut parts, body) = request.into_parts();
        let parent = Parent::of(&mut parts, state).await?;
        let header = parts.headers.get("x-csrf-token").and_then(|value| value.to_str().ok()).map(str::to_owned);
        let fragment = parts.headers.contains_key("hx-request");
        let Form(pairs) = Form::<Vec<(String, String)>>::from_request(Request::from_parts(parts, body), state)
            .await
            .map_err(|_| PageError::BadInput(vec![problem("form", "the form could not be read; send it again")]))?;
        let fields = Fields::new(pairs);
        let token = header.as_deref().unwrap_or_else(|| fields.text("csrf"));
        if !same_token(&parent.signed_in.csrf_token, token) {
            return Err(PageError::forged());
        }
        Ok(Self { parent, fields, fragment })
    }
}

fn cookie_name(state: &WebState) -> &'static str {
    if state.settings.is_https() { SECURE } else { PLAIN }
}

/// Sets the session's cookie.
pub fn signed_in(state: &WebState, token: &str) -> PageResult<HeaderMap> {
    set_cookie(state, &format!("{}={token}; Max-Age={COOKIE_SECONDS}; HttpOnly", cookie_name(state)))
}

/// Takes the session's cookie away.
pub fn signed_out(state: &WebState) -> PageResult<HeaderMap> {
    set_cookie(state, &format!("{}=; Max-Age=0; HttpOnly", cookie_name(state)))
}
