//! How calls of a school present themselves.

use schoolbell_domain::ids::SchoolId;

use crate::error::StoreResult;
use crate::on;
use crate::read::school_calls::SchoolCalls;
use crate::statements;
use crate::tx::Tx;

statements! {
    SET = "INSERT INTO school_calls (school_id, office, caller_id) VALUES ($1, $2, $3) \
        ON CONFLICT (school_id) DO UPDATE SET office = excluded.office, caller_id = excluded.caller_id";
}

/// Replaces a school's choices.
pub async fn set(tx: &mut Tx, school: SchoolId, chosen: &SchoolCalls) -> StoreResult<()> {
    on!(tx, |conn| sqlx::query(SET)
        .bind(school.raw())
        .bind(chosen.office.as_deref())
        .bind(chosen.caller_id.as_deref())
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}
