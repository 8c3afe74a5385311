//! Ready-made texts that people and schools keep, and which students a text to many has reached.

use jiff::Timestamp;
use schoolbell_domain::conversation::text_template::{Group, Owner};
use schoolbell_domain::ids::{PersonId, TextId};

use crate::error::StoreResult;
use crate::on;
use crate::statements;
use crate::tx::Tx;

/// A text to keep.
#[derive(Clone, PartialEq, Eq)]
pub struct NewTemplate {
    pub id: i64,
    pub owner: Owner,
    pub group: Group,
    pub body: String,
    /// When to use it.
    pub when: String,
    pub kept_by: String,
    pub kept_at: Timestamp,
}

statements! {
    KEEP = "INSERT INTO text_template (id, user_id, school_id, purpose, body, when_good, kept_by, kept_at) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    RETIRE = "UPDATE text_template SET retired_at = $1 WHERE id = $2 AND retired_at IS NULL";
    REACHED = "INSERT INTO text_batch (batch, student_id, text_id) VALUES ($1, $2, $3) ON CONFLICT (batch, student_id) DO NOTHING";
}

/// As kept: the user, and the school (0: the district, or nobody's but the user's).
const fn columns(owner: Owner) -> (Option<i64>, i64) {
    match owner {
        Owner::User(user) => (Some(user.raw()), 0),
        Owner::School(school) => (None, school.raw()),
        Owner::District => (None, 0),
    }
}

pub async fn keep(tx: &mut Tx, new: &NewTemplate) -> StoreResult<()> {
    let (user, school) = columns(new.owner);
    on!(tx, |conn| sqlx::query(KEEP)
        .bind(new.id)
        .bind(user)
        .bind(school)
        .bind(new.group.word())
        .bind(new.body.as_str())
        .bind(new.when.as_str())
        .bind(new.kept_by.as_str())
        .bind(new.kept_at.as_millisecond())
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

/// Nobody is offered it any more; `false` if it was taken out before.
pub async fn retire(tx: &mut Tx, id: i64, now: Timestamp) -> StoreResult<bool> {
    let rows = on!(tx, |conn| sqlx::query(RETIRE)
        .bind(now.as_millisecond())
        .bind(id)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Notes that a text to many went to this student; `false` if another text of the same batch did.
pub async fn reached(tx: &mut Tx, batch: &str, student: PersonId, text: TextId) -> StoreResult<bool> {
    let rows = on!(tx, |conn| sqlx::query(REACHED)
        .bind(batch)
        .bind(student.raw())
        .bind(text.raw())
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}
