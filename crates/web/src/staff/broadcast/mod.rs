//! `/broadcasts/{id}`: how it goes, live; and the pages below it.

pub mod call_sheet;
pub mod export;
pub mod person;
pub mod recipients;
mod report;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{Html, IntoResponse, Redirect, Response};
use schoolbell_domain::broadcast::BroadcastState;
use schoolbell_domain::channel::Channel;
use schoolbell_domain::ids::{BroadcastId, ContentId};
use schoolbell_domain::permission::{Act, Scope};
use schoolbell_engine::commands::hear_call::hear_call;
use schoolbell_engine::commands::stop_broadcast::{stop_broadcast, unschedule_broadcast};
use schoolbell_store::read::broadcasts::{Broadcast, lookup_broadcast};
use schoolbell_store::read::content;
use schoolbell_store::read::district::{SchoolRow, schools};
use schoolbell_store::read::tallies;
use schoolbell_store::read::users::lookup_user;
use schoolbell_store::tx::Reads;

use super::compose;
use super::lines::may_see;
use crate::WebState;
use crate::error::{PageError, PageResult};
use crate::form::Signed;
use crate::frame::{Frame, Place, html};
use crate::looks::{Badge, CategoryLook, broadcast_state, category};
use crate::session::Staff;
use crate::times::TimeElement;
use report::Report;

#[derive(Template)]
#[template(path = "broadcast.html")]
struct BroadcastPage {
    frame: Frame,
    about: About,
    report: Report,
    texts: Vec<(&'static str, &'static str, String)>,
    played: Vec<Played>,
}

/// What calls played, to listen to.
struct Played {
    words: String,
    address: String,
}

/// Renderings of a call that are offered to listen to; with names in it there may be one for each family.
const MOST_PLAYED: i64 = 6;

#[derive(Template)]
#[template(path = "broadcast_progress.html")]
struct ProgressFragment {
    frame_csrf: String,
    about: About,
    report: Report,
}

/// What stands at the head of the page.
#[expect(clippy::struct_excessive_bools, reason = "each says whether one button stands on the page")]
pub struct About {
    pub id: BroadcastId,
    pub title: String,
    pub category: Option<CategoryLook>,
    pub badge: Badge,
    pub place: String,
    pub who: Vec<String>,
    pub sender: String,
    pub sent: Option<TimeElement>,
    pub goes: Option<TimeElement>,
    pub ended: Option<TimeElement>,
    pub running: bool,
    pub scheduled: bool,
    pub may_stop: bool,
    pub may_copy: bool,
    /// Said aloud when it changes, not at every number.
    pub said: String,
}

/// `GET /broadcasts/{id}`.
pub async fn page(State(state): State<WebState>, staff: Staff, Path(id): Path<BroadcastId>) -> PageResult<Response> {
    let mut reads = state.engine.reader().read().await?;
    let broadcast = get(&mut reads, &staff, id).await?;
    if broadcast.state == BroadcastState::Draft {
        return Ok(Redirect::to(&format!("/broadcasts/{id}/edit")).into_response());
    }
    let schools = schools(&mut reads).await?;
    let about = about(&mut reads, &staff, &broadcast, &schools).await?;
    let report = report::report(&mut reads, &broadcast, &schools).await?;
    let wording = broadcast.draft.wordings.first().cloned().unwrap_or_default();
    let texts = [
        ("message-square-text", "Text", wording.sms_body),
        ("phone", "Call", wording.voice_body),
        ("mail", "E-mail", format!("{}\n\n{}", wording.email_subject, wording.email_body).trim().to_owned()),
    ];
    let frame = Frame::new(&staff, Place::Messages, about.title.clone()).live();
    let texts = texts.into_iter().filter(|(_, _, text)| !text.is_empty()).collect();
    let played = played_by(&mut reads, &broadcast).await?;
    Ok(html(&BroadcastPage { frame, about, report, texts, played })?.into_response())
}

/// `GET /broadcasts/{id}/played/{content}`: what a person heard.
pub async fn played(
    State(state): State<WebState>,
    staff: Staff,
    Path((id, content)): Path<(BroadcastId, ContentId)>,
    headers: HeaderMap,
) -> PageResult<Response> {
    get(&mut state.engine.reader().read().await?, &staff, id).await?;
    Ok(crate::sound::wav(&headers, hear_call(&state.engine, id, content).await?))
}

async fn played_by(reads: &mut impl Reads, broadcast: &Broadcast) -> PageResult<Vec<Played>> {
    let found = content::of_origin(reads, (broadcast.id.into(), Channel::Voice), MOST_PLAYED).await?;
    let played = found.into_iter().map(|content| Played {
        words: format!("{}: {}", content.language.name(), content.subject.lines().next().unwrap_or_default()),
        address: format!("/broadcasts/{}/played/{}", broadcast.id, content.id),
    });
    Ok(played.collect())
}

/// `GET /broadcasts/{id}/progress`: the live part alone.
pub async fn progress(
    State(state): State<WebState>,
    staff: Staff,
    Path(id): Path<BroadcastId>,
) -> PageResult<Html<String>> {
    let mut reads = state.engine.reader().read().await?;
    let broadcast = get(&mut reads, &staff, id).await?;
    let schools = schools(&mut reads).await?;
    let about = about(&mut reads, &staff, &broadcast, &schools).await?;
    let report = report::report(&mut reads, &broadcast, &schools).await?;
    html(&ProgressFragment { frame_csrf: staff.csrf, about, report })
}

/// `POST /broadcasts/{id}/stop`.
pub async fn stop(State(state): State<WebState>, Path(id): Path<BroadcastId>, form: Signed) -> PageResult<Redirect> {
    stop_broadcast(&state.engine, &form.staff.actor, id).await?;
    Ok(Redirect::to(&format!("/broadcasts/{id}")))
}

/// `POST /broadcasts/{id}/unschedule`: a draft again.
pub async fn unschedule(
    State(state): State<WebState>,
    Path(id): Path<BroadcastId>,
    form: Signed,
) -> PageResult<Redirect> {
    unschedule_broadcast(&state.engine, &form.staff.actor, id).await?;
    Ok(Redirect::to(&format!("/broadcasts/{id}/edit")))
}

/// The broadcast, for somebody who may see it.
pub async fn get(reads: &mut impl Reads, staff: &Staff, id: BroadcastId) -> PageResult<Broadcast> {
    let broadcast = lookup_broadcast(reads, id).await?.ok_or(PageError::NotFound)?;
    if may_see(staff, broadcast.owner) {
        Ok(broadcast)
    } else {
        Err(schoolbell_engine::CommandError::not_allowed().into())
    }
}

async fn about(
    reads: &mut impl Reads,
    staff: &Staff,
    broadcast: &Broadcast,
    schools: &[SchoolRow],
) -> PageResult<About> {
    let teller = staff.teller();
    let place = broadcast.owner.map_or(Scope::District, Scope::School);
    let sender = match broadcast.sent_by.or(Some(broadcast.created_by)) {
        Some(user) => lookup_user(reads, user).await?.map(|user| user.name).unwrap_or_default(),
        None => String::new(),
    };
    let open = tallies::open_counts(reads, broadcast.id.into()).await?;
    let badge = broadcast_state(broadcast.state);
    Ok(About {
        id: broadcast.id,
        title: if broadcast.draft.title.is_empty() { "Message".to_owned() } else { broadcast.draft.title.clone() },
        category: broadcast.draft.category.map(category),
        badge,
        place: crate::looks::scope_words(place, |id| {
            schools.iter().find(|row| row.id == id).map(|row| row.name.clone()).unwrap_or_default()
        }),
        who: compose::audience_words(reads, &broadcast.draft.audience, schools).await?,
        sender,
        sent: broadcast.sent_at.map(|at| teller.tell(at)),
        goes: broadcast.send_at.filter(|_| broadcast.state == BroadcastState::Scheduled).map(|at| teller.tell(at)),
        ended: broadcast.finished_at.or(broadcast.stopped_at).map(|at| teller.tell(at)),
        running: broadcast.state.is_running(),
        scheduled: broadcast.state == BroadcastState::Scheduled,
        may_stop: staff.actor.must(Act::StopBroadcast, place).is_ok(),
        may_copy: staff.actor.must(Act::Compose, place).is_ok(),
        said: if open.to_send == 0 && broadcast.state.is_running() && broadcast.expanded_at.is_some() {
            "Everything has left. Waiting for the carriers' receipts.".to_owned()
        } else {
            badge.words.to_owned()
        },
    })
}
