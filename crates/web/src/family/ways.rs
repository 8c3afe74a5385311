//! `/family/ways`, *How we reach you*: each phone and address as sentences, each with its switches.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use jiff::civil::Time;
use schoolbell_domain::category::Category;
use schoolbell_domain::channel::Channel;
use schoolbell_domain::ids::{ContactPointId, PersonId};
use schoolbell_domain::language::Language;
use schoolbell_engine::CommandError;
use schoolbell_engine::commands::family_hours::{Hours, choose_hours, hours};
use schoolbell_engine::commands::family_preferences::{
    Edit, NotSaved, choose, choose_language, remove_text_permission, undo, ways,
};
use serde::Deserialize;

use super::cards::{Card, cards};
use super::frame::{FamilyFrame, Place};
use super::looks::kind;
use super::messages::Choice;
use super::session::{Parent, ParentForm};
use super::times::clock;
use crate::WebState;
use crate::error::{PageError, PageResult};
use crate::frame::html;
use crate::words::Words;

#[derive(Template)]
#[template(path = "family/ways.html")]
struct WaysPage {
    frame: FamilyFrame,
    t: Words,
    csrf: String,
    board: Board,
    languages: Vec<(&'static str, &'static str, bool)>,
    hours: HoursForm,
}

/// The hours for General: what can be chosen, and what is.
struct HoursForm {
    /// Value, words, chosen.
    opens: Vec<(String, String, bool)>,
    closes: Vec<(String, String, bool)>,
    own: bool,
    district: String,
    wrong: bool,
}

#[derive(Template)]
#[template(path = "family/ways_fragment.html")]
struct WaysFragment {
    t: Words,
    csrf: String,
    board: Board,
}

/// What changes with a save.
struct Board {
    notice: Option<Notice>,
    children: Vec<Choice>,
    child: String,
    cards: Vec<Card>,
}

/// What the last step did, or why it did not.
#[derive(Default)]
struct Notice {
    tone: &'static str,
    icon: &'static str,
    words: String,
    /// The save to undo.
    undo: Option<i64>,
}

#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    child: String,
    saved: Option<i64>,
    #[serde(default)]
    done: String,
}

/// `GET /family/ways?child=…`.
pub async fn page(
    State(state): State<WebState>,
    parent: Parent,
    Query(asked): Query<Asked>,
) -> PageResult<Html<String>> {
    let t = parent.t;
    let notice = match (asked.saved, asked.done.as_str()) {
        (Some(save), _) => Some(saved(t, Some(save))),
        (None, "undone") => Some(good(t.say("undone"))),
        (None, "stopped") => Some(good(t.say("texts-removed"))),
        (None, "seen") => Some(good(t.say("changed-now"))),
        (None, "language") => Some(good(t.say("language-saved"))),
        (None, "hours") => Some(good(t.say("hours-saved"))),
        (None, _) => None,
    };
    let board = board(&state, &parent, (&asked.child, ""), notice).await?;
    whole(&parent, board, hours_form(&state, &parent, asked.done == "no-hours").await?)
}

/// `POST /family/ways`: what changed on one card. Only what differs from what the card showed is an edit, so an old page
/// never undoes what another window did.
pub async fn save(State(state): State<WebState>, form: ParentForm) -> PageResult<Response> {
    let (parent, fields) = (&form.parent, &form.fields);
    let child = fields.text("child").to_owned();
    let point = fields.text("point").parse::<ContactPointId>().map_err(|_| PageError::NotFound)?;
    let mut edits = Vec::new();
    for (cell, was) in fields.starting("was:") {
        let wanted = !fields.text(&format!("cell:{cell}")).is_empty();
        let unchanged = matches!((was, wanted), ("on", true) | ("off" | "some", false));
        let Some((category, channel)) = cell.split_once(':').filter(|_| !unchanged) else { continue };
        let (Ok(category), Ok(channel)) = (category.parse::<Category>(), channel.parse::<Channel>()) else { continue };
        edits.push(Edit { category, point, channel, child: child.parse::<PersonId>().ok(), wanted });
    }
    let t = parent.t;
    let shown = fields.text("card");
    match choose(&state.engine, parent.family(), &edits).await {
        Ok(save) if !form.fragment => {
            let save = save.map(|id| format!("&saved={id}")).unwrap_or_default();
            Ok(Redirect::to(&format!("/family/ways?child={child}{save}")).into_response())
        }
        Ok(save) => fragment(&state, parent, (&child, shown), saved(t, save)).await,
        Err(no) => refused(&state, &form, (&child, shown), no).await,
    }
}

/// `POST /family/ways/undo`.
pub async fn undo_save(State(state): State<WebState>, form: ParentForm) -> PageResult<Response> {
    let child = form.fields.text("child").to_owned();
    let save = form.fields.text("undo").parse::<i64>().unwrap_or_default();
    let t = form.parent.t;
    match undo(&state.engine, form.parent.family(), save).await {
        Ok(done) if form.fragment => {
            let words = if done { t.say("undone") } else { t.say("undo-late") };
            fragment(&state, &form.parent, (&child, ""), good(words)).await
        }
        Ok(_) => Ok(Redirect::to(&format!("/family/ways?child={child}&done=undone")).into_response()),
        Err(no) => refused(&state, &form, (&child, ""), no).await,
    }
}

/// `POST /family/ways/text-stop`: takes the permission for texts away.
pub async fn text_stop(State(state): State<WebState>, form: ParentForm) -> PageResult<Response> {
    let point = form.fields.text("point").parse::<ContactPointId>().map_err(|_| PageError::NotFound)?;
    remove_text_permission(&state.engine, form.parent.family(), point).await?;
    if form.fragment {
        let notice = good(form.parent.t.say("texts-removed"));
        return fragment(&state, &form.parent, (form.fields.text("child"), form.fields.text("point")), notice).await;
    }
    Ok(Redirect::to("/family/ways?done=stopped").into_response())
}

/// `POST /family/ways/language`: of the messages and of these pages.
pub async fn language(State(state): State<WebState>, form: ParentForm) -> PageResult<Redirect> {
    let t = Words::lookup(form.fields.text("language")).unwrap_or(form.parent.t);
    choose_language(&state.engine, form.parent.family(), &Language::of(t.tag())).await?;
    Ok(Redirect::to("/family/ways?done=language"))
}

/// `POST /family/ways/hours`: when messages of the category General may come.
pub async fn general_hours(State(state): State<WebState>, form: ParentForm) -> PageResult<Redirect> {
    let time = |name: &str| Time::strptime("%H:%M", form.fields.text(name)).ok();
    let own = !form.fields.text("own").is_empty();
    let chosen = match (own, time("opens"), time("closes")) {
        (true, Some(opens), Some(closes)) => Some((opens, closes)),
        (true, _, _) => return Ok(Redirect::to("/family/ways?done=no-hours#hours")),
        (false, _, _) => None,
    };
    match choose_hours(&state.engine, form.parent.family(), chosen).await {
        Ok(()) => Ok(Redirect::to("/family/ways?done=hours")),
        Err(CommandError::BadInput(_)) => Ok(Redirect::to("/family/ways?done=no-hours#hours")),
        Err(error) => Err(error.into()),
    }
}

async fn hours_form(state: &WebState, parent: &Parent, wrong: bool) -> PageResult<HoursForm> {
    let Hours { district, chosen } = hours(&state.engine, parent.family()).await?;
    let shown = chosen.unwrap_or(district);
    let choices = |chosen: Time, from: Time, to: Time| {
        let mut times: Vec<Time> = (0..24).filter_map(|hour| Time::new(hour, 0, 0, 0).ok()).collect();
        times.push(chosen);
        times.retain(|time| from <= *time && *time <= to);
        times.sort_unstable();
        times.dedup();
        times.into_iter().map(|time| (time.strftime("%H:%M").to_string(), clock(time), time == chosen)).collect()
    };
    Ok(HoursForm {
        opens: choices(shown.opens, district.opens, district.closes),
        closes: choices(shown.closes, district.opens, district.closes),
        own: chosen.is_some(),
        district: parent.t.two("hours-from-to", ("opens", clock(district.opens)), ("closes", clock(district.closes))),
        wrong,
    })
}

/// A save that a rule refused, said beside the switches as they really stand.
async fn refused(state: &WebState, form: &ParentForm, at: (&str, &str), no: NotSaved) -> PageResult<Response> {
    let (parent, t) = (&form.parent, form.parent.t);
    let words = match no {
        NotSaved::Floor(categories) => {
            let names: Vec<String> = categories.into_iter().map(|category| kind(t, category).name).collect();
            t.one("floor-refused", "kinds", t.list(&names))
        }
        NotSaved::NoYes => t.say("no-yes"),
        NotSaved::Other(error) => return Err(error.into()),
    };
    let notice = Notice { tone: "bell", icon: "circle-alert", words, undo: None };
    let board = board(state, parent, at, Some(notice)).await?;
    let page = if form.fragment {
        part(parent, board)?
    } else {
        whole(parent, board, hours_form(state, parent, false).await?)?
    };
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

async fn fragment(state: &WebState, parent: &Parent, at: (&str, &str), notice: Notice) -> PageResult<Response> {
    Ok(part(parent, board(state, parent, at, Some(notice)).await?)?.into_response())
}

fn part(parent: &Parent, board: Board) -> PageResult<Html<String>> {
    html(&WaysFragment { t: parent.t, csrf: parent.signed_in.csrf_token.clone(), board })
}

fn whole(parent: &Parent, board: Board, hours: HoursForm) -> PageResult<Html<String>> {
    html(&WaysPage {
        hours,
        frame: FamilyFrame::new(parent, Place::Ways, parent.t.say("menu-ways")),
        t: parent.t,
        csrf: parent.signed_in.csrf_token.clone(),
        languages: Words::all().into_iter().map(|(tag, name)| (tag, name, tag == parent.t.tag())).collect(),
        board,
    })
}

/// The cards for one child or all; `open` is the card whose switches stand open.
async fn board(
    state: &WebState,
    parent: &Parent,
    (child, open): (&str, &str),
    notice: Option<Notice>,
) -> PageResult<Board> {
    let only = child.parse::<PersonId>().ok().filter(|id| parent.family().circle.has_child(*id));
    let found = ways(&state.engine, parent.family()).await?;
    let mut children =
        vec![Choice { href: "/family/ways".to_owned(), name: parent.t.say("all-children"), chosen: only.is_none() }];
    children.extend(parent.family().children().into_iter().map(|one| Choice {
        href: format!("/family/ways?child={}", one.id),
        name: one.given.clone(),
        chosen: only == Some(one.id),
    }));
    Ok(Board {
        notice,
        children,
        child: only.map(|id| id.to_string()).unwrap_or_default(),
        cards: cards(parent.t, &found, only, open),
    })
}

fn saved(t: Words, save: Option<i64>) -> Notice {
    Notice { undo: save, ..good(t.say("saved")) }
}

fn good(words: String) -> Notice {
    Notice { tone: "ok", icon: "circle-check", words, undo: None }
}
