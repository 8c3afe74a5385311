//! SMS contact numbers, sticky notes and what staff enter into the communications log (B9 to B13).

use jiff::Timestamp;
use schoolbell_domain::conversation::communication::{Identity, Kind, Outcome};
use schoolbell_domain::conversation::enabled::Whose;
use schoolbell_domain::conversation::sticky_note::Requester;
use schoolbell_domain::ids::{CommunicationId, PersonId, UserId};

use crate::error::StoreResult;
use crate::on;
use crate::statements;
use crate::tx::Tx;

/// A number as staff record it.
#[derive(Clone, PartialEq, Eq)]
pub struct NewSmsContact {
    pub id: i64,
    pub student: PersonId,
    pub person: PersonId,
    /// E.164.
    pub number: String,
    pub opted_in_by: Whose,
    pub recorded_by: String,
    pub recorded_at: Timestamp,
}

/// A note on a student, with its date and initials in it.
#[derive(Clone, PartialEq, Eq)]
pub struct NewNote {
    pub id: i64,
    pub student: PersonId,
    pub body: String,
    /// Who asked that a number be texted no more; `None` for other notes.
    pub requester: Option<Requester>,
    pub staff: String,
    pub created_at: Timestamp,
}

/// An entry of the communications log.
#[derive(Clone, PartialEq, Eq)]
pub struct NewCommunication {
    pub id: CommunicationId,
    pub student: PersonId,
    /// With whom; `None` where it was nobody on the record.
    pub person: Option<PersonId>,
    pub kind: Kind,
    pub outcome: Outcome,
    pub identity: Option<Identity>,
    pub note: String,
    pub staff: String,
    pub user: Option<UserId>,
    pub at: Timestamp,
    pub recorded_at: Timestamp,
}

statements! {
    INSERT = "INSERT INTO sms_contact (id, student_id, person_id, number, opted_in_by, recorded_by, recorded_at) \
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    REMOVE = "UPDATE sms_contact SET removed_at = $1, note_id = $2 \
        WHERE student_id = $3 AND person_id = $4 AND removed_at IS NULL";
    NOTE = "INSERT INTO sticky_note (id, student_id, body, requester, staff, created_at) VALUES ($1, $2, $3, $4, $5, $6)";
    COMMUNICATION = "INSERT INTO communication (id, student_id, person_id, kind, outcome, identity, note, staff, user_id, \
        at, recorded_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
}

/// The word of whose phone it is.
pub const fn whose_word(whose: Whose) -> &'static str {
    match whose {
        Whose::Student => "student",
        Whose::Guardian => "guardian",
    }
}

/// Records a number. A person with one for this student must lose that first: two are an error of the transaction.
pub async fn insert(tx: &mut Tx, new: &NewSmsContact) -> StoreResult<()> {
    on!(tx, |conn| sqlx::query(INSERT)
        .bind(new.id)
        .bind(new.student.raw())
        .bind(new.person.raw())
        .bind(new.number.as_str())
        .bind(whose_word(new.opted_in_by))
        .bind(new.recorded_by.as_str())
        .bind(new.recorded_at.as_millisecond())
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

/// Removes the number of a person for a student, naming the note that says why; `false` if there is none.
pub async fn remove(
    tx: &mut Tx,
    (student, person): (PersonId, PersonId),
    note: Option<i64>,
    now: Timestamp,
) -> StoreResult<bool> {
    let rows = on!(tx, |conn| sqlx::query(REMOVE)
        .bind(now.as_millisecond())
        .bind(note)
        .bind(student.raw())
        .bind(person.raw())
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

pub async fn note(tx: &mut Tx, new: &NewNote) -> StoreResult<()> {
    on!(tx, |conn| sqlx::query(NOTE)
        .bind(new.id)
        .bind(new.student.raw())
        .bind(new.body.replace('\0', ""))
        .bind(new.requester.map(Requester::word))
        .bind(new.staff.as_str())
        .bind(new.created_at.as_millisecond())
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

pub async fn communication(tx: &mut Tx, new: &NewCommunication) -> StoreResult<()> {
    on!(tx, |conn| sqlx::query(COMMUNICATION)
        .bind(new.id.raw())
        .bind(new.student.raw())
        .bind(new.person.map(PersonId::raw))
        .bind(new.kind.word())
        .bind(new.outcome.word())
        .bind(new.identity.map_or("", Identity::word))
        .bind(new.note.replace('\0', ""))
        .bind(new.staff.as_str())
        .bind(new.user.map(UserId::raw))
        .bind(new.at.as_millisecond())
        .bind(new.recorded_at.as_millisecond())
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}
