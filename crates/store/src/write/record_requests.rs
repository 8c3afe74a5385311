//! Requests of families for a student's record: until when, and the steps that answer them. Nothing is changed or taken out.

use jiff::Timestamp;
use jiff::civil::Date;
use schoolbell_domain::conversation::record_request::Step;
use schoolbell_domain::ids::{CommunicationId, UserId};

use crate::error::StoreResult;
use crate::on;
use crate::statements;
use crate::tx::Tx;

/// A step as it is taken.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct NewStep<'a> {
    pub request: CommunicationId,
    /// From 1.
    pub number: i64,
    pub step: Step,
    pub words: &'a str,
    pub taken_by: &'a str,
    pub user: Option<UserId>,
    pub at: Timestamp,
    /// Of a hearing.
    pub due_on: Option<Date>,
}

statements! {
    RECEIVED = "INSERT INTO record_request (communication_id, due_on) VALUES ($1, $2)";
    STEP = "INSERT INTO record_request_step (communication_id, number, step, words, taken_by, user_id, at, due_on) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (communication_id, number) DO NOTHING";
}

/// Notes until when a request is to be answered; its entry of the log stands already.
pub async fn received(tx: &mut Tx, request: CommunicationId, due_on: Date) -> StoreResult<()> {
    on!(tx, |conn| sqlx::query(RECEIVED).bind(request.raw()).bind(due_on.to_string()).execute(conn).await.map(drop))?;
    Ok(())
}

/// Takes a step; `false` if somebody else has taken one of this number.
pub async fn step(tx: &mut Tx, new: NewStep<'_>) -> StoreResult<bool> {
    let rows = on!(tx, |conn| sqlx::query(STEP)
        .bind(new.request.raw())
        .bind(new.number)
        .bind(new.step.word())
        .bind(new.words.replace('\0', ""))
        .bind(new.taken_by)
        .bind(new.user.map(UserId::raw))
        .bind(new.at.as_millisecond())
        .bind(new.due_on.map(|day| day.to_string()))
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}
