//! *Add Communications*: a call, a mail, a meeting, a text that came another way, for the student's log (B6, B7, B13, B15).

use jiff::Timestamp;
use schoolbell_domain::conversation::communication::{Identity, Kind, Outcome, problems};
use schoolbell_domain::conversation::record_request::Asked;
use schoolbell_domain::ids::{CommunicationId, PersonId};
use schoolbell_domain::permission::{Act, Scope};
use schoolbell_store::read::{people_pages, sms_contacts};
use schoolbell_store::write::record_requests;
use schoolbell_store::write::sms_contacts::{NewCommunication, communication};
use serde_json::json;

use crate::commands::audit::tell;
use crate::error::{CommandError, CommandResult, Problem};
use crate::record_requests::Calendar;
use crate::texting::name_of;
use crate::{Actor, Engine};

/// A contact as staff enter it.
#[derive(Debug, Clone, Copy)]
pub struct Contact<'a> {
    pub student: PersonId,
    /// `None`: nobody on the record.
    pub person: Option<PersonId>,
    pub kind: Kind,
    pub outcome: Outcome,
    pub identity: Option<Identity>,
    pub note: &'a str,
    pub at: Timestamp,
}

/// Enters a contact. It cannot be edited or taken out again. What a family asks of the record is due from then on (B14).
pub async fn add_communication(engine: &Engine, actor: &Actor, contact: &Contact<'_>) -> CommandResult<()> {
    let mut found: Vec<Problem> = problems(contact.kind, contact.identity, contact.note)
        .into_iter()
        .map(|(field, message)| Problem { field: field.to_owned(), message: message.to_owned() })
        .collect();
    if contact.at > engine.now() {
        found.push(Problem { field: "at".to_owned(), message: "this time has not come yet".to_owned() });
    }
    if !found.is_empty() {
        return Err(CommandError::BadInput(found));
    }
    engine
        .db
        .write("add communication", async |tx| {
            let student = sms_contacts::lookup_student(tx, contact.student).await?;
            let student = student.ok_or_else(|| CommandError::NotFound(contact.student.to_string()))?;
            actor.must(Act::SeePeople, Scope::School(student.school))?;
            if let Some(person) = contact.person.filter(|person| *person != contact.student) {
                let guardians = people_pages::guardians(tx, contact.student).await?;
                if guardians.iter().all(|guardian| guardian.person != person) {
                    return Err(CommandError::bad("person", "choose somebody on the student's record"));
                }
            }
            let new = NewCommunication {
                id: CommunicationId::from_raw(engine.next_id()),
                student: contact.student,
                person: contact.person,
                kind: contact.kind,
                outcome: contact.outcome,
                identity: contact.identity,
                note: contact.note.trim().to_owned(),
                staff: name_of(tx, actor).await?,
                user: actor.user,
                at: contact.at,
                recorded_at: engine.now(),
            };
            communication(tx, &new).await?;
            if let Some(asked) = Asked::of(new.kind) {
                let due_on = Calendar::read(tx, engine).await?.first_due_on(asked, new.at);
                record_requests::received(tx, new.id, due_on).await?;
            }
            let detail = json!({ "kind": contact.kind.word() });
            tell(engine, tx, actor, ("add_communication", &contact.student.to_string()), detail).await?;
            Ok::<_, CommandError>(())
        })
        .await
}
