//! *Add Communications*: a call, a mail, a meeting, a text that came another way, for the student's log (B6, B7, B13, B15).

use jiff::Timestamp;
use schoolbell_domain::conversation::communication::{Identity, Kind, Outcome, problems};
use schoolbell_domain::ids::{CommunicationId, PersonId};
use schoolbell_domain::permission::{Act, Scope};
use schoolbell_store::read::{people_pages, sms_contacts, users};
use schoolbell_store::write::sms_contacts::{NewCommunication, communication};
use serde_json::json;

use crate::commands::audit::tell;
use crate::error::{CommandError, CommandResult, Problem};
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

/// Enters a contact. It cannot be edited or taken out again.
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
            let staff = match actor.user {
                Some(user) => users::lookup_user(tx, user).await?.map(|user| user.name),
                None => None,
            };
            let new = NewCommunication {
                id: CommunicationId::from_raw(engine.next_id()),
                student: contact.student,
                person: contact.person,
                kind: contact.kind,
                outcome: contact.outcome,
                identity: contact.identity,
                note: contact.note.trim().to_owned(),
                staff: staff.unwrap_or_else(|| actor.name.clone()),
                user: actor.user,
                at: contact.at,
                recorded_at: engine.now(),
            };
            communication(tx, &new).await?;
            let detail = json!({ "kind": contact.kind.word() });
            tell(engine, tx, actor, ("add_communication", &contact.student.to_string()), detail).await?;
            Ok::<_, CommandError>(())
        })
        .await
}
