//! What families answer, and what escalated because they did not.

use jiff::Timestamp;
use jiff::civil::Date;
use schoolbell_domain::attendance::answer::Said;
use schoolbell_domain::ids::{AnswerId, PersonId};

use crate::error::StoreResult;
use crate::on;
use crate::sql::{execute_set, rows_that_fit};
use crate::statements;
use crate::tx::Tx;

/// An answer to keep.
#[derive(Debug, Clone)]
pub struct NewAnswer<'a> {
    pub id: AnswerId,
    pub student: PersonId,
    pub days: (Date, Date),
    pub said: Said,
    pub note: &'a str,
    /// `text`, `call`, `link`, `portal` or `office`.
    pub source: &'a str,
    pub person: Option<PersonId>,
    /// `family`, or who of the staff.
    pub said_by: &'a str,
    pub at: Timestamp,
}

statements! {
    INSERT = "INSERT INTO absence_answer (id, student_id, first_day, last_day, state, reason, note, source, person_id, \
        said_by, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    ESCALATE = "INSERT INTO absence_escalation (student_id, day, step, at) VALUES {rows:4@1} ON CONFLICT DO NOTHING";
}

pub async fn insert_answer(tx: &mut Tx, answer: &NewAnswer<'_>) -> StoreResult<()> {
    on!(tx, |conn| sqlx::query(INSERT)
        .bind(answer.id.raw())
        .bind(answer.student.raw())
        .bind(answer.days.0.to_string())
        .bind(answer.days.1.to_string())
        .bind(answer.said.state.word())
        .bind(answer.said.reason.word())
        .bind(answer.note)
        .bind(answer.source)
        .bind(answer.person.map(PersonId::raw))
        .bind(answer.said_by)
        .bind(answer.at.as_millisecond())
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

/// These absences reached a step (`reminded`, `second`, `office`); twice is once.
pub async fn escalate(tx: &mut Tx, absences: &[(PersonId, Date)], step: &str, at: Timestamp) -> StoreResult<()> {
    for chunk in absences.chunks(rows_that_fit(4, 500)) {
        execute_set!(tx, ESCALATE, [], chunk, |query, absence| query
            .bind(absence.0.raw())
            .bind(absence.1.to_string())
            .bind(step)
            .bind(at.as_millisecond()))?;
    }
    Ok(())
}
