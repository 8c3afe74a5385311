//! Who is asking: the session cookie, the actor behind it, and the token that its forms carry.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use schoolbell_domain::ids::{SchoolId, UserId};
use schoolbell_domain::permission::{Act, Scope};
use schoolbell_engine::Actor;
use schoolbell_engine::commands::session;
use schoolbell_store::read::district;

use crate::WebState;
use crate::error::{PageError, PageResult};
use crate::form::same_token;
use crate::frame::{Theme, cookie};
use crate::times::Teller;

/// The cookie of a session; `__Host-` where the browser allows it, so that no neighbour can set it.
const PLAIN: &str = "schoolbell_session";
const SECURE: &str = "__Host-schoolbell_session";
/// 400 days, the longest that browsers keep; the session itself ends earlier, in the database.
const COOKIE_SECONDS: u32 = 400 * 24 * 3600;

/// Somebody of the staff who is signed in.
#[derive(Debug, Clone)]
pub struct Staff {
    pub user: UserId,
    pub actor: Actor,
    pub name: String,
    pub csrf: String,
    /// The token of this session as the browser sent it.
    pub token: String,
    pub token_hash: String,
    pub theme: Theme,
    pub district: String,
    pub zone: TimeZone,
    pub now: Timestamp,
}

impl Staff {
    /// Who sent this request; otherwise the way to sign in and back.
    pub async fn of(parts: &mut Parts, state: &WebState) -> PageResult<Self> {
        let back = || PageError::SignIn {
            next: parts.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned(),
            program: parts.uri.path().starts_with("/api/") || parts.headers.contains_key("hx-request"),
        };
        let token = cookie(&parts.headers, cookie_name(state)).ok_or_else(back)?.to_owned();
        let found = session::session(&state.engine, &token).await?.ok_or_else(back)?;
        let mut reads = state.engine.reader().read().await?;
        let district = district::get_district(&mut reads).await?;
        Ok(Self {
            user: found.user,
            actor: found.actor,
            name: found.name,
            csrf: found.csrf_token,
            token,
            token_hash: found.token_hash,
            theme: Theme::of(&parts.headers),
            district: district.name,
            zone: district.time_zone,
            now: state.engine.now(),
        })
    }

    /// Refuses a form whose token is not this session's.
    pub fn check_token(&self, token: &str) -> PageResult<()> {
        if same_token(&self.csrf, token) { Ok(()) } else { Err(PageError::forged()) }
    }

    pub fn teller(&self) -> Teller {
        Teller::new(self.zone.clone(), self.now)
    }

    /// "Principal", or "Principal and more".
    pub fn role_words(&self) -> String {
        match self.actor.grants.as_slice() {
            [] => "No role yet".to_owned(),
            [grant] => grant.role.plain().to_owned(),
            [grant, rest @ ..] if rest.iter().all(|other| other.role == grant.role) => {
                format!("{}, {} schools", grant.role.plain(), rest.len() + 1)
            }
            [grant, ..] => format!("{} and more", grant.role.plain()),
        }
    }

    /// The schools where an act is allowed: `None` is the whole district.
    pub fn schools_for(&self, act: Act) -> Option<Vec<SchoolId>> {
        if self.actor.must(act, Scope::District).is_ok() {
            return None;
        }
        let schools = self.actor.grants.iter().filter_map(|grant| match grant.scope {
            Scope::District => None,
            Scope::School(school) => Some(school),
        });
        let mut schools: Vec<_> =
            schools.filter(|school| self.actor.must(act, Scope::School(*school)).is_ok()).collect();
        schools.sort_unstable();
        schools.dedup();
        Some(schools)
    }

    /// Refuses unless the act is allowed somewhere; the page itself then shows those places only.
    pub fn must_somewhere(&self, act: Act) -> PageResult<()> {
        if self.actor.may_somewhere(act) { Ok(()) } else { Err(schoolbell_engine::CommandError::not_allowed().into()) }
    }
}

impl FromRequestParts<WebState> for Staff {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, state: &WebState) -> PageResult<Self> {
        Self::of(parts, state).await
    }
}

fn cookie_name(state: &WebState) -> &'static str {
    if state.settings.is_https() { SECURE } else { PLAIN }
}

/// Sets the session's cookie.
pub fn signed_in(state: &WebState, token: &str) -> PageResult<HeaderMap> {
    let name = cookie_name(state);
    set_cookie(state, &format!("{name}={token}; Max-Age={COOKIE_SECONDS}; HttpOnly"))
}

/// Takes the session's cookie away.
pub fn signed_out(state: &WebState) -> PageResult<HeaderMap> {
    let name = cookie_name(state);
    set_cookie(state, &format!("{name}=; Max-Age=0; HttpOnly"))
}

/// A cookie for the whole site that no other site's post carries.
pub fn set_cookie(state: &WebState, start: &str) -> PageResult<HeaderMap> {
    let secure = if state.settings.is_https() { "; Secure" } else { "" };
    let value = HeaderValue::from_str(&format!("{start}; Path=/; SameSite=Lax{secure}")).map_err(PageError::fault)?;
    Ok(HeaderMap::from_iter([(header::SET_COOKIE, value)]))
}

/// The token of the sign-in form, for visitors who have no session: cookie and field must agree.
pub const FORM_COOKIE: &str = "schoolbell_form";
