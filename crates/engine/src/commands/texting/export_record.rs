//! The whole communications record of one student, for a family that asks to see it: other students are redacted, and the
//! export is noted (B14, LAW-51, LAW-52).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use schoolbell_domain::conversation::guard::{Known, redacted};
use schoolbell_domain::conversation::media::MediaKind;
use schoolbell_domain::conversation::record_request::Step;
use schoolbell_domain::conversation::text::Direction;
use schoolbell_domain::ids::PersonId;
use schoolbell_domain::permission::{Act, Scope};
use schoolbell_store::read::text_media::{self, MediaLine, State};
use schoolbell_store::read::{communications, people_pages, record_requests, sms_contacts, threads};
use schoolbell_store::tx::Reads;
use schoolbell_store::write::text_media::Verdict;
use schoolbell_store::{StoreError, StoreResult};
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
            requests(tx, student, &mut lines).await?;
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
        let media = text_media::of_thread(reads, thread.id).await?;
        for text in threads::texts(reads, thread.id, MOST).await? {
            let mut of = text.link.text;
            let detail: serde_json::Value = serde_json::from_str(&of.detail).unwrap_or_default();
            for one in media.iter().filter(|one| detail["inbound"] == one.id.inbound.to_string()) {
                of.body += "\n[";
                of.body += &told(one);
                of.body.push(']');
            }
            let (what, who) = match of.direction {
                Direction::Out => ("Text sent", format!("{} to {person}, {}", of.author, thread.their_number)),
                Direction::In => ("Text received", format!("{person}, {}, to {}", thread.their_number, thread.staff)),
            };
            lines.push(RecordLine { at: of.at, what: what.to_owned(), who, words: of.body });
        }
    }
    Ok(())
}

/// A file as the record names it.
fn told(file: &MediaLine) -> String {
    match (&file.state, file.verdict) {
        (State::Kept(_), Some(Verdict::Withheld)) => "a picture that is withheld".to_owned(),
        (State::Kept(kind), Some(Verdict::Shown) | None) => file_name(file, *kind),
        (State::Waiting, _) => "a picture or file that has not been fetched".to_owned(),
        (State::Refused(why), _) => format!("a picture or file that was not kept: {why}"),
    }
}

fn file_name(file: &MediaLine, kind: MediaKind) -> String {
    format!("{}-{}.{}", file.id.inbound, file.id.place, kind.word())
}

/// The pictures of the record with the names that its lines give them; what was withheld is left out. Call it beside
/// [`export_record`], which notes the export.
pub async fn export_pictures(
    engine: &Engine,
    actor: &Actor,
    student: PersonId,
) -> CommandResult<Vec<(String, Vec<u8>)>> {
    let mut reads = engine.reader().read().await?;
    let found = sms_contacts::lookup_student(&mut reads, student).await?;
    let found = found.ok_or_else(|| CommandError::NotFound(student.to_string()))?;
    actor.must(Act::SettleHeld, Scope::School(found.school))?;
    let mut files = Vec::new();
    for thread in threads::of_student(&mut reads, student).await? {
        for file in text_media::of_thread(&mut reads, thread.id).await? {
            if file.verdict == Some(Verdict::Withheld) {
                continue;
            }
            let Some((kind, text)) = text_media::bytes(&mut reads, file.id).await? else { continue };
            let octets = STANDARD
                .decode(text)
                .map_err(|error| StoreError::Damaged { row: file.id.inbound.to_string(), what: error.to_string() })?;
            files.push((file_name(&file, kind), octets));
        }
    }
    Ok(files)
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

/// What became of the family's requests, and the statements that it placed in the record: they go wherever the record goes
/// (34 CFR 99.21(c)).
async fn requests(reads: &mut impl Reads, student: PersonId, lines: &mut Vec<RecordLine>) -> StoreResult<()> {
    for request in record_requests::of_student(reads, student, MOST).await? {
        let family = request.person.map(|(_, name)| name).unwrap_or_default();
        for step in request.steps {
            let what = format!("FERPA, asked {}: {}", request.asked.plain(), step.step.plain());
            let who = match step.step {
                Step::Statement => format!("{family}, placed by {}", step.taken_by),
                Step::Granted | Step::Refused | Step::HearingAsked | Step::HearingAmends | Step::HearingUpholds => {
                    step.taken_by
                }
            };
            lines.push(RecordLine { at: step.at, what, who, words: step.words });
        }
    }
    Ok(())
}
