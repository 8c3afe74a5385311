//! `/texting`: the inbox, unread first, live; what is held, and threads of a school for those who watch over them.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{Html, Redirect};
use jiff::Timestamp;
use schoolbell_domain::conversation::text::Direction;
use schoolbell_domain::ids::{ConversationId, InboundId, SectionId, UserId};
use schoolbell_domain::people::name::fold_name;
use schoolbell_domain::permission::Act;
use schoolbell_engine::commands::texting::settle_held::{HeldStep, settle_held};
use schoolbell_engine::{CommandError, texting};
use schoolbell_store::read::texting::sections_of;
use schoolbell_store::read::threads::{self, HeldLine, ThreadLine};
use schoolbell_store::read::{district, office};
use schoolbell_store::tx::Reads;
use serde::Deserialize;

use super::name;
use super::requests::summary;
use crate::WebState;
use crate::error::{PageError, PageResult};
use crate::form::{Signed, encode, problem};
use crate::frame::{Frame, Place, html};
use crate::looks::address;
use crate::session::Staff;
use crate::times::{Teller, TimeElement, counted};

const SHOWN: i64 = 50;

#[derive(Template)]
#[template(path = "texting_inbox.html")]
struct InboxPage {
    frame: Frame,
    may_text: bool,
    supervises: bool,
    /// What families ask of records, for those who answer it.
    requests: Option<String>,
    /// Of the reader, to choose one.
    sections: Vec<(SectionId, String)>,
    list: List,
}

#[derive(Template)]
#[template(path = "texting_list.html")]
struct List {
    /// The same list, for when something changed.
    here: String,
    search: String,
    section: String,
    older: Option<String>,
    newer: Option<String>,
    /// `own`, or `school` for those who watch over threads.
    whose: &'static str,
    said: String,
    threads: Vec<Line>,
    held: Vec<Held>,
    csrf: String,
}

struct Line {
    id: ConversationId,
    person: String,
    student: String,
    /// Whose thread it is; empty for the reader's own.
    staff: String,
    last: String,
    at: TimeElement,
    unread: i64,
    needs_human: bool,
    closed: bool,
}

struct Held {
    id: InboundId,
    from: String,
    body: String,
    why: &'static str,
    answered: bool,
    escalated_by: String,
    at: TimeElement,
}

#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    search: String,
    #[serde(default)]
    whose: String,
    /// Only threads about students of this section.
    #[serde(default)]
    section: String,
    /// Of those that are read: older than this, in milliseconds.
    before: Option<i64>,
}

/// `GET /texting`; with htmx the list alone.
pub async fn page(
    State(state): State<WebState>,
    staff: Staff,
    headers: axum::http::HeaderMap,
    Query(asked): Query<Asked>,
) -> PageResult<Html<String>> {
    if !staff.actor.may_somewhere(Act::Text) && !staff.actor.may_somewhere(Act::SettleHeld) {
        staff.must_somewhere(Act::Text)?;
    }
    let supervises = staff.actor.may_somewhere(Act::Supervise);
    let mut reads = state.engine.reader().read().await?;
    let sections = sections(&mut reads, &staff).await?;
    let list = list(&mut reads, (&state, &staff), &asked, (supervises, &sections[..])).await?;
    if headers.contains_key("hx-request") {
        return html(&list);
    }
    html(&InboxPage {
        frame: Frame::new(&staff, Place::Texting, "Texting").live(),
        may_text: staff.actor.may_somewhere(Act::Text),
        supervises,
        requests: summary(&mut reads, (&state, &staff)).await?,
        sections,
        list,
    })
}

async fn sections(reads: &mut impl Reads, staff: &Staff) -> PageResult<Vec<(SectionId, String)>> {
    match texting::staff_person(reads, staff.user).await? {
        Some(person) => Ok(sections_of(reads, person).await?),
        None => Ok(Vec::new()),
    }
}

async fn list(
    reads: &mut impl Reads,
    (state, staff): (&WebState, &Staff),
    asked: &Asked,
    (supervises, sections): (bool, &[(SectionId, String)]),
) -> PageResult<List> {
    let teller = staff.teller();
    let folded = fold_name(&asked.search);
    let of_school = supervises && asked.whose == "school";
    let section: Option<SectionId> = asked.section.parse().ok().filter(|_| !asked.section.is_empty());
    if section.is_some_and(|section| sections.iter().all(|(own, _)| *own != section)) {
        return Err(CommandError::not_allowed().into());
    }
    let before = asked.before.and_then(|at| Timestamp::from_millisecond(at).ok());
    let found = if of_school {
        of_schools(reads, staff).await?
    } else if let Some(section) = section {
        threads::of_section(reads, staff.user, section, SHOWN * 2).await?
    } else if folded.is_empty() {
        own_and_covered(reads, (state, staff), before).await?
    } else {
        threads::search(reads, staff.user, &folded, SHOWN).await?
    };
    let is_plain = !of_school && section.is_none() && folded.is_empty();
    let read = found.iter().filter(|thread| thread.unread == 0).count();
    let oldest = found.iter().filter(|thread| thread.unread == 0).map(|thread| thread.last_at).min();
    let older = oldest.filter(|_| is_plain && i64::try_from(read).is_ok_and(|read| read >= SHOWN));
    let unread = found.iter().filter(|thread| thread.unread > 0).count();
    let whose = if of_school { "school" } else { "own" };
    Ok(List {
        here: here(asked, whose),
        search: asked.search.clone(),
        section: asked.section.clone(),
        older: older.map(|at| format!("/texting?before={}", at.as_millisecond())),
        newer: before.map(|_| "/texting".to_owned()),
        whose,
        said: match unread {
            0 => String::new(),
            unread => counted(u64::try_from(unread).unwrap_or(0), "thread with new texts", "threads with new texts"),
        },
        threads: found
            .iter()
            .map(|thread| line((&teller, staff.user), (thread, of_school && thread.user != staff.user)))
            .collect(),
        held: held(reads, staff, &teller).await?,
        csrf: staff.csrf.clone(),
    })
}

fn here(asked: &Asked, whose: &str) -> String {
    let before = asked.before.map(|at| format!("&before={at}")).unwrap_or_default();
    format!("/texting?whose={whose}&section={}&search={}{before}", encode(&asked.section), encode(&asked.search))
}

/// One's own threads, and those of whom one stands in for today; unread first.
async fn own_and_covered(
    reads: &mut impl Reads,
    (state, staff): (&WebState, &Staff),
    before: Option<Timestamp>,
) -> PageResult<Vec<ThreadLine>> {
    let mut found = threads::inbox(reads, staff.user, before, SHOWN).await?;
    let (today, _) = texting::today(reads, &state.engine).await?;
    let covers = office::covered_by(reads, staff.user, today).await?;
    for cover in &covers {
        found.extend(threads::inbox(reads, cover.user, before, SHOWN).await?);
    }
    if !covers.is_empty() {
        found.sort_by_key(|thread| (thread.unread == 0, std::cmp::Reverse(thread.last_at)));
    }
    Ok(found)
}

/// The threads of the schools that somebody watches over: those that need a human first.
async fn of_schools(reads: &mut impl Reads, staff: &Staff) -> PageResult<Vec<ThreadLine>> {
    let schools = match staff.schools_for(Act::Supervise) {
        Some(schools) => schools,
        None => district::schools(reads).await?.into_iter().map(|school| school.id).collect(),
    };
    let mut found = Vec::new();
    for school in schools {
        found.extend(threads::of_school(reads, school, None, SHOWN).await?);
    }
    found.sort_by_key(|thread| (!thread.needs_human, std::cmp::Reverse(thread.last_at)));
    found.truncate(usize::try_from(SHOWN).unwrap_or(50));
    Ok(found)
}

/// Held texts of the schools where somebody may settle them; those of no school for everybody who may.
async fn held(reads: &mut impl Reads, staff: &Staff, teller: &Teller) -> PageResult<Vec<Held>> {
    if !staff.actor.may_somewhere(Act::SettleHeld) {
        return Ok(Vec::new());
    }
    let allowed = staff.schools_for(Act::SettleHeld);
    let sees = |held: &HeldLine| match (&allowed, held.school) {
        (None, _) | (_, None) => true,
        (Some(schools), Some(school)) => schools.contains(&school),
    };
    let found = threads::held(reads, SHOWN).await?;
    Ok(found
        .into_iter()
        .filter(sees)
        .map(|held| Held {
            id: held.inbound,
            from: address(&held.from),
            body: held.body,
            why: held.reason.sentence(),
            answered: held.answered,
            escalated_by: held.escalated_by.unwrap_or_default(),
            at: teller.tell(held.held_at),
        })
        .collect())
}

fn line((teller, user): (&Teller, UserId), (thread, watches): (&ThreadLine, bool)) -> Line {
    let last: String = thread.last_body.chars().take(90).collect();
    let is_own = thread.user == user;
    let who = match thread.last_direction {
        Direction::Out if is_own => "You: ",
        Direction::Out => "Staff: ",
        Direction::In => "",
    };
    Line {
        id: thread.id,
        person: name(&thread.person_given, &thread.person_family),
        student: name(&thread.student_given, &thread.student_family),
        staff: if is_own { String::new() } else { thread.staff.clone() },
        // Words of others' threads are read in the thread, where every look is noted.
        last: if watches {
            counted(u64::try_from(thread.texts).unwrap_or(0), "text", "texts")
        } else {
            format!("{who}{last}")
        },
        at: teller.tell(thread.last_at),
        unread: thread.unread,
        needs_human: thread.needs_human,
        closed: thread.closed_at.is_some(),
    }
}

/// `POST /texting/held/{text}`: a supervisor is asked, or it is settled.
pub async fn settle(State(state): State<WebState>, Path(id): Path<InboundId>, form: Signed) -> PageResult<Redirect> {
    let step = match form.fields.text("step") {
        "ask" => HeldStep::AskSupervisor,
        "settle" => HeldStep::Settle,
        _ => return Err(PageError::BadInput(vec![problem("step", "choose what becomes of the text")])),
    };
    settle_held(&state.engine, &form.staff.actor, id, step).await?;
    Ok(Redirect::to("/texting#held"))
}
