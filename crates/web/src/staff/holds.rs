//! `/holds`: what waits for a second look, and what went at once and is looked at after.

use std::collections::HashMap;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{Html, Redirect};
use schoolbell_domain::brake::Brake;
use schoolbell_domain::ids::{AttendanceRunId, BroadcastId, HoldId, SchoolId, UserId};
use schoolbell_domain::permission::{Act, Scope};
use schoolbell_engine::CommandError;
use schoolbell_engine::commands::decide_hold::{give_up_hold, release_hold};
use schoolbell_store::read::attendance;
use schoolbell_store::read::broadcasts::lookup_broadcast;
use schoolbell_store::read::holds::{self, Hold};
use schoolbell_store::read::names::school_names;
use schoolbell_store::read::users;
use schoolbell_store::tx::Reads;

use crate::WebState;
use crate::error::{PageResult, as_sentence};
use crate::form::Signed;
use crate::frame::{Frame, Place, html};
use crate::session::Staff;
use crate::times::TimeElement;

#[derive(Template)]
#[template(path = "holds.html")]
struct HoldsPage {
    frame: Frame,
    open: Vec<Line>,
    decided: Vec<Line>,
}

struct Line {
    id: HoldId,
    title: String,
    href: String,
    place: String,
    why: Vec<String>,
    asked: String,
    made: TimeElement,
    /// It went at once; only looking is left.
    after: bool,
    /// A second person must release it, and this is the first.
    needs_another: bool,
    decided: String,
    note: String,
}

/// `GET /holds`: those about which somebody may decide.
pub async fn page(State(state): State<WebState>, staff: Staff) -> PageResult<Html<String>> {
    staff.must_somewhere(Act::SeeBroadcasts)?;
    let mut reads = state.engine.reader().read().await?;
    let names: HashMap<UserId, String> =
        users::users(&mut reads).await?.into_iter().map(|(user, _)| (user.id, user.name)).collect();
    let schools = school_names(&mut reads).await?;
    let place = |school: Option<SchoolId>| {
        school.map_or("Whole district", |id| schools.get(&id).map_or("", |school| school.name.as_str())).to_owned()
    };
    let (mut open, mut decided) = (Vec::new(), Vec::new());
    for hold in holds::open(&mut reads).await?.into_iter().filter(|hold| may(&staff, hold)) {
        open.push(line(&mut reads, &staff, (hold, &names), &place).await?);
    }
    for hold in holds::decided(&mut reads, 20).await?.into_iter().filter(|hold| may(&staff, hold)) {
        decided.push(line(&mut reads, &staff, (hold, &names), &place).await?);
    }
    html(&HoldsPage { frame: Frame::new(&staff, Place::Messages, "Waiting for a second look").live(), open, decided })
}

fn may(staff: &Staff, hold: &Hold) -> bool {
    let place = hold.school.map_or(Scope::District, Scope::School);
    hold.category.parse().is_ok_and(|category| staff.actor.must(Act::Send(category), place).is_ok())
}

async fn line(
    reads: &mut impl Reads,
    staff: &Staff,
    (hold, names): (Hold, &HashMap<UserId, String>),
    place: &impl Fn(Option<SchoolId>) -> String,
) -> PageResult<Line> {
    let (title, href) = subject(reads, &hold).await?;
    let teller = staff.teller();
    let name = |user: UserId| names.get(&user).cloned().unwrap_or_else(|| "Schoolbell".to_owned());
    let needs_another =
        hold.state == "waits" && hold.asked_by == staff.user && hold.reasons.iter().any(Brake::needs_another);
    Ok(Line {
        id: hold.id,
        title,
        href,
        place: place(hold.school),
        why: hold.reasons.iter().map(|why| as_sentence(&why.sentence())).collect(),
        asked: name(hold.asked_by),
        made: teller.tell(hold.made_at),
        after: hold.state == "after",
        needs_another,
        decided: hold.decided_by.map(name).unwrap_or_default(),
        note: hold.note.unwrap_or_default(),
    })
}

async fn subject(reads: &mut impl Reads, hold: &Hold) -> PageResult<(String, String)> {
    if hold.kind == "attendance" {
        let run = AttendanceRunId::from_raw(hold.subject);
        let students: i64 = attendance::run_schools(reads, run).await?.iter().map(|(_, students, _)| students).sum();
        return Ok((format!("Absence messages about {students} students"), "/attendance".to_owned()));
    }
    let id = BroadcastId::from_raw(hold.subject);
    let title = lookup_broadcast(reads, id).await?.map(|broadcast| broadcast.draft.title).unwrap_or_default();
    let title = if title.is_empty() { "A message without a title".to_owned() } else { title };
    Ok((title, format!("/broadcasts/{id}")))
}

/// `POST /holds/{id}`: `decision` is `release` or `give_up`, `note` says why.
pub async fn decide(State(state): State<WebState>, Path(id): Path<HoldId>, form: Signed) -> PageResult<Redirect> {
    let (engine, actor, note) = (&state.engine, &form.staff.actor, form.fields.body("note"));
    match form.fields.text("decision") {
        "release" => release_hold(engine, actor, id, &note).await?,
        "give_up" => give_up_hold(engine, actor, id, &note).await?,
        other => {
            let sentence = format!("`{other}` is no decision; choose to send, or to give up");
            return Err(CommandError::bad("decision", sentence).into());
        }
    }
    Ok(Redirect::to("/holds"))
}
