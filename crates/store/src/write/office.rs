//! Office hours with their automatic answer, and who covers for whom.

use jiff::Timestamp;
use jiff::civil::Date;
use schoolbell_domain::conversation::office_hours::{OfficeHours, Place};
use schoolbell_domain::ids::{ConversationId, TextId, UserId};

use crate::error::{StoreError, StoreResult};
use crate::on;
use crate::statements;
use crate::tx::Tx;

/// Somebody who is away, and who reads and answers meanwhile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCover {
    pub id: i64,
    pub user: UserId,
    pub substitute: UserId,
    pub first_day: Date,
    /// Included.
    pub last_day: Date,
    pub made_by: String,
    pub made_at: Timestamp,
}

statements! {
    SET = "INSERT INTO office_hours (place, place_id, hours, words, changed_at) VALUES ($1, $2, $3, $4, $5) \
        ON CONFLICT (place, place_id) DO UPDATE SET hours = excluded.hours, words = excluded.words, \
        changed_at = excluded.changed_at";
    CLEAR = "DELETE FROM office_hours WHERE place = $1 AND place_id = $2";
    ANSWERED = "INSERT INTO office_answer (conversation_id, closed_since, text_id) VALUES ($1, $2, $3) \
        ON CONFLICT (conversation_id, closed_since) DO NOTHING";
    COVER = "INSERT INTO leave_cover (id, user_id, substitute_id, first_day, last_day, made_by, made_at) \
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    END_COVER = "UPDATE leave_cover SET ended_at = $1 WHERE id = $2 AND ended_at IS NULL";
}

/// As kept.
pub(crate) const fn columns(place: Place) -> (&'static str, i64) {
    match place {
        Place::User(user) => ("user", user.raw()),
        Place::School(school) => ("school", school.raw()),
        Place::District => ("district", 0),
    }
}

/// The hours of a place, and its own words for the answer; empty for ours.
pub async fn set_hours(
    tx: &mut Tx,
    place: Place,
    (hours, words): (&OfficeHours, &str),
    now: Timestamp,
) -> StoreResult<()> {
    let (word, id) = columns(place);
    let hours = serde_json::to_string(hours)
        .map_err(|error| StoreError::Setup(format!("office hours cannot be written down: {error}")))?;
    on!(tx, |conn| sqlx::query(SET)
        .bind(word)
        .bind(id)
        .bind(hours.as_str())
        .bind(words)
        .bind(now.as_millisecond())
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

/// The place has no hours of its own any more.
pub async fn clear_hours(tx: &mut Tx, place: Place) -> StoreResult<()> {
    let (word, id) = columns(place);
    on!(tx, |conn| sqlx::query(CLEAR).bind(word).bind(id).execute(conn).await.map(drop))?;
    Ok(())
}

/// Notes the automatic answer of a thread in a closed period; `false` if it has had one.
pub async fn answered(tx: &mut Tx, thread: ConversationId, closed_since: Timestamp, text: TextId) -> StoreResult<bool> {
    let rows = on!(tx, |conn| sqlx::query(ANSWERED)
        .bind(thread.raw())
        .bind(closed_since.as_millisecond())
        .bind(text.raw())
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

pub async fn cover(tx: &mut Tx, new: &NewCover) -> StoreResult<()> {
    on!(tx, |conn| sqlx::query(COVER)
        .bind(new.id)
        .bind(new.user.raw())
        .bind(new.substitute.raw())
        .bind(new.first_day.to_string())
        .bind(new.last_day.to_string())
        .bind(new.made_by.as_str())
        .bind(new.made_at.as_millisecond())
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

/// Ends a cover before its last day; `false` if it had ended.
pub async fn end_cover(tx: &mut Tx, id: i64, now: Timestamp) -> StoreResult<bool> {
    let rows = on!(tx, |conn| sqlx::query(END_COVER)
        .bind(now.as_millisecond())
        .bind(id)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}
