//! `GET /api/v1/broadcasts/{id}/people/{person}`: why somebody gets a message, or not; the same rules that send it.

use axum::Json;
use axum::extract::{Path, State};
use schoolbell_domain::delivery::plan::Decision;
use schoolbell_domain::ids::{BroadcastId, PersonId};
use schoolbell_domain::people::PersonKind;
use schoolbell_engine::commands::explain_person::{Asked, explain_person};
use schoolbell_store::read::people_pages;
use serde::Serialize;

use crate::WebState;
use crate::error::{PageError, PageResult};
use crate::session::Staff;
use crate::staff::person::must_see;

#[derive(Serialize)]
pub struct Answer {
    person: PersonId,
    in_audience: bool,
    standing: String,
    rows: Vec<Row>,
}

/// One contact point over one channel.
#[derive(Serialize)]
struct Row {
    channel: &'static str,
    address: Option<String>,
    sends: bool,
    why: &'static str,
    steps: Vec<Step>,
}

#[derive(Serialize)]
struct Step {
    rule: &'static str,
    sentence: String,
}

pub async fn person(
    State(state): State<WebState>,
    staff: Staff,
    Path((id, person)): Path<(BroadcastId, PersonId)>,
) -> PageResult<Json<Answer>> {
    let mut reads = state.engine.reader().read().await?;
    let card = people_pages::lookup_card(&mut reads, person).await?.ok_or(PageError::NotFound)?;
    let relatives = match card.kind {
        PersonKind::Student | PersonKind::Staff => Vec::new(),
        PersonKind::Guardian => people_pages::children(&mut reads, person).await?,
    };
    must_see(&mut reads, &staff, &card, &relatives).await?;
    drop(reads);
    let found = explain_person(&state.engine, &staff.actor, Asked::Broadcast(id), person).await?.explanation;
    let rows = found.rows.iter().map(|row| {
        let paths = row.paths.iter().flat_map(|path| &path.steps).chain(&row.outcome);
        let (sends, why) = match row.row.decision {
            Decision::Send { basis, .. } => (true, basis.word()),
            Decision::Suppress(reason) => (false, reason.sentence()),
        };
        Row {
            channel: row.row.channel.word(),
            address: row.row.address.as_ref().map(|address| address.expose().to_owned()),
            sends,
            why,
            steps: paths.map(|step| Step { rule: step.rule, sentence: step.sentence.clone() }).collect(),
        }
    });
    Ok(Json(Answer {
        person,
        in_audience: found.standing.is_in(),
        standing: found.standing.sentence(),
        rows: rows.collect(),
    }))
}
