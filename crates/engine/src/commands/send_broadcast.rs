//! Send: what the preview showed begins to leave, now or at its time.

use jiff::Timestamp;
use schoolbell_domain::broadcast::{BroadcastState, Draft, problems};
use schoolbell_domain::category::Category;
use schoolbell_domain::delivery::digest::PlanDigest;
use schoolbell_domain::ids::{BroadcastId, HoldId, UserId};
use schoolbell_domain::permission::Act;
use schoolbell_formats::sms;
use schoolbell_store::read::broadcasts::{Broadcast, lookup_broadcast};
use schoolbell_store::read::holds::Hold;
use schoolbell_store::tx::Reads;
use schoolbell_store::write::broadcasts::{self, Keeping, Version};
use schoolbell_store::write::holds::Decided;
use schoolbell_store::write::jobs::enqueue;
use serde_json::json;

use super::audit::tell;
use super::brake;
use super::decide_hold::take;
use super::save_draft::{changed, conflict, get, owner_scope};
use super::survey;
use crate::error::{CommandError, CommandResult, Problem};
use crate::jobs::{expand_broadcast, send_scheduled};
use crate::planning::{Planning, pages};
use crate::reach::must_stay_within;
use crate::render::Renderer;
use crate::{Actor, Engine, Queue};

/// What Send did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    Now,
    /// It leaves at the draft's time.
    Scheduled(Timestamp),
    /// Somebody had pressed Send before: a second press changes nothing.
    Already,
    /// It waits for a second look.
    Held(HoldId),
}

/// Sends a draft of this version. `digest` is what the preview showed.
///
/// If the people changed since, an ordinary message is refused with the difference, and the preview must be looked at
/// again. What is urgent goes at once, without planning first, and the report shows the difference after.
pub async fn send_broadcast(
    engine: &Engine,
    actor: &Actor,
    (id, version): (BroadcastId, i64),
    digest: Option<&str>,
) -> CommandResult<Sent> {
    let broadcast = get(engine, id).await?;
    let category = broadcast.draft.category;
    match category {
        Some(category) => actor.must(Act::Send(category), owner_scope(&broadcast))?,
        None => actor.must(Act::Compose, owner_scope(&broadcast))?,
    }
    if broadcast.state != BroadcastState::Draft {
        return already(&broadcast);
    }
    let now = engine.now();
    let category = must_be_complete(engine, actor, &broadcast.draft, now).await?;
    let which = Version { id, version };
    let by = actor.user.unwrap_or(UserId::from_raw(0));
    let sending = Sending { which, draft: &broadcast.draft, category, digest, by, released: None };
    if !category.is_urgent() {
        let families =
            must_be_as_shown(engine, &broadcast.draft, digest, broadcast.draft.send_at.unwrap_or(now)).await?;
        if let Some(hold) = brake::hold(engine, actor, &sending, families).await? {
            changed(engine, id);
            return Ok(Sent::Held(hold));
        }
    }
    let sent = commit(engine, actor, &sending).await?;
    engine.wake.now(Queue::Jobs);
    changed(engine, id);
    if category.is_urgent() && sent != Sent::Already {
        brake::look_after(engine, actor, &sending).await?;
    }
    Ok(sent)
}

/// Sends what a brake held, in the name of whoever pressed Send, now that somebody looked at it.
pub(super) async fn send_released(
    engine: &Engine,
    actor: &Actor,
    hold: &Hold,
    decided: Decided<'_>,
) -> CommandResult<Sent> {
    let broadcast = get(engine, BroadcastId::from_raw(hold.subject)).await?;
    let now = engine.now();
    let category = must_be_complete(engine, actor, &broadcast.draft, now).await?;
    let digest = hold.digest.as_deref();
    must_be_as_shown(engine, &broadcast.draft, digest, broadcast.draft.send_at.unwrap_or(now)).await?;
    let sending = Sending {
        which: Version { id: broadcast.id, version: hold.version },
        draft: &broadcast.draft,
        category,
        digest,
        by: hold.asked_by,
        released: Some((hold.id, decided)),
    };
    let sent = commit(engine, actor, &sending).await?;
    engine.wake.now(Queue::Jobs);
    changed(engine, broadcast.id);
    Ok(sent)
}

/// A message that is about to leave.
pub(super) struct Sending<'a> {
    pub which: Version,
    pub draft: &'a Draft,
    pub category: Category,
    pub digest: Option<&'a str>,
    /// Whoever pressed Send.
    pub by: UserId,
    /// The hold that this lets go.
    pub released: Option<(HoldId, Decided<'a>)>,
}

async fn commit(engine: &Engine, actor: &Actor, sending: &Sending<'_>) -> CommandResult<Sent> {
    let Sending { which, draft, category, digest, .. } = *sending;
    let now = engine.now();
    let keeping = Keeping { by: sending.by, at: now };
    let later = draft.send_at.filter(|send_at| *send_at > now);
    engine
        .db
        .write("send broadcast", async |tx| {
            let moved = if let Some(send_at) = later {
                broadcasts::schedule(tx, which, keeping, send_at).await?
            } else {
                let settings = schoolbell_store::read::district::get_district(tx).await?.settings;
                let expires_at = draft.expires_at.unwrap_or_else(|| settings.expires_at(category, now));
                broadcasts::begin_sending(tx, which, keeping, expires_at).await?
            };
            if !moved {
                let standing = lookup_broadcast(tx, which.id).await?;
                return match standing {
                    Some(standing) if standing.state != BroadcastState::Draft => already(&standing),
                    Some(_) | None => Err(conflict(tx, which.id).await?),
                };
            }
            survey::open(engine, tx, which.id, (draft, later.unwrap_or(now))).await?;
            let note = sending.released.map(|(_, decided)| decided.note);
            if let Some((hold, decided)) = sending.released {
                take(tx, hold, decided).await?;
            }
            let detail = json!({ "category": category.key(), "digest": digest, "send_at": later, "released": note });
            enqueue(
                tx,
                match later {
                    Some(send_at) => send_scheduled::job(engine, which, send_at),
                    None => expand_broadcast::job(engine, which.id),
                },
            )
            .await?;
            tell(engine, tx, actor, ("send_broadcast", &which.id.to_string()), detail).await?;
            Ok(later.map_or(Sent::Now, Sent::Scheduled))
        })
        .await
}

/// A second press of Send is no error; what was stopped or thrown away cannot be sent.
fn already(broadcast: &Broadcast) -> CommandResult<Sent> {
    match broadcast.state {
        BroadcastState::Scheduled | BroadcastState::Expanding | BroadcastState::Sending | BroadcastState::Finished => {
            Ok(Sent::Already)
        }
        BroadcastState::Draft | BroadcastState::Stopped | BroadcastState::Discarded => Err(CommandError::refused(
            "state",
            format!("this message is {}; copy it to send it again", broadcast.state.word()),
        )),
    }
}

/// Refuses a draft with problems, one that reaches outside of its school, and a text that cannot be rendered for every
/// school.
async fn must_be_complete(engine: &Engine, actor: &Actor, draft: &Draft, now: Timestamp) -> CommandResult<Category> {
    let mut found: Vec<Problem> = draft_problems(draft, now);
    let mut reads = engine.db.read().await?;
    must_stay_within(&mut reads, draft).await?;
    let Some(category) = draft.category.filter(|_| found.is_empty()) else { return Err(CommandError::BadInput(found)) };
    let renderer = renderer(engine, &mut reads, (actor, draft), now).await?;
    found.extend(render_problems(&renderer));
    if found.is_empty() { Ok(category) } else { Err(CommandError::BadInput(found)) }
}

/// What stands in the way of Send, with the field of the composer.
pub(super) fn draft_problems(draft: &Draft, now: Timestamp) -> Vec<Problem> {
    problems(draft, now, |text| sms::segments(&sms::plain(text).text).units)
        .into_iter()
        .map(|problem| Problem { field: problem.field().to_owned(), message: problem.to_string() })
        .collect()
}

pub(super) fn render_problems(renderer: &Renderer) -> Vec<Problem> {
    renderer
        .check()
        .into_iter()
        .map(|(channel, problem)| Problem { field: format!("{}_body", channel.word()), message: problem.to_string() })
        .collect()
}

/// Renders in the name of the actor.
pub(super) async fn renderer(
    engine: &Engine,
    reads: &mut impl Reads,
    (actor, draft): (&Actor, &Draft),
    leaves_at: Timestamp,
) -> CommandResult<Renderer> {
    let district = schoolbell_store::read::district::get_district(reads).await?;
    let sender = sender_name(reads, actor.user, &district.name).await?;
    let mut renderer = Renderer::of(reads, draft, &district, &sender, leaves_at).await?;
    if draft.survey.is_some() {
        let seal = engine.db.write("seal of links", async |tx| crate::survey::link::seal(tx).await).await?;
        renderer.link(engine.public_url.as_deref(), seal);
    }
    Ok(renderer)
}

/// The name under a message; the program sends in the district's name.
pub(crate) async fn sender_name(
    reads: &mut impl Reads,
    user: Option<UserId>,
    district: &str,
) -> schoolbell_store::StoreResult<String> {
    let user = match user {
        Some(user) => schoolbell_store::read::users::lookup_user(reads, user).await?,
        None => None,
    };
    Ok(user.map_or_else(|| district.to_owned(), |user| user.name))
}

/// Plans afresh and compares; answers how many families it reaches.
async fn must_be_as_shown(
    engine: &Engine,
    draft: &Draft,
    digest: Option<&str>,
    leaves_at: Timestamp,
) -> CommandResult<u32> {
    let Some(shown) = digest else {
        return Err(CommandError::refused(
            "preview",
            "look at the preview before you send; only emergencies and closings go without",
        ));
    };
    let mut reads = engine.db.read().await?;
    let mut planning = Planning::of(&mut reads, draft, leaves_at).await?;
    let mut fresh = PlanDigest::default();
    let households = planning.households(&mut reads, 0).await?;
    for page in pages(&households) {
        fresh.merge(PlanDigest::of(&planning.rows(&mut reads, page).await?));
    }
    if fresh.hex() == shown {
        return Ok(u32::try_from(households.len()).unwrap_or(u32::MAX));
    }
    let before = shown.rsplit_once('-').and_then(|(_, rows)| rows.parse::<u64>().ok());
    let difference = match before {
        Some(before) if before != fresh.rows() => {
            format!("the preview showed {before} rows, now there are {}", fresh.rows())
        }
        Some(_) | None => "somebody's choices, consent or addresses are different now".to_owned(),
    };
    Err(CommandError::refused(
        "preview",
        format!("the people changed since the preview: {difference}; look at the preview again, then send"),
    ))
}
