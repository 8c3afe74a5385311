//! `/broadcasts/{id}/people/{person}`: "why did they get this, or not?" What was decided then, and the rules' path.

use std::collections::BTreeSet;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Html;
use schoolbell_domain::channel::Channel;
use schoolbell_domain::delivery::explain::Step;
use schoolbell_domain::delivery::plan::Decision;
use schoolbell_domain::ids::{BroadcastId, DeliveryId, PersonId};
use schoolbell_domain::people::PersonKind;
use schoolbell_engine::commands::explain_person::{Asked, Explained, explain_person};
use schoolbell_store::read::calls::{self, CallAttempt};
use schoolbell_store::read::names::names;
use schoolbell_store::read::people_pages;
use schoolbell_store::tx::Reads;

use super::super::person::must_see;
use super::super::reasons::why;
use super::get;
use crate::WebState;
use crate::error::{PageError, PageResult, as_sentence};
use crate::frame::{Frame, Place, html};
use crate::looks::{Badge, address, channel_icon, delivery_state};
use crate::session::Staff;
use crate::times::{Teller, TimeElement, lasting};

#[derive(Template)]
#[template(path = "explain.html")]
struct ExplainPage {
    frame: Frame,
    id: BroadcastId,
    person: PersonId,
    title: String,
    name: String,
    standing: String,
    is_in: bool,
    happened: Vec<Happened>,
    rows: Vec<Row>,
}

/// What became of one delivery.
struct Happened {
    icon: &'static str,
    to: String,
    badge: Badge,
    why: String,
    at: TimeElement,
    calls: Vec<Call>,
}

/// One try to call.
struct Call {
    at: TimeElement,
    words: String,
}

/// One contact point over one channel, and the rules on the way.
struct Row {
    icon: &'static str,
    what: String,
    goes: bool,
    answer: String,
    steps: Vec<(&'static str, String)>,
}

/// `GET /broadcasts/{id}/people/{person}`.
pub async fn page(
    State(state): State<WebState>,
    staff: Staff,
    Path((id, person)): Path<(BroadcastId, PersonId)>,
) -> PageResult<Html<String>> {
    let mut reads = state.engine.reader().read().await?;
    let broadcast = get(&mut reads, &staff, id).await?;
    let card = people_pages::lookup_card(&mut reads, person).await?.ok_or(PageError::NotFound)?;
    let relatives = match card.kind {
        PersonKind::Student => people_pages::guardians(&mut reads, person).await?,
        PersonKind::Guardian => people_pages::children(&mut reads, person).await?,
        PersonKind::Staff => Vec::new(),
    };
    must_see(&mut reads, &staff, &card, &relatives).await?;
    let teller = staff.teller();
    let messages = people_pages::messages(&mut reads, person, 500).await?;
    let mut happened = Vec::new();
    for message in messages.into_iter().filter(|message| message.broadcast == id) {
        happened.push(Happened {
            calls: match message.channel {
                Channel::Voice => tries(&mut reads, message.delivery, &teller).await?,
                Channel::Sms | Channel::Email | Channel::Push => Vec::new(),
            },
            icon: channel_icon(message.channel),
            to: message.address.map(|stored| address(&stored)).unwrap_or_default(),
            badge: delivery_state(message.state.kind()),
            why: why(message.state),
            at: teller.tell(message.updated_at),
        });
    }
    let explained = explain_person(&state.engine, &staff.actor, Asked::Broadcast(id), person).await?;
    let name = format!("{} {}", explained.name.given, explained.name.family);
    html(&ExplainPage {
        frame: Frame::new(&staff, Place::Messages, format!("Why: {name}")),
        id,
        person,
        title: broadcast.draft.title,
        standing: as_sentence(&explained.explanation.standing.sentence()),
        is_in: explained.explanation.standing.is_in(),
        rows: named(&mut reads, rows(&explained, &teller)).await?,
        happened,
        name,
    })
}

/// Each try with its time, the carrier's word, and who was there for how long with which keys.
async fn tries(reads: &mut impl Reads, delivery: DeliveryId, teller: &Teller) -> PageResult<Vec<Call>> {
    let tries = calls::attempts(reads, delivery).await?;
    Ok(tries
        .into_iter()
        .map(|attempt| Call { at: teller.tell(attempt.started_at), words: call_words(&attempt) })
        .collect())
}

fn call_words(attempt: &CallAttempt) -> String {
    let Some(talk) = &attempt.talk else {
        let code = if attempt.code.is_empty() { "no end yet" } else { &attempt.code };
        return format!("Try {} over {}: {code}.", attempt.number, attempt.gateway);
    };
    let whom = if talk.party == "machine" { "an answering machine" } else { "a person" };
    let keys = if talk.keys.is_empty() { String::new() } else { format!(" Keys: {}.", talk.keys) };
    let length = lasting(talk.ended_at.duration_since(talk.answered_at));
    format!("Try {} over {}: {whom} answered, {length}; {}.{keys}", attempt.number, attempt.gateway, talk.said)
}

/// The rules speak of people by id; a page names them.
async fn named(reads: &mut impl Reads, mut rows: Vec<Row>) -> PageResult<Vec<Row>> {
    let sentences = rows.iter().flat_map(|row| row.steps.iter().map(|(_, sentence)| sentence.as_str()));
    let words = sentences.flat_map(|sentence| sentence.split(|c: char| !c.is_ascii_alphanumeric() && c != '_'));
    let people: BTreeSet<PersonId> = words.flat_map(str::parse).collect();
    let people: Vec<PersonId> = people.into_iter().collect();
    let names = names(reads, &people).await?;
    for (_, sentence) in rows.iter_mut().flat_map(|row| row.steps.iter_mut()) {
        for (person, name) in &names {
            *sentence = sentence.replace(&person.to_string(), &format!("{} {}", name.given, name.family));
        }
    }
    Ok(rows)
}

fn rows(explained: &Explained, teller: &Teller) -> Vec<Row> {
    let row = |found: &schoolbell_domain::delivery::explain::ExplainedRow| {
        let slot = found.row.slot.map(|slot| slot.plain().to_owned()).unwrap_or_default();
        let to = found.row.address.as_ref().map(|stored| address(stored.expose())).unwrap_or_default();
        let (goes, answer) = match found.row.decision {
            Decision::Send { not_before, .. } => (true, format!("Goes out, not before {}.", teller.plan(not_before))),
            Decision::Suppress(reason) => (false, as_sentence(reason.sentence())),
        };
        let paths = found.paths.iter().flat_map(|path| &path.steps).chain(&found.outcome);
        let mut steps: Vec<(&'static str, String)> = Vec::new();
        for step in paths.map(|step: &Step| (step.rule, as_sentence(&step.sentence))) {
            if !steps.contains(&step) {
                steps.push(step);
            }
        }
        Row {
            icon: channel_icon(found.row.channel),
            what: format!("{} to {slot} {to}", as_sentence(found.row.channel.plain()).trim_end_matches('.')),
            goes,
            answer,
            steps,
        }
    };
    explained.explanation.rows.iter().map(row).collect()
}
