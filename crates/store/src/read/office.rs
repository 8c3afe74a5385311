//! Whose office hours hold for a thread, and who covers for whom today.

use jiff::civil::Date;
use schoolbell_domain::conversation::office_hours::{OfficeHours, Place};
use schoolbell_domain::ids::{SchoolId, UserId};

use crate::error::{StoreError, StoreResult};
use crate::on;
use crate::statements;
use crate::tx::Reads;
use crate::write::office::columns;

/// Hours with the place's own words for the answer; empty for ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hours {
    pub hours: OfficeHours,
    pub words: String,
}

/// Somebody who is away, and who reads and answers meanwhile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cover {
    pub id: i64,
    pub user: UserId,
    pub user_name: String,
    pub substitute: UserId,
    pub substitute_name: String,
    pub first_day: Date,
    /// Included.
    pub last_day: Date,
    pub made_by: String,
}

type CoverRow = (i64, i64, Option<String>, i64, Option<String>, String, String, String);

macro_rules! covers {
    ($rest:literal) => {
        concat!(
            "SELECT leave_cover.id, leave_cover.user_id, away.name, leave_cover.substitute_id, here.name, \
             leave_cover.first_day, leave_cover.last_day, leave_cover.made_by FROM leave_cover \
             LEFT JOIN user_account AS away ON away.id = leave_cover.user_id \
             LEFT JOIN user_account AS here ON here.id = leave_cover.substitute_id WHERE leave_cover.ended_at IS NULL ",
            $rest
        )
    };
}

statements! {
    HOURS = "SELECT hours, words FROM office_hours WHERE place = $1 AND place_id = $2";
    COVERED_BY = covers!("AND leave_cover.substitute_id = $1 AND leave_cover.first_day <= $2 AND leave_cover.last_day >= $2 \
        ORDER BY leave_cover.id");
    FROM_DAY = covers!("AND leave_cover.last_day >= $1 ORDER BY leave_cover.first_day, leave_cover.id");
    COVER = covers!("AND leave_cover.id = $1");
}

/// The hours of one place; `None` if it has none of its own.
pub async fn hours_of(reads: &mut impl Reads, place: Place) -> StoreResult<Option<Hours>> {
    let (word, id) = columns(place);
    let row: Option<(String, String)> =
        on!(reads.tx(), |conn| sqlx::query_as(HOURS).bind(word).bind(id).fetch_optional(conn).await)?;
    row.map(|(hours, words)| {
        let hours = serde_json::from_str(&hours).map_err(|error| StoreError::Damaged {
            row: format!("office hours of {word} {id}"),
            what: error.to_string(),
        })?;
        Ok(Hours { hours, words })
    })
    .transpose()
}

/// The hours that hold for the threads of somebody at a school: their own, the school's, or the district's.
pub async fn hours_for(reads: &mut impl Reads, user: UserId, school: SchoolId) -> StoreResult<Option<Hours>> {
    for place in [Place::User(user), Place::School(school), Place::District] {
        if let Some(found) = hours_of(reads, place).await? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// For whom somebody stands in today.
pub async fn covered_by(reads: &mut impl Reads, substitute: UserId, today: Date) -> StoreResult<Vec<Cover>> {
    let rows: Vec<CoverRow> = on!(reads.tx(), |conn| sqlx::query_as(COVERED_BY)
        .bind(substitute.raw())
        .bind(today.to_string())
        .fetch_all(conn)
        .await)?;
    rows.into_iter().map(cover).collect()
}

/// Every cover that has not ended before this day.
pub async fn covers_from(reads: &mut impl Reads, day: Date) -> StoreResult<Vec<Cover>> {
    let rows: Vec<CoverRow> =
        on!(reads.tx(), |conn| sqlx::query_as(FROM_DAY).bind(day.to_string()).fetch_all(conn).await)?;
    rows.into_iter().map(cover).collect()
}

pub async fn lookup_cover(reads: &mut impl Reads, id: i64) -> StoreResult<Option<Cover>> {
    let row: Option<CoverRow> = on!(reads.tx(), |conn| sqlx::query_as(COVER).bind(id).fetch_optional(conn).await)?;
    row.map(cover).transpose()
}

fn cover((id, user, user_name, substitute, substitute_name, first, last, made_by): CoverRow) -> StoreResult<Cover> {
    let day = |text: &str| {
        text.parse::<Date>()
            .map_err(|error| StoreError::Damaged { row: format!("leave cover {id}"), what: error.to_string() })
    };
    Ok(Cover {
        id,
        user: UserId::from_raw(user),
        user_name: user_name.unwrap_or_default(),
        substitute: UserId::from_raw(substitute),
        substitute_name: substitute_name.unwrap_or_default(),
        first_day: day(&first)?,
        last_day: day(&last)?,
        made_by,
    })
}
