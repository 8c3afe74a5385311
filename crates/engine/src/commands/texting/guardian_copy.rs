//! Where the district wants it, each guardian who opted in gets a copy of a text to the student, in the guardian's own thread with
//! the same member of the staff. Texts to guardians have no copies, so nothing goes in circles.

use schoolbell_domain::conversation::enabled::Whose;
use schoolbell_domain::ids::{PersonId, TextId};
use schoolbell_formats::sms;
use schoolbell_store::Tx;
use schoolbell_store::write::text_copies;
use serde_json::json;

use super::send_text::{EXPIRES_AFTER, Prepared, SentText, open_thread};
use crate::Engine;
use crate::error::{CommandError, CommandResult};
use crate::text_out::{Leaving, Voice, enter};
use crate::texting::today;

/// What became of the copies of one text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Copies {
    pub sent: usize,
    /// Guardians whose phone has a thread with every number that could be used.
    pub without_number: usize,
}

/// Enters the copies beside a text to the student; each guardian's own opt-in is what lets one go, and a STOP ends it.
pub(super) async fn send_copies(
    engine: &Engine,
    tx: &mut Tx,
    prepared: &Prepared,
    sent: &SentText,
) -> CommandResult<Copies> {
    let mut copies = Copies::default();
    for guardian in guardians(engine, tx, prepared).await? {
        let number = prepared.student.contact(guardian).map(|one| one.number.clone()).unwrap_or_default();
        let mut thread = match open_thread(engine, tx, prepared, (guardian, &number)).await {
            Ok(thread) => thread,
            Err(CommandError::Refused { .. }) => {
                copies.without_number += 1;
                continue;
            }
            Err(error) => return Err(error),
        };
        let id = TextId::from_raw(engine.next_id());
        let body = sms::plain(&format!("Copy of a text to {}: {}", prepared.student.given, prepared.body)).text;
        let leaving = Leaving {
            id,
            voice: Voice::Staff,
            author: &prepared.author,
            body: &body,
            detail: json!({ "copy_of": sent.text.to_string(), "user": prepared.user.to_string() }),
            not_before: sent.not_before,
            expires_at: sent.not_before + EXPIRES_AFTER,
        };
        enter(engine, tx, &mut thread, &leaving).await?;
        text_copies::note(tx, sent.text, id).await?;
        copies.sent += 1;
    }
    Ok(copies)
}

/// The guardians on the record who can be texted on another number than the student's.
async fn guardians(engine: &Engine, tx: &mut Tx, prepared: &Prepared) -> CommandResult<Vec<PersonId>> {
    let (today, ages) = today(tx, engine).await?;
    let student = &prepared.student;
    let gets = |one: &&schoolbell_store::read::sms_contacts::SmsContact| {
        one.whose == Whose::Guardian
            && one.number != prepared.number
            && student.enabled_for(one.person, ages, today).is_yes()
    };
    Ok(student.contacts.iter().filter(gets).map(|one| one.person).collect())
}
