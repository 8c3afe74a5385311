//! `/family/messages`: past notifications, per child, with a search; and one message with how it went out and why.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::{Html, Response};
use jiff::Timestamp;
use schoolbell_domain::channel::Channel;
use schoolbell_domain::delivery::DeliveryState;
use schoolbell_domain::delivery::explain::Step;
use schoolbell_domain::ids::{BroadcastId, ContentId, PersonId};
use schoolbell_engine::commands::family_messages::{
    SeenMessage, SeenRow, SeenWhole, family_message, family_messages, hear_family_call,
};
use serde::Deserialize;

use super::frame::{FamilyFrame, Place};
use super::looks::{Fate, Kind, fate, kind, place};
use super::session::Parent;
use crate::WebState;
use crate::error::PageResult;
use crate::form::encode;
use crate::frame::html;
use crate::looks::channel_icon;
use crate::words::Words;

/// The messages of one day.
pub struct Day {
    pub name: String,
    pub messages: Vec<Line>,
}

/// A message in a list.
pub struct Line {
    pub href: String,
    pub title: String,
    pub kind: Kind,
    pub about: String,
    pub excerpt: String,
    pub clock: String,
    pub machine: String,
    /// "Called and e-mailed", "Not sent to you".
    pub how: String,
    pub reached: bool,
}

#[derive(Template)]
#[template(path = "family/messages.html")]
struct MessagesPage {
    frame: FamilyFrame,
    t: Words,
    children: Vec<Choice>,
    search: String,
    child: String,
    days: Vec<Day>,
    older: Option<String>,
}

/// A child to choose, or all.
pub struct Choice {
    pub href: String,
    pub name: String,
    pub chosen: bool,
}

#[derive(Template)]
#[template(path = "family/message.html")]
struct MessagePage {
    frame: FamilyFrame,
    t: Words,
    title: String,
    kind: Kind,
    about: String,
    when: String,
    machine: String,
    sender: String,
    texts: Vec<Text>,
    sent: Vec<Way>,
    left_out: Vec<Way>,
}

struct Text {
    icon: &'static str,
    name: String,
    subject: String,
    paragraphs: Vec<String>,
    /// Where what the call played is heard.
    played: Option<String>,
}

/// One row: where it went, what became of it, why.
struct Way {
    icon: &'static str,
    place: String,
    fate: Fate,
    when: String,
    why: Vec<String>,
}

#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    search: String,
    #[serde(default)]
    child: String,
    before: Option<i64>,
}

/// `GET /family/messages?search=…&child=…&before=…`.
pub async fn page(
    State(state): State<WebState>,
    parent: Parent,
    Query(asked): Query<Asked>,
) -> PageResult<Html<String>> {
    let t = parent.t;
    let child = asked.child.parse::<PersonId>().ok();
    let before = asked.before.and_then(|ms| Timestamp::from_millisecond(ms).ok()).unwrap_or(parent.now);
    let search = asked.search.trim();
    let (messages, older) = family_messages(&state.engine, parent.family(), (before, search, child)).await?;
    let address = |child: &str, search: &str| format!("/family/messages?child={child}&search={}", encode(search));
    let mut children = vec![Choice { href: address("", search), name: t.say("all-children"), chosen: child.is_none() }];
    children.extend(parent.family().children().into_iter().map(|one| Choice {
        href: address(&one.id.to_string(), search),
        name: one.given.clone(),
        chosen: child == Some(one.id),
    }));
    let chosen = child.map(|id| id.to_string()).unwrap_or_default();
    html(&MessagesPage {
        older: older.map(|at| format!("{}&before={}", address(&chosen, search), at.as_millisecond())),
        days: days(&parent, &messages),
        children,
        search: search.to_owned(),
        child: chosen,
        t,
        frame: FamilyFrame::new(&parent, Place::Messages, t.say("menu-messages")),
    })
}

/// `GET /family/messages/{id}`.
pub async fn message(
    State(state): State<WebState>,
    parent: Parent,
    Path(id): Path<BroadcastId>,
) -> PageResult<Html<String>> {
    let t = parent.t;
    let whole = family_message(&state.engine, parent.family(), id).await?;
    let SeenWhole { seen, sender, texts, why, opened } = whole;
    let (sent, left_out): (Vec<&SeenRow>, Vec<&SeenRow>) =
        seen.rows.iter().partition(|row| !matches!(row.row.state, DeliveryState::Suppressed(_)));
    let way = |row: &&SeenRow| {
        let mut way = way(&parent, row, why.get(&row.row.id.raw()).map_or(&[], Vec::as_slice));
        if let Some(at) = opened.get(&row.row.id) {
            way.when = format!("{}, {}", way.when, t.one("opened-at", "when", parent.teller().tell(*at)));
        }
        way
    };
    let teller = parent.teller();
    html(&MessagePage {
        title: seen.message.title.clone(),
        kind: kind(t, seen.message.category),
        about: about(&parent, &seen.children),
        when: teller.tell(seen.message.sent_at),
        machine: teller.machine(seen.message.sent_at),
        sender,
        texts: texts
            .into_iter()
            .map(|text| Text {
                played: text.played.map(|content| format!("/family/messages/{id}/played/{content}")),
                icon: channel_icon(text.channel),
                name: t.say(text_key(text.channel)),
                // Of a call it is the caller, whom the family hears.
                subject: if text.channel == Channel::Email { text.subject } else { String::new() },
                paragraphs: text.body.split("\n\n").map(str::to_owned).filter(|part| !part.trim().is_empty()).collect(),
            })
            .collect(),
        sent: sent.iter().map(way).collect(),
        left_out: left_out.iter().map(way).collect(),
        t,
        frame: FamilyFrame::new(&parent, Place::Messages, seen.message.title.clone()),
    })
}

/// `GET /family/messages/{id}/played/{content}`: what a call to this family played.
pub async fn played(
    State(state): State<WebState>,
    parent: Parent,
    Path((id, content)): Path<(BroadcastId, ContentId)>,
    headers: HeaderMap,
) -> PageResult<Response> {
    Ok(crate::sound::wav(&headers, hear_family_call(&state.engine, parent.family(), id, content).await?))
}

const fn text_key(channel: Channel) -> &'static str {
    match channel {
        Channel::Voice => "text-call",
        Channel::Sms => "text-text",
        Channel::Email => "text-mail",
        Channel::Push => "text-push",
    }
}

fn way(parent: &Parent, row: &SeenRow, why: &[Step]) -> Way {
    let t = parent.t;
    let of = &row.row;
    let why = why.iter().map(|step| t.say(step.key)).collect();
    Way {
        icon: channel_icon(of.channel),
        place: place(t, of.channel, of.slot, of.address.as_deref()),
        fate: fate(t, of.channel, of.state),
        when: parent.teller().tell(of.updated_at),
        why,
    }
}

/// Lines by day, in the order given.
pub fn days(parent: &Parent, messages: &[SeenMessage]) -> Vec<Day> {
    let teller = parent.teller();
    let mut days: Vec<Day> = Vec::new();
    for seen in messages {
        let name = teller.day(seen.message.sent_at);
        let line = line(parent, seen);
        match days.last_mut().filter(|day| day.name == name) {
            Some(day) => day.messages.push(line),
            None => days.push(Day { name, messages: vec![line] }),
        }
    }
    days
}

fn line(parent: &Parent, seen: &SeenMessage) -> Line {
    let (t, teller) = (parent.t, parent.teller());
    let (how, reached) = how(t, seen);
    Line {
        href: format!("/family/messages/{}", seen.message.id),
        title: seen.message.title.clone(),
        kind: kind(t, seen.message.category),
        about: about(parent, &seen.children),
        excerpt: seen.excerpt.clone(),
        clock: teller.clock(seen.message.sent_at),
        machine: teller.machine(seen.message.sent_at),
        how,
        reached,
    }
}

/// "Call and e-mail", of what went out; the second is whether anything did.
fn how(t: Words, seen: &SeenMessage) -> (String, bool) {
    let went = |channel: Channel| {
        seen.rows.iter().any(|row| row.row.channel == channel && !matches!(row.row.state, DeliveryState::Suppressed(_)))
    };
    let ways: Vec<String> =
        Channel::ALL.into_iter().filter(|channel| went(*channel)).map(|channel| t.say(text_key(channel))).collect();
    if ways.is_empty() { (t.say("how-not-sent"), false) } else { (ways.join(", "), true) }
}

/// The first names of the children; empty for a family with one child, who needs no name.
fn about(parent: &Parent, children: &[PersonId]) -> String {
    let family = parent.family();
    let names: Vec<String> = family
        .children()
        .into_iter()
        .filter(|child| children.contains(&child.id))
        .map(|child| child.given.clone())
        .collect();
    parent.t.list(&names)
}
