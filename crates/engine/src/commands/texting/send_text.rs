//! A text from staff to one student or guardian: staff first, opted in, past the guard, within the window (B16 to B26).

use jiff::{SignedDuration, Timestamp};
use schoolbell_domain::channel::Channel;
use schoolbell_domain::conversation::enabled::Enabled;
use schoolbell_domain::conversation::guard::Hit;
use schoolbell_domain::conversation::policy::{OnMark, TextingPolicy};
use schoolbell_domain::conversation::signature::signed;
use schoolbell_domain::conversation::text::{Direction, Text};
use schoolbell_domain::conversation::text_template::has_blank;
use schoolbell_domain::delivery::plan::Basis;
use schoolbell_domain::delivery::window::next_allowed;
use schoolbell_domain::ids::{ContentId, ConversationId, DeliveryId, OriginId, PersonId, TextId, UserId};
use schoolbell_domain::language::Language;
use schoolbell_domain::people::Address;
use schoolbell_formats::sms;
use schoolbell_store::read::district::{self, District};
use schoolbell_store::read::sms_contacts::TextStudent;
use schoolbell_store::write::content::{self, NewContent};
use schoolbell_store::write::deliveries::{self, NewDelivery, Opening, OriginKind, PRIORITY_TEXT};
use schoolbell_store::write::threads::{self, Standing};
use schoolbell_store::{StoreResult, Tx, read};
use serde_json::json;

use crate::commands::audit::tell;
use crate::error::{CommandError, CommandResult, Problem};
use crate::live::LiveEvent;
use crate::texting::{guard, must_text, shown_name, today};
use crate::{Actor, Engine, Queue};

/// A text that no carrier took for so long is of no use.
const EXPIRES_AFTER: SignedDuration = SignedDuration::from_hours(24);
/// What fits into six segments of GSM 7-bit; longer is a call or a mail.
const LONGEST: usize = 900;

/// The answer to the stranger question (B18).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stranger {
    Unanswered,
    No,
    Yes,
}

/// A text as staff wrote it.
#[derive(Debug, Clone, Copy)]
pub struct NewText<'a> {
    pub student: PersonId,
    pub person: PersonId,
    pub body: &'a str,
    pub stranger: Stranger,
    /// Why it goes although the guard marked it; empty if none was given.
    pub reason: &'a str,
    /// `None`: now, or when the window opens.
    pub send_at: Option<Timestamp>,
}

/// What was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SentText {
    pub text: TextId,
    pub thread: ConversationId,
    /// When it may leave.
    pub not_before: Timestamp,
}

/// What is known of a text before it is sent.
struct Prepared {
    district: District,
    student: TextStudent,
    user: UserId,
    author: String,
    number: String,
    body: String,
    hits: Vec<Hit>,
}

/// Sends a text, in the thread of this member of the staff; the first one opens it.
///
/// Refused with the reason while *SMS Enabled* is "No" (B3). The body goes out plain and signed (B26).
pub async fn send_text(engine: &Engine, actor: &Actor, new: &NewText<'_>) -> CommandResult<SentText> {
    let sent = engine
        .db
        .write("send text", async |tx| {
            let prepared = prepare(engine, tx, actor, new).await?;
            let mut thread = thread_for(engine, tx, &prepared, new.person).await?;
            let sent = enter(engine, tx, &prepared, (&mut thread, new)).await?;
            let detail = json!({ "thread": thread.id.to_string(), "marks": prepared.hits.len() });
            tell(engine, tx, actor, ("send_text", &sent.text.to_string()), detail).await?;
            Ok::<_, CommandError>(sent)
        })
        .await?;
    engine.wake.now(Queue::Deliveries);
    engine.live.tell(LiveEvent::Thread(sent.thread));
    Ok(sent)
}

async fn prepare(engine: &Engine, tx: &mut Tx, actor: &Actor, new: &NewText<'_>) -> CommandResult<Prepared> {
    let user =
        actor.user.ok_or_else(|| CommandError::refused("B1", "only somebody who signed in can text a family"))?;
    let student = must_text(tx, actor, new.student).await?;
    let (today, ages) = today(tx, engine).await?;
    if let Enabled::No(why) = student.enabled_for(new.person, ages, today) {
        return Err(CommandError::refused("B3", format!("SMS Enabled is \"No\": {}", why.sentence())));
    }
    let district = district::get_district(tx).await?;
    let author = shown_name(tx, user).await?;
    let body = sms::plain(&signed(new.body, &author)).text.replace('\0', "");
    let hits = guard(tx, &district.settings, &student, new.person, &body).await?;
    let problems = problems(new, &body, &hits, &district.settings.texting);
    if !problems.is_empty() {
        return Err(CommandError::BadInput(problems));
    }
    let number = student.contact(new.person).map(|contact| contact.number.clone()).unwrap_or_default();
    Ok(Prepared { district, student, user, author, number, body, hits })
}

fn problems(new: &NewText<'_>, body: &str, hits: &[Hit], policy: &TextingPolicy) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut add = |field: &str, message: &str| {
        problems.push(Problem { field: field.to_owned(), message: message.to_owned() });
    };
    if new.body.trim().is_empty() {
        add("body", "write the text");
    } else if has_blank(new.body) {
        add("body", "fill in what stands between brackets, or take it out");
    } else if body.chars().count() > LONGEST {
        add("body", "this is too long for a text; say it by phone or e-mail");
    }
    let has_reason = !new.reason.trim().is_empty();
    match new.stranger {
        Stranger::Unanswered => add("stranger", "answer the question about a stranger"),
        Stranger::Yes if policy.on_stranger == OnMark::Stop => {
            add(
                "stranger",
                "your district does not let a text go that a stranger could understand; write it otherwise",
            );
        }
        Stranger::Yes if !has_reason => {
            add("reason", "say why it has to go although a stranger would know who is meant");
        }
        Stranger::Yes | Stranger::No => {}
    }
    if !hits.is_empty() && policy.on_mark == OnMark::Stop {
        add("body", "take out what is marked; your district does not let it go by text");
    } else if !hits.is_empty() && !has_reason {
        add("reason", "take out what is marked, or say why it has to go by text");
    }
    problems
}

/// The thread of this member of the staff with this person; the first text opens one on a number that this phone has no
/// open thread with.
async fn thread_for(engine: &Engine, tx: &mut Tx, prepared: &Prepared, person: PersonId) -> CommandResult<Standing> {
    let (student, their) = (prepared.student.student, prepared.number.as_str());
    if let Some(thread) = threads::lock_of_staff(tx, (student, person), prepared.user, their).await? {
        return Ok(thread);
    }
    let none = || {
        CommandError::refused(
            "B21",
            "every texting number of the district already has a thread with this phone; ask your administrator for another",
        )
    };
    let our_number = read::texting::free_number(tx, prepared.user, their).await?.ok_or_else(none)?;
    let new = Standing {
        id: ConversationId::from_raw(engine.next_id()),
        student,
        person,
        school: prepared.student.school,
        user: prepared.user,
        our_number,
        their_number: their.to_owned(),
        head_hash: String::new(),
    };
    // Another transaction may have taken the pair between the look and the insert: the unique index decides.
    if threads::open(tx, &new, engine.now()).await? { Ok(new) } else { Err(none()) }
}

/// The text, its delivery, and the number that it leaves from: one transaction.
async fn enter(
    engine: &Engine,
    tx: &mut Tx,
    prepared: &Prepared,
    (thread, new): (&mut Standing, &NewText<'_>),
) -> StoreResult<SentText> {
    let now = engine.now();
    let id = TextId::from_raw(engine.next_id());
    let detail = json!({
        "marks": prepared.hits.iter().map(|hit| hit.kind.word()).collect::<Vec<_>>(),
        "stranger": new.stranger == Stranger::Yes,
        "reason": new.reason.trim(),
        "user": prepared.user.to_string(),
    });
    let text = Text {
        id,
        conversation: thread.id,
        direction: Direction::Out,
        author: prepared.author.clone(),
        body: prepared.body.clone(),
        at: now,
        detail: detail.to_string().replace('\0', ""),
    };
    threads::append(tx, thread, &text, false).await?;
    threads::set_sender(tx, OriginId::from(id), &thread.our_number).await?;
    let zone = district::zone_of(tx, prepared.student.school).await?.unwrap_or(prepared.district.time_zone.clone());
    let from = new.send_at.map_or(now, |at| at.max(now));
    let not_before = next_allowed(from, &zone, prepared.district.settings.window());
    let rendering = NewContent {
        id: ContentId::from_raw(engine.next_id()),
        channel: Channel::Sms,
        language: Language::default(),
        subject: String::new(),
        body: prepared.body.clone(),
        html: None,
        segments: i64::try_from(sms::segments(&prepared.body).parts).unwrap_or(i64::MAX),
    };
    let content = content::intern(tx, OriginId::from(id), &[rendering]).await?;
    let row = NewDelivery {
        id: DeliveryId::from_raw(engine.next_id()),
        origin: OriginId::from(id),
        origin_kind: OriginKind::Conversation,
        channel: Channel::Sms,
        person: Some(new.person),
        contact_point: None,
        school: Some(prepared.student.school),
        address: Address::from_stored(&prepared.number),
        merge_group: 0,
        children: vec![prepared.student.student],
        content: content.first().copied(),
        basis: Some(Basis::OptedIn),
        opening: Opening::Queued { not_before },
        priority: PRIORITY_TEXT,
        urgent: false,
        expires_at: not_before + EXPIRES_AFTER,
        created_at: now,
    };
    deliveries::insert(tx, &[row]).await?;
    Ok(SentText { text: id, thread: thread.id, not_before })
}
