//! Holds made and decided. Each move is guarded and says whether it happened.

use jiff::Timestamp;
use schoolbell_domain::ids::{HoldId, SchoolId, UserId};

use crate::error::{StoreError, StoreResult};
use crate::on;
use crate::read::holds::Hold;
use crate::statements;
use crate::tx::Tx;

statements! {
    INSERT = "INSERT INTO brake_hold (id, kind, subject, version, digest, school_id, category, reasons, asked_by, state, \
        made_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    DECIDE = "UPDATE brake_hold SET state = $1, decided_by = $2, decided_at = $3, note = $4 \
        WHERE id = $5 AND state IN ('waits', 'after')";
}

/// Who decides, how, and why.
#[derive(Debug, Clone, Copy)]
pub struct Decided<'a> {
    /// `released` or `given_up`.
    pub state: &'a str,
    pub by: UserId,
    pub at: Timestamp,
    pub note: &'a str,
}

/// Writes a hold that nobody has decided.
pub async fn insert(tx: &mut Tx, hold: &Hold) -> StoreResult<()> {
    let reasons = serde_json::to_string(&hold.reasons)
        .map_err(|error| StoreError::Damaged { row: hold.id.to_string(), what: error.to_string() })?;
    on!(tx, |conn| sqlx::query(INSERT)
        .bind(hold.id.raw())
        .bind(&hold.kind)
        .bind(hold.subject)
        .bind(hold.version)
        .bind(hold.digest.as_deref())
        .bind(hold.school.map(SchoolId::raw))
        .bind(&hold.category)
        .bind(&reasons)
        .bind(hold.asked_by.raw())
        .bind(&hold.state)
        .bind(hold.made_at.as_millisecond())
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

/// `false` if somebody has decided meanwhile.
pub async fn decide(tx: &mut Tx, id: HoldId, decided: Decided<'_>) -> StoreResult<bool> {
    let rows = on!(tx, |conn| sqlx::query(DECIDE)
        .bind(decided.state)
        .bind(decided.by.raw())
        .bind(decided.at.as_millisecond())
        .bind(decided.note)
        .bind(id.raw())
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}
