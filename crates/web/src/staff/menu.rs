//! `/menu`, the whole menu as a page for narrow screens, and `/theme`.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{Html, IntoResponse, Redirect, Response};

use crate::WebState;
use crate::error::PageResult;
use crate::form::{Signed, own_path};
use crate::frame::{Frame, Place, Theme, html};
use crate::session::{Staff, set_cookie};

#[derive(Template)]
#[template(path = "menu.html")]
struct MenuPage {
    frame: Frame,
}

/// `GET /menu`.
pub async fn page(staff: Staff) -> PageResult<Html<String>> {
    html(&MenuPage { frame: Frame::new(&staff, Place::Elsewhere, "Menu") })
}

/// `POST /theme`: light or dark, kept on this device; back to the page it came from.
pub async fn theme(State(state): State<WebState>, headers: HeaderMap, form: Signed) -> PageResult<Response> {
    let theme = Theme::from_word(form.fields.text("theme"));
    let cookies = set_cookie(&state, &format!("{}={}; Max-Age=31536000", Theme::COOKIE, theme.word()))?;
    Ok((cookies, Redirect::to(own_path(&came_from(&headers)))).into_response())
}

/// The path of the page that held the form, from `Referer`; ours sends it to its own site alone.
pub fn came_from(headers: &HeaderMap) -> String {
    let referer = headers.get(header::REFERER).and_then(|value| value.to_str().ok()).unwrap_or("");
    let after_scheme = referer.split_once("://").map_or("", |(_, rest)| rest);
    after_scheme.split_once('/').map_or_else(|| "/".to_owned(), |(_, path)| format!("/{path}"))
}
