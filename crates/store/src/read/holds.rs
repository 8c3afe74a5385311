//! What waits for a second look, and the facts by which a message is judged.

use jiff::Timestamp;
use schoolbell_domain::brake::Brake;
use schoolbell_domain::ids::{BroadcastId, HoldId, SchoolId, UserId};

use crate::error::{StoreError, StoreResult};
use crate::on;
use crate::statements;
use crate::time::instant;
use crate::tx::Reads;

/// What waits, or went at once and is looked at after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    pub id: HoldId,
    /// `attendance` or `broadcast`.
    pub kind: String,
    /// The raw id of the run or of the message.
    pub subject: i64,
    pub version: i64,
    pub digest: Option<String>,
    pub school: Option<SchoolId>,
    /// The key of the category.
    pub category: String,
    pub reasons: Vec<Brake>,
    pub asked_by: UserId,
    /// `waits`, `after`, `released` or `given_up`.
    pub state: String,
    pub made_at: Timestamp,
    pub decided_by: Option<UserId>,
    pub decided_at: Option<Timestamp>,
    pub note: Option<String>,
}

#[derive(sqlx_macros::FromRow)]
struct Row {
    id: i64,
    kind: String,
    subject: i64,
    version: i64,
    digest: Option<String>,
    school_id: Option<i64>,
    category: String,
    reasons: String,
    asked_by: i64,
    state: String,
    made_at: i64,
    decided_by: Option<i64>,
    decided_at: Option<i64>,
    note: Option<String>,
}

statements! {
    OPEN = "SELECT id, kind, subject, version, digest, school_id, category, reasons, asked_by, state, made_at, decided_by, \
        decided_at, note FROM brake_hold WHERE state IN ('waits', 'after') ORDER BY made_at DESC, id DESC";
    LATEST = "SELECT id, kind, subject, version, digest, school_id, category, reasons, asked_by, state, made_at, decided_by, \
        decided_at, note FROM brake_hold WHERE state IN ('released', 'given_up') ORDER BY id DESC LIMIT $1";
    LOOKUP = "SELECT id, kind, subject, version, digest, school_id, category, reasons, asked_by, state, made_at, decided_by, \
        decided_at, note FROM brake_hold WHERE id = $1";
    OF_SUBJECT = "SELECT id, kind, subject, version, digest, school_id, category, reasons, asked_by, state, made_at, \
        decided_by, decided_at, note FROM brake_hold WHERE subject = $1 ORDER BY id DESC LIMIT 1";
    LARGEST = "SELECT CAST(COALESCE(MAX(sent.families), -1) AS BIGINT) FROM ( \
        SELECT COUNT(DISTINCT person.household) AS families FROM ( \
            SELECT id FROM broadcast WHERE sent_by = $1 AND sent_at IS NOT NULL AND id <> $2 ORDER BY id DESC LIMIT 20) latest \
        JOIN delivery ON delivery.origin_id = latest.id AND delivery.state <> 0 \
        JOIN person ON person.id = delivery.person_id GROUP BY latest.id) sent";
    LATELY = "SELECT id, title, draft, sent_at FROM broadcast WHERE sent_at >= $1 AND id <> $2 ORDER BY id DESC LIMIT 200";
}

fn hold(row: Row) -> StoreResult<Hold> {
    let id = HoldId::from_raw(row.id);
    let reasons = serde_json::from_str(&row.reasons)
        .map_err(|error| StoreError::Damaged { row: id.to_string(), what: error.to_string() })?;
    Ok(Hold {
        id,
        kind: row.kind,
        subject: row.subject,
        version: row.version,
        digest: row.digest,
        school: row.school_id.map(SchoolId::from_raw),
        category: row.category,
        reasons,
        asked_by: UserId::from_raw(row.asked_by),
        state: row.state,
        made_at: instant(row.made_at)?,
        decided_by: row.decided_by.map(UserId::from_raw),
        decided_at: row.decided_at.map(instant).transpose()?,
        note: row.note,
    })
}

/// What waits and what is to be looked at after, newest first.
pub async fn open(reads: &mut impl Reads) -> StoreResult<Vec<Hold>> {
    let rows: Vec<Row> = on!(reads.tx(), |conn| sqlx::query_as(OPEN).fetch_all(conn).await)?;
    rows.into_iter().map(hold).collect()
}

/// What was decided, newest first.
pub async fn decided(reads: &mut impl Reads, most: i64) -> StoreResult<Vec<Hold>> {
    let rows: Vec<Row> = on!(reads.tx(), |conn| sqlx::query_as(LATEST).bind(most).fetch_all(conn).await)?;
    rows.into_iter().map(hold).collect()
}

pub async fn lookup(reads: &mut impl Reads, id: HoldId) -> StoreResult<Option<Hold>> {
    let row: Option<Row> = on!(reads.tx(), |conn| sqlx::query_as(LOOKUP).bind(id.raw()).fetch_optional(conn).await)?;
    row.map(hold).transpose()
}

/// The newest hold about a run or a message, by its raw id.
pub async fn of_subject(reads: &mut impl Reads, subject: i64) -> StoreResult<Option<Hold>> {
    let row: Option<Row> = on!(reads.tx(), |conn| sqlx::query_as(OF_SUBJECT).bind(subject).fetch_optional(conn).await)?;
    row.map(hold).transpose()
}

/// Families of the largest of a sender's last twenty messages; `None` if there is none.
pub async fn largest_of(reads: &mut impl Reads, user: UserId, but: BroadcastId) -> StoreResult<Option<u32>> {
    let families: i64 =
        on!(reads.tx(), |conn| sqlx::query_scalar(LARGEST).bind(user.raw()).bind(but.raw()).fetch_one(conn).await)?;
    Ok(u32::try_from(families).ok())
}

/// Messages that were sent since an instant: the id, the title, the draft as kept, and when.
pub async fn sent_since(
    reads: &mut impl Reads,
    since: Timestamp,
    but: BroadcastId,
) -> StoreResult<Vec<(BroadcastId, String, String, Timestamp)>> {
    let rows: Vec<(i64, String, String, i64)> = on!(reads.tx(), |conn| sqlx::query_as(LATELY)
        .bind(since.as_millisecond())
        .bind(but.raw())
        .fetch_all(conn)
        .await)?;
    rows.into_iter().map(|(id, title, draft, at)| Ok((BroadcastId::from_raw(id), title, draft, instant(at)?))).collect()
}
