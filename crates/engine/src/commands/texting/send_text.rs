//! A text from staff to one student or guardian: staff first, opted in, past the guard, within the window (B16 to B26).

use jiff::{SignedDuration, Timestamp};
use schoolbell_domain::conversation::enabled::Enabled;
use schoolbell_domain::conversation::guard::Hit;
use schoolbell_domain::conversation::policy::{OnMark, TextingPolicy};
use schoolbell_domain::conversation::signature::signed;
use schoolbell_domain::conversation::text_template::has_blank;
use schoolbell_domain::delivery::window::next_allowed;
use schoolbell_domain::ids::{ConversationId, PersonId, TextId, UserId};
use schoolbell_domain::permission::{Act, Scope};
use schoolbell_formats::sms;
use schoolbell_store::read::district::{self, District};
use schoolbell_store::read::sms_contacts::{TextStudent, lookup_student};
use schoolbell_store::write::text_templates;
use schoolbell_store::write::threads::{self, Standing};
use schoolbell_store::{Tx, read};
use serde_json::json;

use super::guardian_copy::{Copies, send_copies};
use crate::commands::audit::tell;
use crate::error::{CommandError, CommandResult, Problem};
use crate::live::LiveEvent;
use crate::text_out::{Leaving, Voice, enter};
use crate::texting::{covers, guard, must_text, shown_name, today};
use crate::{Actor, Engine, Queue};

/// A text that no carrier took for so long is of no use.
pub(super) const EXPIRES_AFTER: SignedDuration = SignedDuration::from_hours(24);
/// What fits into six segments of GSM 7-bit; longer is a call or a mail.
const LONGEST: usize = 900;

/// The answer to the stranger question (B18).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stranger {
    Unanswered,
    No,
    Yes,
}

/// In whose thread a text goes, and with which others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way<'a> {
    /// Alone, in the writer's own thread.
    Alone,
    /// In the open thread of somebody for whom the writer stands in today.
    Covering(UserId),
    /// In the writer's own thread, as one of many: a student whom the batch has reached gets no second one.
    Batch(&'a str),
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
    pub way: Way<'a>,
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
pub(super) struct Prepared {
    district: District,
    pub(super) student: TextStudent,
    pub(super) user: UserId,
    /// Whose thread it is.
    owner: UserId,
    /// As the thread names the writer.
    pub(super) author: String,
    pub(super) number: String,
    pub(super) body: String,
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
            let mut thread = open_thread(engine, tx, &prepared, (new.person, &prepared.number)).await?;
            let sent = leave(engine, tx, &prepared, (&mut thread, new)).await?;
            if let Way::Batch(batch) = new.way
                && !text_templates::reached(tx, batch, new.student, sent.text).await?
            {
                return Err(CommandError::refused(SENT_ALREADY, "this text has gone to this family already"));
            }
            let copies = copies(engine, tx, &prepared, (new, &sent)).await?;
            let detail = json!({
                "thread": thread.id.to_string(), "marks": prepared.hits.len(), "copies": copies.sent,
                "copies_without_number": copies.without_number,
            });
            tell(engine, tx, actor, ("send_text", &sent.text.to_string()), detail).await?;
            Ok::<_, CommandError>(sent)
        })
        .await?;
    engine.wake.now(Queue::Deliveries);
    engine.live.tell(LiveEvent::Thread(sent.thread));
    Ok(sent)
}

/// The rule of the refusal of a second text of one batch to the same student.
pub const SENT_ALREADY: &str = "once";

async fn prepare(engine: &Engine, tx: &mut Tx, actor: &Actor, new: &NewText<'_>) -> CommandResult<Prepared> {
    let user =
        actor.user.ok_or_else(|| CommandError::refused("B1", "only somebody who signed in can text a family"))?;
    let (student, owner) = match new.way {
        Way::Covering(away) if away != user => (must_cover(engine, tx, actor, (new.student, away)).await?, away),
        Way::Covering(_) | Way::Alone | Way::Batch(_) => (must_text(tx, actor, new.student).await?, user),
    };
    let (today, ages) = today(tx, engine).await?;
    if let Enabled::No(why) = student.enabled_for(new.person, ages, today) {
        return Err(CommandError::refused("B3", format!("SMS Enabled is \"No\": {}", why.sentence())));
    }
    let district = district::get_district(tx).await?;
    let shown = shown_name(tx, user).await?;
    let author = if owner == user { shown.clone() } else { format!("{shown} for {}", shown_name(tx, owner).await?) };
    let body = sms::plain(&signed(new.body, &shown)).text.replace('\0', "");
    let hits = guard(tx, &district.settings, &student, (new.person, &shown), &body).await?;
    let problems = problems(new, &body, &hits, &district.settings.texting);
    if !problems.is_empty() {
        return Err(CommandError::BadInput(problems));
    }
    let number = student.contact(new.person).map(|contact| contact.number.clone()).unwrap_or_default();
    Ok(Prepared { district, student, user, owner, author, number, body, hits })
}

/// The student, if the actor stands in today for the one who is away.
async fn must_cover(
    engine: &Engine,
    tx: &mut Tx,
    actor: &Actor,
    (student, away): (PersonId, UserId),
) -> CommandResult<TextStudent> {
    let found = lookup_student(tx, student).await?.ok_or_else(|| CommandError::NotFound(student.to_string()))?;
    actor.must(Act::Text, Scope::School(found.school))?;
    if covers(tx, engine, actor, away).await? {
        return Ok(found);
    }
    Err(CommandError::refused("cover", "you do not stand in for the owner of this thread today"))
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

/// The thread of this member of the staff with one person of the record on one number; the first text opens one, on a number of
/// ours that this phone has no open thread with.
pub(super) async fn open_thread(
    engine: &Engine,
    tx: &mut Tx,
    prepared: &Prepared,
    (person, their): (PersonId, &str),
) -> CommandResult<Standing> {
    let student = prepared.student.student;
    if let Some(thread) = threads::lock_of_staff(tx, (student, person), prepared.owner, their).await? {
        return Ok(thread);
    }
    if prepared.owner != prepared.user {
        return Err(CommandError::refused("cover", "who stands in answers in threads that are open, and opens none"));
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

/// Copies for guardians, where the district wants them and the text is to the student.
async fn copies(
    engine: &Engine,
    tx: &mut Tx,
    prepared: &Prepared,
    (new, sent): (&NewText<'_>, &SentText),
) -> CommandResult<Copies> {
    if !prepared.district.settings.texting.guardian_copy || new.person != new.student {
        return Ok(Copies::default());
    }
    send_copies(engine, tx, prepared, sent).await
}

/// The text leaves now, or when the window of the school opens.
async fn leave(
    engine: &Engine,
    tx: &mut Tx,
    prepared: &Prepared,
    (thread, new): (&mut Standing, &NewText<'_>),
) -> CommandResult<SentText> {
    let now = engine.now();
    let zone = district::zone_of(tx, prepared.student.school).await?.unwrap_or(prepared.district.time_zone.clone());
    let from = new.send_at.map_or(now, |at| at.max(now));
    let not_before = next_allowed(from, &zone, prepared.district.settings.window());
    let id = TextId::from_raw(engine.next_id());
    let leaving = Leaving {
        id,
        voice: Voice::Staff,
        author: &prepared.author,
        body: &prepared.body,
        detail: json!({
            "marks": prepared.hits.iter().map(|hit| hit.kind.word()).collect::<Vec<_>>(),
            "stranger": new.stranger == Stranger::Yes,
            "reason": new.reason.trim(),
            "user": prepared.user.to_string(),
        }),
        not_before,
        expires_at: not_before + EXPIRES_AFTER,
    };
    enter(engine, tx, thread, &leaving).await?;
    Ok(SentText { text: id, thread: thread.id, not_before })
}
