//! What families chose: every cell of some students, what somebody chose beside the roster, and saves to undo.

use jiff::Timestamp;
use schoolbell_domain::category::Category;
use schoolbell_domain::channel::Channel;
use schoolbell_domain::delivery::plan::PreferenceKey;
use schoolbell_domain::delivery::window::SendWindow;
use schoolbell_domain::ids::{ContactPointId, PersonId};

use super::plan_page::hours;
use crate::error::{StoreError, StoreResult};
use crate::on;
use crate::sql::fetch_set;
use crate::statements;
use crate::time::instant;
use crate::tx::Reads;

/// A choice of one cell in one category.
pub type Choice = (Category, PreferenceKey, bool);

/// A save that can be undone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub at: Timestamp,
    /// What stood before, as the command wrote it.
    pub before: String,
}

statements! {
    CHOICES = "SELECT guardian_id, student_id, category, contact_point_id, channel, wanted FROM preference \
        WHERE guardian_id IN {list@1}";
    HOURS = "SELECT general_opens, general_closes FROM person_choice WHERE person_id IN {list@1} \
        AND general_opens IS NOT NULL AND general_closes IS NOT NULL ORDER BY person_id";
    CHANGE = "SELECT at, before FROM family_change WHERE id = $1 AND email = $2 AND undone_at IS NULL";
    CHANGED = "SELECT MAX(id) FROM family_change WHERE email = $1";
}

type Row = (i64, i64, String, i64, i64, bool);

/// Every choice of these guardians, in every category.
pub async fn choices(reads: &mut impl Reads, guardians: &[PersonId]) -> StoreResult<Vec<Choice>> {
    if guardians.is_empty() {
        return Ok(Vec::new());
    }
    let rows = fetch_set!(reads.tx(), Row, CHOICES, [], guardians, |query, id| query.bind(id.raw()))?;
    rows.into_iter()
        .map(|(guardian, student, category, point, channel, wanted)| {
            let point = ContactPointId::from_raw(point);
            let damaged = |what: &str| StoreError::Damaged { row: point.to_string(), what: what.to_owned() };
            let key = PreferenceKey {
                guardian: PersonId::from_raw(guardian),
                student: PersonId::from_raw(student),
                point,
                channel: Channel::from_code(channel).ok_or_else(|| damaged("a choice's channel"))?,
            };
            Ok((category.parse().map_err(|_| damaged("a choice's category"))?, key, wanted))
        })
        .collect()
}

/// The hours for messages of the category `General` that the first of these chose; `None` if nobody did.
pub async fn general_hours(reads: &mut impl Reads, guardians: &[PersonId]) -> StoreResult<Option<SendWindow>> {
    if guardians.is_empty() {
        return Ok(None);
    }
    let rows = fetch_set!(reads.tx(), (String, String), HOURS, [], guardians, |query, id| query.bind(id.raw()))?;
    Ok(rows.first().and_then(|(opens, closes)| hours(opens, closes)))
}

/// A save of this account that has not been undone.
pub async fn lookup_change(reads: &mut impl Reads, id: i64, email: &str) -> StoreResult<Option<Change>> {
    let row: Option<(i64, String)> =
        on!(reads.tx(), |conn| sqlx::query_as(CHANGE).bind(id).bind(email).fetch_optional(conn).await)?;
    row.map(|(at, before)| Ok(Change { at: instant(at)?, before })).transpose()
}

/// The latest save of an account; only that one can be undone.
pub async fn last_change(reads: &mut impl Reads, email: &str) -> StoreResult<Option<i64>> {
    Ok(on!(reads.tx(), |conn| sqlx::query_scalar(CHANGED).bind(email).fetch_one(conn).await)?)
}
