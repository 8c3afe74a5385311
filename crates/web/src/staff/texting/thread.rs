//! `/texting/threads/{thread}`: one thread with the state of each text, live, and the composer below it.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use jiff::Timestamp;
use schoolbell_domain::conversation::text::Direction;
use schoolbell_domain::delivery::StateKind;
use schoolbell_domain::ids::{BroadcastId, ConversationId, PersonId, TextId};
use schoolbell_domain::permission::{Act, Scope};
use schoolbell_engine::commands::texting::cancel_text::cancel_text;
use schoolbell_engine::commands::texting::read_thread::{answers, must_read, read_thread, settle_alarm};
use schoolbell_engine::commands::texting::send_text::Way;
use schoolbell_store::read::sms_contacts::lookup_student;
use schoolbell_store::read::text_media::{self, MediaLine};
use schoolbell_store::read::threads::{self, TextLine, ThreadLine};
use schoolbell_store::read::{communications, district};
use schoolbell_store::tx::Reads;
use serde::Deserialize;

use super::super::reasons::why;
use super::compose::{Composer, Written, send, written};
use super::media::{Media, shown_media};
use super::name;
use crate::WebState;
use crate::error::{PageError, PageResult};
use crate::form::{Problems, Signed};
use crate::frame::{Frame, Place, html};
use crate::looks::{Badge, delivery_state};
use crate::session::Staff;
use crate::times::{Teller, TimeElement};

const SHOWN: i64 = 200;

#[derive(Template)]
#[template(path = "texting_thread.html")]
struct ThreadPage {
    frame: Frame,
    id: ConversationId,
    student: PersonId,
    student_name: String,
    person_name: String,
    staff_name: String,
    is_own: bool,
    /// The reader stands in for its owner today.
    covers: bool,
    closed: bool,
    alarm: Option<Alarm>,
    notes: Vec<String>,
    texts: Texts,
    composer: Option<Composer>,
}

/// Words that need a human, and the line to call.
struct Alarm {
    crisis_line: String,
    may_settle: bool,
}

#[derive(Template)]
#[template(path = "texting_texts.html")]
struct Texts {
    id: ConversationId,
    /// The names of events at which the list is fetched anew.
    changed: String,
    /// A text is on its way.
    moves: bool,
    said: String,
    lines: Vec<Line>,
    csrf: String,
}

struct Line {
    id: TextId,
    is_ours: bool,
    author: String,
    body: String,
    at: TimeElement,
    state: Option<Badge>,
    why: String,
    media: Vec<Media>,
    /// When it leaves; empty unless it waits and can be taken back.
    waits_until: String,
}

#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    template: String,
}

/// `GET /texting/threads/{thread}`: reading it is noted.
pub async fn page(
    State(state): State<WebState>,
    staff: Staff,
    Path(id): Path<ConversationId>,
    Query(asked): Query<Asked>,
) -> PageResult<Html<String>> {
    read_thread(&state.engine, &staff.actor, id).await?;
    let nothing = Written { body: "", stranger: "", reason: "", problems: Problems::default() };
    shown(&state, &staff, id, (nothing, &asked.template)).await
}

async fn shown(
    state: &WebState,
    staff: &Staff,
    id: ConversationId,
    (written, template): (Written<'_>, &str),
) -> PageResult<Html<String>> {
    let mut reads = state.engine.reader().read().await?;
    let thread = must_read(&state.engine, &mut reads, &staff.actor, id).await?;
    let is_own = thread.user == staff.user;
    let answers = answers(&state.engine, &mut reads, &staff.actor, &thread).await?;
    let student = lookup_student(&mut reads, thread.student).await?.ok_or(PageError::NotFound)?;
    let composer = if answers && thread.closed_at.is_none() {
        let action = format!("/texting/threads/{id}");
        let mut composer = Composer::of(&mut reads, (state, staff), (&student, thread.person), action, written).await?;
        composer.begin_with(template);
        Some(composer)
    } else {
        None
    };
    let title = format!("{} about {}", name(&thread.person_given, &thread.person_family), thread.student_given);
    html(&ThreadPage {
        frame: Frame::new(staff, Place::Texting, title).live(),
        id,
        student: thread.student,
        student_name: name(&thread.student_given, &thread.student_family),
        person_name: name(&thread.person_given, &thread.person_family),
        staff_name: thread.staff.clone(),
        is_own,
        covers: answers && !is_own,
        closed: thread.closed_at.is_some(),
        alarm: alarm(&mut reads, staff, &thread).await?,
        notes: communications::notes(&mut reads, thread.student, 3).await?.into_iter().map(|note| note.body).collect(),
        texts: texts(&mut reads, staff, &thread).await?,
        composer,
    })
}

async fn alarm(reads: &mut impl Reads, staff: &Staff, thread: &ThreadLine) -> PageResult<Option<Alarm>> {
    if !thread.needs_human {
        return Ok(None);
    }
    let crisis_line = district::get_district(reads).await?.settings.texting.crisis_line;
    let may_settle = staff.actor.must(Act::Supervise, Scope::School(thread.school)).is_ok();
    Ok(Some(Alarm { crisis_line, may_settle }))
}

async fn texts(reads: &mut impl Reads, staff: &Staff, thread: &ThreadLine) -> PageResult<Texts> {
    let found = threads::texts(reads, thread.id, SHOWN).await?;
    let teller = staff.teller();
    // The counters of a text move under its own id, told like those of a broadcast.
    let open = found.iter().filter(|line| line.state.is_some_and(|state| !state.kind().is_final()));
    let mut changed = thread.id.to_string();
    let mut moves = false;
    for line in open {
        moves = true;
        changed.push(' ');
        changed.push_str(&BroadcastId::from_raw(line.link.text.id.raw()).to_string());
    }
    let said = match found.last() {
        Some(last) if last.link.text.direction == Direction::In => format!("New text: {}", last.link.text.body),
        Some(_) | None => String::new(),
    };
    let media = text_media::of_thread(reads, thread.id).await?;
    let lines = found.iter().map(|text| line((&teller, staff.now), (text, &media))).collect();
    Ok(Texts { id: thread.id, changed, moves, said, lines, csrf: staff.csrf.clone() })
}

fn line((teller, now): (&Teller, Timestamp), (text, media): (&TextLine, &[MediaLine])) -> Line {
    let of = &text.link.text;
    let queued = text.state.is_some_and(|state| state.kind() == StateKind::Queued);
    let waits = text.not_before.filter(|at| queued && *at > now);
    let detail: serde_json::Value = serde_json::from_str(&of.detail).unwrap_or_default();
    Line {
        id: of.id,
        waits_until: waits.map(|at| teller.plan(at)).unwrap_or_default(),
        is_ours: of.direction == Direction::Out,
        author: of.author.clone(),
        body: of.body.clone(),
        at: teller.tell(of.at),
        state: text.state.map(|state| badge(state.kind())),
        why: text.state.filter(|state| state.kind() != StateKind::Cancelled).map(why).unwrap_or_default(),
        media: media.iter().filter(|one| detail["inbound"] == one.id.inbound.to_string()).map(shown_media).collect(),
    }
}

/// A text that was taken back by its writer was not stopped like a broadcast.
fn badge(state: StateKind) -> Badge {
    let usual = delivery_state(state);
    if state == StateKind::Cancelled { Badge { words: "Taken back", ..usual } } else { usual }
}

/// `GET /texting/threads/{thread}/texts`: the list alone, for live pages.
pub async fn fragment(
    State(state): State<WebState>,
    staff: Staff,
    Path(id): Path<ConversationId>,
) -> PageResult<Html<String>> {
    let mut reads = state.engine.reader().read().await?;
    let thread = must_read(&state.engine, &mut reads, &staff.actor, id).await?;
    html(&texts(&mut reads, &staff, &thread).await?)
}

/// `POST /texting/threads/{thread}`: the next text of this thread.
pub async fn post(State(state): State<WebState>, Path(id): Path<ConversationId>, form: Signed) -> PageResult<Response> {
    let mut reads = state.engine.reader().read().await?;
    let thread = must_read(&state.engine, &mut reads, &form.staff.actor, id).await?;
    drop(reads);
    let way = if thread.user == form.staff.user { Way::Alone } else { Way::Covering(thread.user) };
    match send(&state, &form, (thread.student, thread.person), way).await? {
        Ok(sent) => Ok(Redirect::to(&format!("/texting/threads/{sent}#end")).into_response()),
        Err(problems) => {
            let body = form.fields.body("body");
            let page = shown(&state, &form.staff, id, (written(&form.fields, &body, problems), "")).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}

/// `POST /texting/threads/{thread}/texts/{text}/cancel`: a text that waits is taken back.
pub async fn cancel(
    State(state): State<WebState>,
    Path((id, text)): Path<(ConversationId, TextId)>,
    form: Signed,
) -> PageResult<Redirect> {
    cancel_text(&state.engine, &form.staff.actor, id, text).await?;
    Ok(Redirect::to(&format!("/texting/threads/{id}#end")))
}

/// `POST /texting/threads/{thread}/calm`: somebody looked after words that needed a human.
pub async fn calm(State(state): State<WebState>, Path(id): Path<ConversationId>, form: Signed) -> PageResult<Redirect> {
    settle_alarm(&state.engine, &form.staff.actor, id).await?;
    Ok(Redirect::to(&format!("/texting/threads/{id}")))
}
