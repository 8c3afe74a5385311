//! The whole communications record of one student, for a family that asks to see it: other students are redacted, and the
//! export is noted (B14, LAW-51, LAW-52).

use jiff::Timestamp;
use schoolbell_domain::conversation::guard::{Known, redacted};
use schoolbell_domain::conversation::text::Direction;
use schoolbell_domain::ids::PersonId;
use schoolbell_domain::permission::{Act, Scope};
use schoolbell_store::StoreResult;
use schoolbell_store::read::{communications, people_pages, sms_contacts, threads};
use schoolbell_store::tx::Reads;
use serde_json::json;

use crate::commands::audit::tell;
use crate::error::{CommandError, CommandResult};
use crate::{Actor, Engine};

/// More than a family gets in its years at a school.
const MOST: i64 = 100_000;

/// A line of the record.
#[derive(Clone, PartialEq, Eq)]
pub struct RecordLine {
    pub at: Timestamp,
    pub what: String,
    pub who: String,
    /// Names of other students stand as `[another student]`.
    pub words: String,
}

/// Everything that was said with or about the student, oldest first. For the office, the registrar and the principal.
pub async fn export_record(engine: &Engine, actor: &Actor, student: PersonId) -> CommandResult<Vec<RecordLine>> {
    engine
        .db
        .write("export record", async |tx| {
            let found = sms_contacts::lookup_student(tx, student).await?;
            let found = found.ok_or_else(|| CommandError::NotFound(student.to_string()))?;
            actor.must(Act::SettleHeld, Scope::School(found.school))?;
            let mut lines = Vec::new();
            let people = sms_contacts::named(tx, found.school, &[]).await?;
            let guardians = people_pages::guardians(tx, student).await?;
            let mut addressed = vec![found.given.clone()];
            addressed.extend(guardians.iter().map(|guardian| guardian.given.clone()));
            texts(tx, student, &mut lines).await?;
            entries(tx, student, &mut lines).await?;
            for person in guardians.iter().map(|guardian| guardian.person).chain([student]) {
                for message in people_pages::messages(tx, person, MOST).await? {
                    let what = format!("Message over {}, {}", message.channel.plain(), message.state.kind().plain());
                    let who = message.address.unwrap_or_default();
                    lines.push(RecordLine { at: message.updated_at, what, who, words: message.title });
                }
            }
            let known = Known { addressed, people };
            for line in &mut lines {
                line.words = redacted(&line.words, &known);
            }
            lines.sort_by_key(|line| line.at);
            let detail = json!({ "lines": lines.len() });
            tell(engine, tx, actor, ("export_record", &student.to_string()), detail).await?;
            Ok::<_, CommandError>(lines)
        })
        .await
}

async fn texts(reads: &mut impl Reads, student: PersonId, lines: &mut Vec<RecordLine>) -> StoreResult<()> {
    for thread in threads::of_student(reads, student).await? {
        let person = format!("{} {}", thread.person_given, thread.person_family);
        for text in threads::texts(reads, thread.id, MOST).await? {
            let of = text.link.text;
            let (what, who) = match of.direction {
                Direction::Out => ("Text sent", format!("{} to {person}, {}", of.author, thread.their_number)),
                Direction::In => ("Text received", format!("{person}, {}, to {}", thread.their_number, thread.staff)),
            };
            lines.push(RecordLine { at: of.at, what: what.to_owned(), who, words: of.body });
        }
    }
    Ok(())
}

async fn entries(reads: &mut impl Reads, student: PersonId, lines: &mut Vec<RecordLine>) -> StoreResult<()> {
    for entry in communications::entries(reads, student, MOST).await? {
        let what = format!("{}: {}", entry.kind.plain(), entry.outcome.plain());
        let who = match entry.person {
            Some(person) => format!("{} with {person}", entry.staff),
            None => entry.staff,
        };
        lines.push(RecordLine { at: entry.at, what, who, words: entry.note });
    }
    for note in communications::notes(reads, student, MOST).await? {
        lines.push(RecordLine {
            at: note.created_at,
            what: "Sticky note".to_owned(),
            who: note.staff,
            words: note.body,
        });
    }
    Ok(())
}
