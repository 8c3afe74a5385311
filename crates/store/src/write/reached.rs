//! Families that have a message already, where the sender chose to leave their other phones alone then.

use jiff::Timestamp;
use schoolbell_domain::ids::OriginId;

use crate::error::StoreResult;
use crate::on;
use crate::read::reached::{FamilyKey, Wish};
use crate::statements;
use crate::tx::Tx;

statements! {
    WISH = "INSERT INTO call_wish (origin_id, stops_on, text_first) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    NOTE = "INSERT INTO family_reached (origin_id, household, merge_group, reached_at) VALUES ($1, $2, $3, $4) \
        ON CONFLICT DO NOTHING";
}

/// Keeps what ends the calls of a broadcast; twice is once.
pub async fn wish(tx: &mut Tx, origin: OriginId, wish: Wish) -> StoreResult<()> {
    on!(tx, |conn| sqlx::query(WISH)
        .bind(origin.raw())
        .bind(wish.stops_on.word())
        .bind(wish.text_first)
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

/// A family has the message; `false` if that was known.
pub async fn note(tx: &mut Tx, origin: OriginId, family: FamilyKey, at: Timestamp) -> StoreResult<bool> {
    let done = on!(tx, |conn| sqlx::query(NOTE)
        .bind(origin.raw())
        .bind(family.household)
        .bind(family.merge_group)
        .bind(at.as_millisecond())
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(done == 1)
}
