//! How texting is set up: schools that take part, our numbers, what staff chose; and texts that are held.

use jiff::Timestamp;
use schoolbell_domain::conversation::staff_first::HeldReason;
use schoolbell_domain::ids::{InboundId, PersonId, SchoolId, UserId};

use crate::error::StoreResult;
use crate::on;
use crate::statements;
use crate::tx::Tx;

/// A text that joins no thread.
#[derive(Clone, PartialEq, Eq)]
pub struct NewHeld {
    pub inbound: InboundId,
    pub from: String,
    pub to: String,
    pub reason: HeldReason,
    pub answered: bool,
    /// Of the record that has the number, where one has.
    pub student: Option<PersonId>,
    pub school: Option<SchoolId>,
    pub held_at: Timestamp,
}

statements! {
    SCHOOL = "INSERT INTO texting_school (school_id, takes_part, changed_at) VALUES ($1, $2, $3) \
        ON CONFLICT (school_id) DO UPDATE SET takes_part = excluded.takes_part, changed_at = excluded.changed_at";
    NUMBER = "INSERT INTO texting_number (number, user_id, active, added_at) VALUES ($1, $2, TRUE, $3) \
        ON CONFLICT (number) DO UPDATE SET user_id = excluded.user_id, active = TRUE";
    RETIRE = "UPDATE texting_number SET active = FALSE WHERE number = $1 AND active";
    NAME = "INSERT INTO texting_profile (user_id, shown_name, columns) VALUES ($1, $2, '') \
        ON CONFLICT (user_id) DO UPDATE SET shown_name = excluded.shown_name";
    COLUMNS = "INSERT INTO texting_profile (user_id, shown_name, columns) VALUES ($1, '', $2) \
        ON CONFLICT (user_id) DO UPDATE SET columns = excluded.columns";
    HOLD = "INSERT INTO held_text (inbound_id, from_number, to_number, reason, answered, student_id, school_id, held_at) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (inbound_id) DO NOTHING";
    WAS_ANSWERED = "SELECT COUNT(*) FROM held_text WHERE from_number = $1 AND to_number = $2 AND answered";
    ESCALATE = "UPDATE held_text SET escalated_by = $1, escalated_at = $2 WHERE inbound_id = $3 AND escalated_at IS NULL";
    SETTLE = "UPDATE held_text SET settled_by = $1, settled_at = $2 WHERE inbound_id = $3 AND settled_at IS NULL";
}

pub async fn set_school(tx: &mut Tx, school: SchoolId, takes_part: bool, now: Timestamp) -> StoreResult<()> {
    on!(tx, |conn| sqlx::query(SCHOOL)
        .bind(school.raw())
        .bind(takes_part)
        .bind(now.as_millisecond())
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

/// Adds a number of ours; `user`: whose own it is.
pub async fn add_number(tx: &mut Tx, number: &str, user: Option<UserId>, now: Timestamp) -> StoreResult<()> {
    on!(tx, |conn| sqlx::query(NUMBER)
        .bind(number)
        .bind(user.map(UserId::raw))
        .bind(now.as_millisecond())
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

/// No thread begins on it any more; those that stand keep it.
pub async fn retire_number(tx: &mut Tx, number: &str) -> StoreResult<bool> {
    let rows = on!(tx, |conn| sqlx::query(RETIRE).bind(number).execute(conn).await.map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

pub async fn set_shown_name(tx: &mut Tx, user: UserId, shown: &str) -> StoreResult<()> {
    on!(tx, |conn| sqlx::query(NAME).bind(user.raw()).bind(shown).execute(conn).await.map(drop))?;
    Ok(())
}

/// Which columns somebody sees, by their words, parted by blanks (B5).
pub async fn set_columns(tx: &mut Tx, user: UserId, columns: &str) -> StoreResult<()> {
    on!(tx, |conn| sqlx::query(COLUMNS).bind(user.raw()).bind(columns).execute(conn).await.map(drop))?;
    Ok(())
}

pub async fn hold(tx: &mut Tx, new: &NewHeld) -> StoreResult<()> {
    on!(tx, |conn| sqlx::query(HOLD)
        .bind(new.inbound.raw())
        .bind(new.from.as_str())
        .bind(new.to.as_str())
        .bind(new.reason.word())
        .bind(new.answered)
        .bind(new.student.map(PersonId::raw))
        .bind(new.school.map(SchoolId::raw))
        .bind(new.held_at.as_millisecond())
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

/// Whether this pair of numbers has had its one answer.
pub async fn was_answered(tx: &mut Tx, from: &str, to: &str) -> StoreResult<bool> {
    let count: i64 = on!(tx, |conn| sqlx::query_scalar(WAS_ANSWERED).bind(from).bind(to).fetch_one(conn).await)?;
    Ok(count > 0)
}

/// A supervisor is asked (B16); `false` if one was already.
pub async fn escalate(tx: &mut Tx, held: InboundId, staff: &str, now: Timestamp) -> StoreResult<bool> {
    mark(tx, ESCALATE, held, (staff, now)).await
}

/// Somebody has seen to it; `false` if it was settled already.
pub async fn settle(tx: &mut Tx, held: InboundId, staff: &str, now: Timestamp) -> StoreResult<bool> {
    mark(tx, SETTLE, held, (staff, now)).await
}

async fn mark(tx: &mut Tx, text: &'static str, held: InboundId, (staff, now): (&str, Timestamp)) -> StoreResult<bool> {
    let rows = on!(tx, |conn| sqlx::query(text)
        .bind(staff)
        .bind(now.as_millisecond())
        .bind(held.raw())
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}
