//! `GET /api/v1/broadcasts/{id}`: where a message stands, in numbers.

use axum::Json;
use axum::extract::{Path, State};
use schoolbell_domain::delivery::StateKind;
use schoolbell_domain::ids::BroadcastId;
use schoolbell_store::read::tallies;
use serde::Serialize;

use crate::WebState;
use crate::error::PageResult;
use crate::session::Staff;
use crate::staff::broadcast::get;

/// Instants are RFC 3339 in UTC, words those of the database and the exports.
#[derive(Serialize)]
pub struct Answer {
    id: BroadcastId,
    state: &'static str,
    category: Option<&'static str>,
    title: String,
    sent_at: Option<jiff::Timestamp>,
    finished_at: Option<jiff::Timestamp>,
    counts: Vec<Cell>,
}

/// Deliveries of one channel in one state.
#[derive(Serialize)]
struct Cell {
    channel: &'static str,
    state: StateKind,
    count: i64,
}

pub async fn status(
    State(state): State<WebState>,
    staff: Staff,
    Path(id): Path<BroadcastId>,
) -> PageResult<Json<Answer>> {
    let mut reads = state.engine.reader().read().await?;
    let broadcast = get(&mut reads, &staff, id).await?;
    let mut counts: Vec<Cell> = Vec::new();
    for found in tallies::counts(&mut reads, id.into()).await? {
        let (channel, kind) = (found.channel.word(), found.state.kind());
        match counts.iter_mut().find(|count| count.channel == channel && count.state == kind) {
            Some(count) => count.count += found.count,
            None => counts.push(Cell { channel, state: kind, count: found.count }),
        }
    }
    Ok(Json(Answer {
        id,
        state: broadcast.state.word(),
        category: broadcast.draft.category.map(schoolbell_domain::category::Category::key),
        title: broadcast.draft.title,
        sent_at: broadcast.sent_at,
        finished_at: broadcast.finished_at,
        counts,
    }))
}
