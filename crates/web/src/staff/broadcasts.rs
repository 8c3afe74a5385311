//! `/broadcasts`: every message, by shelf.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Html;
use schoolbell_domain::ids::BroadcastId;
use schoolbell_domain::permission::Act;
use schoolbell_store::read::broadcast_list::{Shelf, broadcasts};
use schoolbell_store::read::district::schools;
use serde::Deserialize;

use super::lines::{Line, line, may_see};
use crate::WebState;
use crate::error::PageResult;
use crate::frame::{Frame, Place, html};
use crate::session::Staff;

const LINES: i64 = 40;

const SHELVES: [(&str, &str, Shelf); 5] = [
    ("all", "All", Shelf::All),
    ("running", "Going out", Shelf::Running),
    ("scheduled", "Scheduled", Shelf::Scheduled),
    ("drafts", "Drafts", Shelf::Drafts),
    ("sent", "Sent", Shelf::Over),
];

#[derive(Template)]
#[template(path = "broadcasts.html")]
struct BroadcastsPage {
    frame: Frame,
    shelves: Vec<(&'static str, &'static str, bool)>,
    lines: Vec<Line>,
    older: Option<String>,
    newer: Option<String>,
}

#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    show: String,
    before: Option<BroadcastId>,
}

/// `GET /broadcasts?show=…&before=…`.
pub async fn page(State(state): State<WebState>, staff: Staff, Query(asked): Query<Asked>) -> PageResult<Html<String>> {
    staff.must_somewhere(Act::SeeBroadcasts)?;
    let (key, _, shelf) = SHELVES.into_iter().find(|(key, _, _)| *key == asked.show).unwrap_or(SHELVES[0]);
    let mut reads = state.engine.reader().read().await?;
    let schools = schools(&mut reads).await?;
    let found = broadcasts(&mut reads, shelf, asked.before, LINES).await?;
    let full = i64::try_from(found.len()).is_ok_and(|count| count == LINES);
    let older = found.last().filter(|_| full).map(|last| format!("/broadcasts?show={key}&before={}", last.id));
    let teller = staff.teller();
    let seen = found.into_iter().filter(|row| may_see(&staff, row.owner));
    html(&BroadcastsPage {
        lines: seen.map(|row| line(row, &teller, &schools)).collect(),
        frame: Frame::new(&staff, Place::Messages, "Messages"),
        shelves: SHELVES.into_iter().map(|(found, words, _)| (found, words, found == key)).collect(),
        older,
        newer: asked.before.map(|_| format!("/broadcasts?show={key}")),
    })
}
