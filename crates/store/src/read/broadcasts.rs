//! What people composed and sent.

use jiff::Timestamp;
use schoolbell_domain::broadcast::{BroadcastState, Draft};
use schoolbell_domain::category::Category;
use schoolbell_domain::ids::{BroadcastId, OriginId, SchoolId, UserId};

use crate::error::{StoreError, StoreResult};
use crate::on;
use crate::statements;
use crate::time::instant;
use crate::tx::{Reads, Tx};

/// A broadcast with its draft.
#[derive(Debug, Clone)]
pub struct Broadcast {
    pub id: BroadcastId,
    pub state: BroadcastState,
    pub draft: Draft,
    pub owner: Option<SchoolId>,
    /// Grows with every save of the draft.
    pub version: i64,
    pub created_by: UserId,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub send_at: Option<Timestamp>,
    /// Who pressed Send; the program's own id is 0.
    pub sent_by: Option<UserId>,
    pub sent_at: Option<Timestamp>,
    pub expires_at: Option<Timestamp>,
    /// Of the plan as written.
    pub plan_digest: Option<String>,
    /// The last household whose rows stand.
    pub expand_cursor: Option<i64>,
    pub expanded_at: Option<Timestamp>,
    pub stopped_by: Option<UserId>,
    pub stopped_at: Option<Timestamp>,
    pub finished_at: Option<Timestamp>,
}

#[derive(sqlx_macros::FromRow)]
struct Row {
    id: i64,
    state: String,
    draft: String,
    owner_school: Option<i64>,
    version: i64,
    created_by: i64,
    created_at: i64,
    updated_at: i64,
    send_at: Option<i64>,
    sent_by: Option<i64>,
    sent_at: Option<i64>,
    expires_at: Option<i64>,
    plan_digest: Option<String>,
    expand_cursor: Option<i64>,
    expanded_at: Option<i64>,
    stopped_by: Option<i64>,
    stopped_at: Option<i64>,
    finished_at: Option<i64>,
}

statements! {
    UNFINISHED = "SELECT id FROM broadcast WHERE state IN ('expanding', 'sending', 'stopped') AND finished_at IS NULL \
        ORDER BY id";
    CATEGORY = "SELECT category FROM broadcast WHERE id = $1";
    LOOKUP = "SELECT id, state, draft, owner_school, version, created_by, created_at, updated_at, send_at, sent_by, \
        sent_at, expires_at, plan_digest, expand_cursor, expanded_at, stopped_by, stopped_at, finished_at \
        FROM broadcast WHERE id = $1";
    RUNNING = "SELECT id, state, draft, owner_school, version, created_by, created_at, updated_at, send_at, sent_by, \
        sent_at, expires_at, plan_digest, expand_cursor, expanded_at, stopped_by, stopped_at, finished_at \
        FROM broadcast WHERE state IN ('expanding', 'sending', 'stopped') ORDER BY id";
    PAGE = "SELECT id, state, draft, owner_school, version, created_by, created_at, updated_at, send_at, sent_by, \
        sent_at, expires_at, plan_digest, expand_cursor, expanded_at, stopped_by, stopped_at, finished_at \
        FROM broadcast WHERE state = $1 AND id < $2 ORDER BY id DESC LIMIT $3";
    LOCK = "SELECT id FROM broadcast WHERE id = $1{for update}";
}

fn broadcast(row: Row) -> StoreResult<Broadcast> {
    let id = BroadcastId::from_raw(row.id);
    let damaged = |what: String| StoreError::Damaged { row: id.to_string(), what };
    let time = |ms: Option<i64>| ms.map(instant).transpose();
    Ok(Broadcast {
        id,
        state: BroadcastState::from_word(&row.state).ok_or_else(|| damaged(format!("state `{}`", row.state)))?,
        draft: serde_json::from_str(&row.draft).map_err(|error| damaged(error.to_string()))?,
        owner: row.owner_school.map(SchoolId::from_raw),
        version: row.version,
        created_by: UserId::from_raw(row.created_by),
        created_at: instant(row.created_at)?,
        updated_at: instant(row.updated_at)?,
        send_at: time(row.send_at)?,
        sent_by: row.sent_by.map(UserId::from_raw),
        sent_at: time(row.sent_at)?,
        expires_at: time(row.expires_at)?,
        plan_digest: row.plan_digest,
        expand_cursor: row.expand_cursor,
        expanded_at: time(row.expanded_at)?,
        stopped_by: row.stopped_by.map(UserId::from_raw),
        stopped_at: time(row.stopped_at)?,
        finished_at: time(row.finished_at)?,
    })
}

pub async fn lookup_broadcast(reads: &mut impl Reads, id: BroadcastId) -> StoreResult<Option<Broadcast>> {
    let row: Option<Row> = on!(reads.tx(), |conn| sqlx::query_as(LOOKUP).bind(id.raw()).fetch_optional(conn).await)?;
    row.map(broadcast).transpose()
}

/// The category of a broadcast by the origin of its deliveries; `None` for what comes from the system, or has none yet.
pub async fn category_of(reads: &mut impl Reads, origin: OriginId) -> StoreResult<Option<Category>> {
    let key: Option<Option<String>> =
        on!(reads.tx(), |conn| sqlx::query_scalar(CATEGORY).bind(origin.raw()).fetch_optional(conn).await)?;
    let damaged = |what| StoreError::Damaged { row: format!("the broadcast of {origin}"), what };
    key.flatten().map(|key| key.parse().map_err(damaged)).transpose()
}

/// The broadcasts that carriers may be at work for, oldest first.
pub async fn running(reads: &mut impl Reads) -> StoreResult<Vec<Broadcast>> {
    let rows: Vec<Row> = on!(reads.tx(), |conn| sqlx::query_as(RUNNING).fetch_all(conn).await)?;
    rows.into_iter().map(broadcast).collect()
}

/// Broadcasts in one state before `before` (`None`: from the newest), newest first.
pub async fn page(
    reads: &mut impl Reads,
    state: BroadcastState,
    before: Option<BroadcastId>,
    limit: i64,
) -> StoreResult<Vec<Broadcast>> {
    let before = before.map_or(i64::MAX, BroadcastId::raw);
    let rows: Vec<Row> =
        on!(reads.tx(), |conn| sqlx::query_as(PAGE).bind(state.word()).bind(before).bind(limit).fetch_all(conn).await)?;
    rows.into_iter().map(broadcast).collect()
}

/// The broadcast, with nobody else able to change it until the commit.
pub async fn lock(tx: &mut Tx, id: BroadcastId) -> StoreResult<Option<Broadcast>> {
    let text = crate::sql::fill(tx.engine(), LOCK, 0);
    let row: Option<i64> = on!(&mut *tx, |conn| sqlx::query_scalar(sqlx::AssertSqlSafe(text.as_str()))
        .bind(id.raw())
        .fetch_optional(conn)
        .await)?;
    if row.is_none() { Ok(None) } else { lookup_broadcast(tx, id).await }
}

/// The ids of the broadcasts that are at work or not yet over.
pub async fn unfinished(reads: &mut impl Reads) -> StoreResult<Vec<BroadcastId>> {
    let ids: Vec<i64> = on!(reads.tx(), |conn| sqlx::query_scalar(UNFINISHED).fetch_all(conn).await)?;
    Ok(ids.into_iter().map(BroadcastId::from_raw).collect())
}
