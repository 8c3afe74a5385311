//! `/u/{token}`: the one-click link of General and Surveys. A look changes nothing; a post works without cookies, sign-in
//! or token, for it comes from a mailbox provider (RFC 8058, LAW-41).

use askama::Template;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Html;
use schoolbell_engine::commands::unsubscribe::{look_at_unsubscribe, unsubscribe};
use schoolbell_store::read::district::lookup_district;

use crate::WebState;
use crate::error::PageResult;
use crate::frame::{Theme, html};
use crate::looks::address;

#[derive(Template)]
#[template(path = "unsubscribe.html")]
struct UnsubscribePage {
    theme: Theme,
    district: String,
    mailbox: String,
    token: String,
    done: bool,
}

/// `GET /u/{token}`: asks, and changes nothing; mail scanners follow every link.
pub async fn page(
    State(state): State<WebState>,
    headers: HeaderMap,
    Path(token): Path<String>,
) -> PageResult<Html<String>> {
    let mailbox = look_at_unsubscribe(&state.engine, &token).await?;
    render(&state, &headers, (token, address(mailbox.expose())), false).await
}

/// `POST /u/{token}`.
pub async fn post(
    State(state): State<WebState>,
    headers: HeaderMap,
    Path(token): Path<String>,
) -> PageResult<Html<String>> {
    let mailbox = unsubscribe(&state.engine, &token).await?;
    render(&state, &headers, (token, address(mailbox.expose())), true).await
}

async fn render(
    state: &WebState,
    headers: &HeaderMap,
    (token, mailbox): (String, String),
    done: bool,
) -> PageResult<Html<String>> {
    let mut reads = state.engine.reader().read().await?;
    let district = lookup_district(&mut reads).await?.map(|district| district.name).unwrap_or_default();
    html(&UnsubscribePage { theme: Theme::of(headers), district, mailbox, token, done })
}
