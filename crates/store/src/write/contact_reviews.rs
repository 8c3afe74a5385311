//! Confirming contact data, and asking the registrar for a change (A10).

use jiff::Timestamp;
use schoolbell_domain::ids::{PersonId, SchoolId};

use crate::error::StoreResult;
use crate::on;
use crate::statements;
use crate::tx::Tx;

statements! {
    REVIEW = "INSERT INTO contact_review (person_id, school_id, reviewed_at, answer) VALUES ($1, $2, $3, $4) \
        ON CONFLICT (person_id, school_id, reviewed_at) DO UPDATE SET answer = excluded.answer";
    /// One open wish of a person at a school: a second one takes its place.
    REPLACE = "UPDATE contact_task SET detail = $1, created_at = $2 \
        WHERE kind = $3 AND school_id = $4 AND person_id = $5 AND settled_at IS NULL";
    ADD = "INSERT INTO contact_task (id, kind, school_id, person_id, detail, created_at) \
        VALUES ($1, $2, $3, $4, $5, $6)";
    SETTLE = "UPDATE contact_task SET settled_at = $1, settled_by = $2 WHERE id = $3 AND settled_at IS NULL";
}

/// Notes that somebody answered for a school: `right` or `changed`.
pub async fn review(
    tx: &mut Tx,
    (person, school): (PersonId, SchoolId),
    answer: &str,
    now: Timestamp,
) -> StoreResult<()> {
    on!(tx, |conn| sqlx::query(REVIEW)
        .bind(person.raw())
        .bind(school.raw())
        .bind(now.as_millisecond())
        .bind(answer)
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

/// Asks the registrar of a school for a change; `id` is taken only if nothing of that person waits there.
pub async fn ask(
    tx: &mut Tx,
    id: i64,
    (person, school): (PersonId, SchoolId),
    (detail, now): (&str, Timestamp),
) -> StoreResult<()> {
    const KIND: &str = "contact_change";
    let replaced = on!(&mut *tx, |conn| sqlx::query(REPLACE)
        .bind(detail)
        .bind(now.as_millisecond())
        .bind(KIND)
        .bind(school.raw())
        .bind(person.raw())
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    if replaced == 0 {
        on!(tx, |conn| sqlx::query(ADD)
            .bind(id)
            .bind(KIND)
            .bind(school.raw())
            .bind(person.raw())
            .bind(detail)
            .bind(now.as_millisecond())
            .execute(conn)
            .await
            .map(drop))?;
    }
    Ok(())
}

/// Takes a task off the list; `false` if somebody already did.
pub async fn settle(tx: &mut Tx, id: i64, by: &str, now: Timestamp) -> StoreResult<bool> {
    let rows = on!(tx, |conn| sqlx::query(SETTLE)
        .bind(now.as_millisecond())
        .bind(by)
        .bind(id)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}
