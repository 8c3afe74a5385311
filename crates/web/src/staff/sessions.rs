//! `/settings/sessions`: where I am signed in, and signing out there.

use askama::Template;
use axum::extract::State;
use axum::response::{Html, Redirect};
use schoolbell_engine::commands::{session, sign_out};

use crate::WebState;
use crate::device::device;
use crate::error::PageResult;
use crate::form::Signed;
use crate::frame::{Frame, Place, html};
use crate::session::Staff;
use crate::times::TimeElement;

#[derive(Template)]
#[template(path = "sessions.html")]
struct SessionsPage {
    frame: Frame,
    sessions: Vec<Line>,
}

struct Line {
    hash: String,
    device: String,
    seen: TimeElement,
    began: TimeElement,
    here: bool,
}

/// `GET /settings/sessions`.
pub async fn page(State(state): State<WebState>, staff: Staff) -> PageResult<Html<String>> {
    let teller = staff.teller();
    let found = session::my_sessions(&state.engine, staff.user).await?;
    let sessions = found.into_iter().map(|session| Line {
        device: device_words(&session.user_agent),
        seen: teller.tell(session.seen_at),
        began: teller.tell(session.created_at),
        here: session.token_hash == staff.token_hash,
        hash: session.token_hash,
    });
    html(&SessionsPage {
        sessions: sessions.collect(),
        frame: Frame::new(&staff, Place::Settings, "Where you are signed in"),
    })
}

/// `POST /settings/sessions`: ends one session, or all but this one.
pub async fn post(State(state): State<WebState>, form: Signed) -> PageResult<Redirect> {
    let hash = form.fields.text("end");
    if hash.is_empty() {
        sign_out::sign_out_elsewhere(&state.engine, &form.staff.actor, &form.staff.token).await?;
    } else {
        sign_out::end_my_session(&state.engine, &form.staff.actor, hash).await?;
    }
    Ok(Redirect::to("/settings/sessions"))
}

/// "Firefox on Windows".
fn device_words(agent: &str) -> String {
    match device(agent) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => "Unknown device".to_owned(),
    }
}
