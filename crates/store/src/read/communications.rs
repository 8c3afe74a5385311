//! The communications log of one student: entries of staff and sticky notes (B11, B13, B27). The texts stand in their
//! threads.

use jiff::Timestamp;
use schoolbell_domain::conversation::communication::{Identity, Kind, Outcome};
use schoolbell_domain::ids::PersonId;

use crate::error::{StoreError, StoreResult};
use crate::on;
use crate::statements;
use crate::time::instant;
use crate::tx::Reads;

/// An entry of the log.
#[derive(Clone, PartialEq, Eq)]
pub struct Entry {
    pub kind: Kind,
    pub outcome: Outcome,
    /// Where the kind asks for it.
    pub identity: Option<Identity>,
    /// With whom, where it was somebody on the record.
    pub person: Option<String>,
    pub note: String,
    pub staff: String,
    pub at: Timestamp,
}

/// A sticky note, date and initials in its text.
#[derive(Clone, PartialEq, Eq)]
pub struct Note {
    pub body: String,
    pub staff: String,
    pub created_at: Timestamp,
}

type EntryRow = (i64, String, String, String, Option<String>, Option<String>, String, String, i64);

statements! {
    ENTRIES = "SELECT communication.id, communication.kind, communication.outcome, communication.identity, person.given, \
        person.family, communication.note, communication.staff, communication.at FROM communication \
        LEFT JOIN person ON person.id = communication.person_id WHERE communication.student_id = $1 \
        ORDER BY communication.at DESC, communication.id DESC LIMIT $2";
    NOTES = "SELECT body, staff, created_at FROM sticky_note WHERE student_id = $1 ORDER BY id DESC LIMIT $2";
}

/// The newest entries about a student.
pub async fn entries(reads: &mut impl Reads, student: PersonId, most: i64) -> StoreResult<Vec<Entry>> {
    let rows: Vec<EntryRow> =
        on!(reads.tx(), |conn| sqlx::query_as(ENTRIES).bind(student.raw()).bind(most).fetch_all(conn).await)?;
    rows.into_iter()
        .map(|(id, kind, outcome, identity, given, family, note, staff, at)| {
            let damaged =
                |what: &str| StoreError::Damaged { row: format!("communication {id}"), what: what.to_owned() };
            Ok(Entry {
                kind: Kind::from_word(&kind).ok_or_else(|| damaged("its kind"))?,
                outcome: Outcome::from_word(&outcome).ok_or_else(|| damaged("its outcome"))?,
                identity: Identity::from_word(&identity),
                person: given.map(|given| format!("{given} {}", family.unwrap_or_default()).trim().to_owned()),
                note,
                staff,
                at: instant(at)?,
            })
        })
        .collect()
}

/// The sticky notes on a student, newest first.
pub async fn notes(reads: &mut impl Reads, student: PersonId, most: i64) -> StoreResult<Vec<Note>> {
    let rows: Vec<(String, String, i64)> =
        on!(reads.tx(), |conn| sqlx::query_as(NOTES).bind(student.raw()).bind(most).fetch_all(conn).await)?;
    rows.into_iter().map(|(body, staff, at)| Ok(Note { body, staff, created_at: instant(at)? })).collect()
}
