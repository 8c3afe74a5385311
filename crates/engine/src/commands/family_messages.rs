//! Past notifications: every message that was addressed to a family, before it signed up too (A38).
//!
//! What may be seen of a row is judged by `schoolbell_domain::family::sight` alone.

use std::collections::HashMap;

use jiff::Timestamp;
use schoolbell_domain::broadcast::Draft;
use schoolbell_domain::channel::Channel;
use schoolbell_domain::delivery::SuppressReason;
use schoolbell_domain::delivery::explain::{Step, explain};
use schoolbell_domain::delivery::plan::{Decision, PlanRow};
use schoolbell_domain::family::{Addressed, Sight};
use schoolbell_domain::ids::{BroadcastId, ContentId, DeliveryId, PersonId, SchoolId, UserId};
use schoolbell_domain::people::PersonKind;
use schoolbell_store::ReadTx;
use schoolbell_store::read::broadcasts::Broadcast;
use schoolbell_store::read::family::{self, FamilyMessage, FamilyRow};
use schoolbell_store::read::{content, push};

use super::hear_call::hear_call;
use super::save_draft::get;
use super::send_broadcast::sender_name;
use crate::Engine;
use crate::error::{CommandError, CommandResult};
use crate::family::Family;
use crate::planning::Planning;
use crate::render::Renderer;

/// A message as a family sees it in a list.
#[derive(Debug, Clone)]
pub struct SeenMessage {
    pub message: FamilyMessage,
    /// The family's children whom it is about.
    pub children: Vec<PersonId>,
    /// The rows that the family may see.
    pub rows: Vec<SeenRow>,
    /// The beginning of the text, where one went out as it stands.
    pub excerpt: String,
}

/// A row that a family may see, with as much of its text as is theirs.
#[derive(Debug, Clone)]
pub struct SeenRow {
    pub row: FamilyRow,
    /// Those of the row's children who are the family's.
    pub children: Vec<PersonId>,
    /// Whether the text that went out names nobody else.
    pub whole: bool,
}

/// What a message said over one channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenText {
    pub channel: Channel,
    /// E-mail only.
    pub subject: String,
    pub body: String,
    /// A call that went out to this family as it stands: what it played.
    pub played: Option<ContentId>,
}

/// A message with its texts and the reasons of every row.
#[derive(Debug, Clone)]
pub struct SeenWhole {
    pub seen: SeenMessage,
    pub sender: String,
    pub texts: Vec<SeenText>,
    /// By row: the rules that led to it, as they stand now.
    pub why: HashMap<i64, Vec<Step>>,
    /// When a notification of the app was opened.
    pub opened: HashMap<DeliveryId, Timestamp>,
}

/// Messages sent before an instant, newest first, about one child or all; `words` as people remember them.
///
/// Answers too the instant from which an older page goes on; `None` if there is none.
pub async fn family_messages(
    engine: &Engine,
    family: &Family,
    (before, words, child): (Timestamp, &str, Option<PersonId>),
) -> CommandResult<(Vec<SeenMessage>, Option<Timestamp>)> {
    let mut reads = engine.db.read().await?;
    let people = family.circle.people();
    let found = family::messages(&mut reads, &people, before, words).await?;
    let older = if found.len() < family::PAGE { None } else { found.last().map(|message| message.sent_at) };
    let (Some(newest), Some(oldest)) = (found.first(), found.last()) else { return Ok((Vec::new(), None)) };
    let rows = family::rows(&mut reads, &people, (oldest.sent_at, newest.sent_at)).await?;
    let mut seen: Vec<SeenMessage> = found.into_iter().filter_map(|message| see(family, message, &rows)).collect();
    if let Some(child) = child {
        seen.retain(|message| message.children.contains(&child));
    }
    excerpts(&mut reads, &mut seen).await?;
    Ok((seen, older))
}

/// One message with everything that the family may see of it.
pub async fn family_message(engine: &Engine, family: &Family, id: BroadcastId) -> CommandResult<SeenWhole> {
    let not_found = || CommandError::NotFound(id.to_string());
    let broadcast = get(engine, id).await?;
    let mut reads = engine.db.read().await?;
    let message = family::lookup_message(&mut reads, id).await?.ok_or_else(not_found)?;
    let rows = family::rows(&mut reads, &family.circle.people(), (message.sent_at, message.sent_at)).await?;
    let seen = see(family, message, &rows).ok_or_else(not_found)?;
    let planning = Planning::of(&mut reads, &broadcast.draft, seen.message.sent_at).await?;
    let sender = broadcast.sent_by.filter(|user| *user != UserId::from_raw(0));
    let sender = sender_name(&mut reads, sender, &planning.district.name).await?;
    let renderer =
        Renderer::of(&mut reads, &broadcast.draft, &planning.district, &sender, seen.message.sent_at).await?;
    let texts = texts(&mut reads, (family, &seen), &broadcast, renderer).await?;
    let why = why(&mut reads, (family, &seen), &planning).await?;
    let notices = seen.rows.iter().filter(|row| row.row.channel == Channel::Push);
    let notices: Vec<DeliveryId> = notices.map(|row| row.row.id).collect();
    let opened = push::opened(&mut reads, &notices).await?;
    Ok(SeenWhole { seen, sender, texts, why, opened })
}

/// What a call of a message played to this family. `NotFound` for a call that was not theirs.
pub async fn hear_family_call(
    engine: &Engine,
    family: &Family,
    id: BroadcastId,
    content: ContentId,
) -> CommandResult<Vec<u8>> {
    let not_found = || CommandError::NotFound(content.to_string());
    let mut reads = engine.db.read().await?;
    let message = family::lookup_message(&mut reads, id).await?.ok_or_else(not_found)?;
    let rows = family::rows(&mut reads, &family.circle.people(), (message.sent_at, message.sent_at)).await?;
    let seen = see(family, message, &rows).ok_or_else(not_found)?;
    drop(reads);
    if !seen.rows.iter().any(|row| row.whole && row.row.content == Some(content)) {
        return Err(not_found());
    }
    hear_call(engine, id, content).await
}

/// The rows of one message that the family may see; `None` if there are none.
fn see(family: &Family, message: FamilyMessage, rows: &[FamilyRow]) -> Option<SeenMessage> {
    let of_message = rows.iter().filter(|row| row.message == message.id);
    let seen: Vec<SeenRow> = of_message
        .filter_map(|row| {
            let addressed = Addressed { person: row.person, children: &row.children, category: message.category };
            match family.circle.judge(&addressed) {
                Sight::Hidden => None,
                Sight::Whole(children) => Some(SeenRow { row: row.clone(), children, whole: true }),
                Sight::Part(children) => Some(SeenRow { row: row.clone(), children, whole: false }),
            }
        })
        .collect();
    let mut children: Vec<PersonId> = seen.iter().flat_map(|row| row.children.iter().copied()).collect();
    children.sort_unstable();
    children.dedup();
    (!seen.is_empty()).then_some(SeenMessage { message, children, rows: seen, excerpt: String::new() })
}

/// A text for the list: the shortest that says it, so the text before the mail before the call.
async fn excerpts(reads: &mut ReadTx, seen: &mut [SeenMessage]) -> CommandResult<()> {
    let pick = |message: &SeenMessage| -> Option<ContentId> {
        let of = |channel: Channel| {
            let mut rows = message.rows.iter().filter(|row| row.whole && row.row.channel == channel);
            rows.find_map(|row| row.row.content)
        };
        of(Channel::Sms).or_else(|| of(Channel::Voice)).or_else(|| of(Channel::Email))
    };
    let ids: Vec<ContentId> = seen.iter().filter_map(pick).collect();
    let texts: HashMap<ContentId, String> =
        content::by_ids(reads, &ids).await?.into_iter().map(|content| (content.id, content.body)).collect();
    for message in seen {
        if let Some(text) = pick(message).and_then(|id| texts.get(&id)) {
            message.excerpt = text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(180).collect();
        }
    }
    Ok(())
}

/// What the message said over each channel it has: as it went out, or rendered for the family's own children.
async fn texts(
    reads: &mut ReadTx,
    (family, seen): (&Family, &SeenMessage),
    broadcast: &Broadcast,
    mut renderer: Renderer,
) -> CommandResult<Vec<SeenText>> {
    let mut texts = Vec::new();
    for channel in broadcast.draft.channels() {
        let mut rows = seen.rows.iter().filter(|row| row.whole && row.row.channel == channel);
        let sent = rows.find_map(|row| row.row.content);
        let found = match sent {
            Some(id) => content::by_ids(reads, &[id]).await?.pop().map(|content| (content.subject, content.body)),
            None => None,
        };
        let (subject, body) = if let Some(text) = found {
            text
        } else {
            let row = stand_in(family, seen, &broadcast.draft, channel);
            let names = renderer.names_for(reads, std::slice::from_ref(&row)).await?;
            let Some(anew) = renderer.render_surely(&row, &names) else { continue };
            (anew.subject.clone(), anew.body.clone())
        };
        texts.push(SeenText { channel, subject, body, played: sent.filter(|_| channel == Channel::Voice) });
    }
    Ok(texts)
}

/// A row as the plan would have it for this family alone.
fn stand_in(family: &Family, seen: &SeenMessage, draft: &Draft, channel: Channel) -> PlanRow {
    let school = seen.rows.iter().find_map(|row| row.row.school);
    PlanRow {
        person: family.circle.guardians.first().copied().unwrap_or(PersonId::from_raw(0)),
        kind: PersonKind::Guardian,
        language: family.language(),
        point: None,
        slot: None,
        school: school.or(draft.owner).unwrap_or(SchoolId::from_raw(0)),
        channel,
        address: None,
        children: seen.children.clone(),
        merge_group: 0,
        decision: Decision::Suppress(SuppressReason::NoAddress),
    }
}

/// "Why did I get this?": asks the plan itself, with the rules of now; what was decided then is the row's own state.
async fn why(
    reads: &mut ReadTx,
    (family, seen): (&Family, &SeenMessage),
    planning: &Planning,
) -> CommandResult<HashMap<i64, Vec<Step>>> {
    let mut households: Vec<i64> = family.people.values().map(|person| person.household).collect();
    households.sort_unstable();
    households.dedup();
    let page = planning.load(reads, &households).await?;
    let mut why = HashMap::new();
    for person in family.circle.people() {
        let explanation = explain(&planning.ask, &page, person);
        for explained in explanation.rows {
            let same = |row: &&SeenRow| {
                row.row.point == explained.row.point
                    && row.row.channel == explained.row.channel
                    && row.row.person == explained.row.person
            };
            let Some(row) = seen.rows.iter().find(same) else { continue };
            let ours = |child: Option<PersonId>| child.is_none_or(|child| row.children.contains(&child));
            let paths = explained.paths.iter().filter(|path| ours(path.child)).take(1);
            let steps: Vec<Step> = paths.flat_map(|path| path.steps.iter().cloned()).chain(explained.outcome).collect();
            why.entry(row.row.id.raw()).or_insert(steps);
        }
    }
    Ok(why)
}
