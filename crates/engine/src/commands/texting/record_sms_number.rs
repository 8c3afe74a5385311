//! The SMS contact number of a student or guardian: recorded with the family's opt-in, removed with a sticky note (B9 to
//! B12, B17).

use schoolbell_domain::channel::Channel;
use schoolbell_domain::consent::{ConsentEvent, ConsentEventKind, ConsentState, Program};
use schoolbell_domain::conversation::enabled::Whose;
use schoolbell_domain::conversation::sticky_note::{Requester, removal, stamped};
use schoolbell_domain::delivery::{DeliveryState, SuppressReason};
use schoolbell_domain::ids::{ConsentEventId, OriginId, PersonId};
use schoolbell_domain::permission::{Act, Scope};
use schoolbell_domain::phone::Phone;
use schoolbell_store::read::people_pages;
use schoolbell_store::read::sms_contacts::{self, TextStudent};
use schoolbell_store::write::consent::{self, NewConsentEvent};
use schoolbell_store::write::queue;
use schoolbell_store::write::sms_contacts::{NewNote, NewSmsContact};
use schoolbell_store::write::tallies::{self, Moves};
use schoolbell_store::write::threads;
use schoolbell_store::{StoreResult, Tx, read, write};
use serde_json::json;

use crate::commands::audit::tell;
use crate::error::{CommandError, CommandResult};
use crate::live::LiveEvent;
use crate::texting::{name_of, today};
use crate::{Actor, Engine};

/// Whether somebody looked at a number that stands for other people too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shared {
    Unasked,
    /// Staff know that this person reads the texts.
    Confirmed,
}

/// A number as staff record it.
#[derive(Debug, Clone, Copy)]
pub struct NewNumber<'a> {
    pub student: PersonId,
    /// The student, or a guardian on the student's record.
    pub person: PersonId,
    /// In any usual spelling.
    pub number: &'a str,
    pub opted_in_by: Whose,
    /// Which form, signed when by whom: the proof of the opt-in.
    pub evidence: &'a str,
    pub shared: Shared,
}

/// A request to text a number no more.
#[derive(Debug, Clone, Copy)]
pub struct Removal<'a> {
    pub student: PersonId,
    pub person: PersonId,
    pub requester: Requester,
    /// What staff add to the note.
    pub more: &'a str,
}

/// Records a number and the family's opt-in. Another number of the same person gives way to it, with a note.
///
/// Only a person on the student's record may have one (B16). A number that stands for somebody else too is for a person to
/// resolve. After a STOP the form alone opens nothing: the family texts START.
pub async fn record_sms_number(engine: &Engine, actor: &Actor, new: &NewNumber<'_>) -> CommandResult<()> {
    let phone = Phone::parse(new.number).map_err(|error| CommandError::bad("number", error.to_string()))?.phone;
    if new.evidence.trim().is_empty() {
        return Err(CommandError::bad("evidence", "write which form the family signed, and when; it is the proof"));
    }
    engine
        .db
        .write("record SMS number", async |tx| {
            let student = must_record(tx, actor, new.student).await?;
            must_be_on_record(tx, new.student, new.person).await?;
            must_be_theirs(tx, new, &phone).await?;
            if let Some(old) = student.contact(new.person) {
                if old.number == phone.expose() {
                    return Err(CommandError::bad("number", "this number is recorded already"));
                }
                let note = note(engine, tx, actor, (new.student, None, "SMS number changed")).await?;
                take_off(engine, tx, (new.student, new.person), (&old.number, note)).await?;
            }
            let contact = NewSmsContact {
                id: engine.next_id(),
                student: new.student,
                person: new.person,
                number: phone.expose().to_owned(),
                opted_in_by: new.opted_in_by,
                recorded_by: actor.name.clone(),
                recorded_at: engine.now(),
            };
            write::sms_contacts::insert(tx, &contact).await?;
            opt_in(engine, tx, actor, (&phone, new)).await?;
            let detail = json!({ "student": new.student.to_string(), "opted_in_by": write::sms_contacts::whose_word(new.opted_in_by) });
            tell(engine, tx, actor, ("record_sms_number", &new.person.to_string()), detail).await?;
            Ok::<_, CommandError>(())
        })
        .await
}

/// Removes a number: SMS Enabled is "No" at once, queued texts end, the threads close and stay readable, and the sticky
/// note stands, all in one transaction.
pub async fn remove_sms_number(engine: &Engine, actor: &Actor, removal_: &Removal<'_>) -> CommandResult<()> {
    let (student, person) = (removal_.student, removal_.person);
    let (closed, moves) = engine
        .db
        .write("remove SMS number", async |tx| {
            let found = must_record(tx, actor, student).await?;
            let contact = found.contact(person);
            let number = contact
                .map(|contact| contact.number.clone())
                .ok_or_else(|| CommandError::bad("number", "there is no SMS contact number to remove"))?;
            let body =
                removal(removal_.requester, removal_.more, today(tx, engine).await?.0, &name_of(tx, actor).await?);
            let note = put_note(engine, tx, actor, (student, Some(removal_.requester), body)).await?;
            let done = take_off(engine, tx, (student, person), (&number, note)).await?;
            let event = event(engine, &number, ConsentEventKind::RevokedByStaff, actor, &json!({ "note": note }));
            consent::record(tx, &[event]).await?;
            let detail = json!({ "student": student.to_string(), "requester": removal_.requester.word() });
            tell(engine, tx, actor, ("remove_sms_number", &person.to_string()), detail).await?;
            Ok::<_, CommandError>(done)
        })
        .await?;
    engine.touched.touch(moves.origins());
    for thread in closed {
        engine.live.tell(LiveEvent::Thread(thread));
    }
    Ok(())
}

/// A sticky note of any other kind; date and initials are added (B11).
pub async fn add_note(engine: &Engine, actor: &Actor, student: PersonId, text: &str) -> CommandResult<()> {
    if text.trim().is_empty() {
        return Err(CommandError::bad("note", "write the note"));
    }
    engine
        .db
        .write("add note", async |tx| {
            must_record(tx, actor, student).await?;
            note(engine, tx, actor, (student, None, text)).await?;
            tell(engine, tx, actor, ("add_note", &student.to_string()), json!({})).await?;
            Ok::<_, CommandError>(())
        })
        .await
}

async fn must_record(tx: &mut Tx, actor: &Actor, student: PersonId) -> CommandResult<TextStudent> {
    let found = sms_contacts::lookup_student(tx, student).await?;
    let found = found.ok_or_else(|| CommandError::NotFound(student.to_string()))?;
    actor.must(Act::RecordSmsNumber, Scope::School(found.school))?;
    Ok(found)
}

async fn must_be_on_record(tx: &mut Tx, student: PersonId, person: PersonId) -> CommandResult<()> {
    if student == person {
        return Ok(());
    }
    let guardians = people_pages::guardians(tx, student).await?;
    if guardians.iter().any(|guardian| guardian.person == person && !guardian.custody_restricted) {
        return Ok(());
    }
    Err(CommandError::refused("B16", "only people listed on the student's record can be texted; ask your supervisor"))
}

/// A number that somebody else has too is for a person to resolve.
async fn must_be_theirs(tx: &mut Tx, new: &NewNumber<'_>, phone: &Phone) -> CommandResult<()> {
    let owners = sms_contacts::owners(tx, phone.expose()).await?;
    let shared = owners.iter().any(|(_, person, _)| *person != new.person);
    if shared && new.shared == Shared::Unasked {
        return Err(CommandError::bad(
            "number",
            "this number stands for somebody else on record too; find out who reads it and confirm, or ask your supervisor",
        ));
    }
    Ok(())
}

async fn opt_in(
    engine: &Engine,
    tx: &mut Tx,
    actor: &Actor,
    (phone, new): (&Phone, &NewNumber<'_>),
) -> StoreResult<()> {
    let states = read::consent::states(tx, Program::Texting, &[phone.expose()]).await?;
    if states.get(phone.expose()) == Some(&ConsentState::Revoked) {
        return Ok(());
    }
    let evidence = json!({
        "form": new.evidence.trim().replace('\0', ""), "student": new.student.to_string(),
        "opted_in_by": write::sms_contacts::whose_word(new.opted_in_by),
    });
    let event = event(engine, phone.expose(), ConsentEventKind::OptedIn, actor, &evidence);
    consent::record(tx, &[event]).await
}

fn event(
    engine: &Engine,
    number: &str,
    kind: ConsentEventKind,
    actor: &Actor,
    evidence: &serde_json::Value,
) -> NewConsentEvent {
    NewConsentEvent {
        number: number.to_owned(),
        program: Program::Texting,
        event: ConsentEvent {
            id: ConsentEventId::from_raw(engine.next_id()),
            kind,
            at: engine.now(),
            actor: actor.name.clone(),
            evidence: evidence.to_string(),
        },
    }
}

async fn note(
    engine: &Engine,
    tx: &mut Tx,
    actor: &Actor,
    (student, requester, text): (PersonId, Option<Requester>, &str),
) -> StoreResult<i64> {
    let body = stamped(text, today(tx, engine).await?.0, &name_of(tx, actor).await?);
    put_note(engine, tx, actor, (student, requester, body)).await
}

async fn put_note(
    engine: &Engine,
    tx: &mut Tx,
    actor: &Actor,
    (student, requester, body): (PersonId, Option<Requester>, String),
) -> StoreResult<i64> {
    let id = engine.next_id();
    let new = NewNote { id, student, body, requester, staff: actor.name.clone(), created_at: engine.now() };
    write::sms_contacts::note(tx, &new).await?;
    Ok(id)
}

/// The number rests, its threads close, and what waits in them ends.
async fn take_off(
    engine: &Engine,
    tx: &mut Tx,
    (student, person): (PersonId, PersonId),
    (number, note): (&str, i64),
) -> StoreResult<(Vec<schoolbell_domain::ids::ConversationId>, Moves)> {
    let now = engine.now();
    write::sms_contacts::remove(tx, (student, person), Some(note), now).await?;
    let closed = threads::close_of_contact(tx, (student, person), number, now).await?;
    let mut origins: Vec<OriginId> = Vec::new();
    for thread in &closed {
        origins.extend(threads::origins(tx, *thread).await?);
    }
    let waiting = queue::lock_queued(tx, number, Channel::Sms).await?;
    let ended = DeliveryState::Suppressed(SuppressReason::Revoked);
    let steps: Vec<_> =
        waiting.iter().filter(|row| origins.contains(&row.place.origin)).map(|row| row.step(ended, None)).collect();
    let mut moves = Moves::default();
    queue::advance(tx, now, &steps, &mut moves).await?;
    tallies::apply(tx, &moves).await?;
    Ok((closed, moves))
}
