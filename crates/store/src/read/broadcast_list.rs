//! Broadcasts as lists show them: newest first, with how far each has come.

use jiff::Timestamp;
use schoolbell_domain::broadcast::BroadcastState;
use schoolbell_domain::category::Category;
use schoolbell_domain::delivery::StateKind;
use schoolbell_domain::ids::{BroadcastId, SchoolId};

use crate::error::{StoreError, StoreResult};
use crate::on;
use crate::statements;
use crate::time::instant;
use crate::tx::Reads;

/// One line of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BroadcastLine {
    pub id: BroadcastId,
    pub state: BroadcastState,
    pub category: Option<Category>,
    pub title: String,
    /// The school that sends; `None` is the district.
    pub owner: Option<SchoolId>,
    /// Who wrote it.
    pub author: String,
    pub updated_at: Timestamp,
    pub send_at: Option<Timestamp>,
    pub sent_at: Option<Timestamp>,
    pub finished_at: Option<Timestamp>,
    pub progress: Progress,
}

/// Deliveries of one broadcast, all channels together; what was left out is not in it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    pub delivered: i64,
    /// Taken by a carrier; a receipt may follow.
    pub sent: i64,
    /// Waiting or being sent.
    pub open: i64,
    /// Failed, stopped, expired or unconfirmed.
    pub failed: i64,
}

impl Progress {
    pub const fn all(self) -> i64 {
        self.delivered + self.sent + self.open + self.failed
    }
}

/// Which part of the broadcasts a list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shelf {
    /// Going out now.
    Running,
    Scheduled,
    Drafts,
    /// Sent and over: finished or stopped.
    Over,
    /// Everything but what was discarded.
    All,
}

#[derive(sqlx_macros::FromRow)]
struct Row {
    id: i64,
    state: String,
    category: Option<String>,
    title: String,
    owner_school: Option<i64>,
    author: Option<String>,
    updated_at: i64,
    send_at: Option<i64>,
    sent_at: Option<i64>,
    finished_at: Option<i64>,
}

macro_rules! lines {
    ($states:literal) => {
        concat!(
            "SELECT broadcast.id, broadcast.state, broadcast.category, broadcast.title, broadcast.owner_school, ",
            "user_account.name AS author, broadcast.updated_at, broadcast.send_at, broadcast.sent_at, ",
            "broadcast.finished_at FROM broadcast LEFT JOIN user_account ON user_account.id = broadcast.created_by ",
            "WHERE broadcast.state IN (",
            $states,
            ") AND broadcast.id < $1 ORDER BY broadcast.id DESC LIMIT $2"
        )
    };
}

statements! {
    RUNNING = lines!("'expanding', 'sending'");
    SCHEDULED = lines!("'scheduled'");
    DRAFTS = lines!("'draft'");
    OVER = lines!("'finished', 'stopped'");
    ALL = lines!("'draft', 'scheduled', 'expanding', 'sending', 'stopped', 'finished'");
    PROGRESS = "SELECT state, CAST(SUM(count) AS BIGINT) FROM tally WHERE origin_id = $1 AND state <> 0 GROUP BY state";
}

/// The broadcasts of a shelf, newest first, made before `before` (`None`: all).
pub async fn broadcasts(
    reads: &mut impl Reads,
    shelf: Shelf,
    before: Option<BroadcastId>,
    limit: i64,
) -> StoreResult<Vec<BroadcastLine>> {
    let text = match shelf {
        Shelf::Running => RUNNING,
        Shelf::Scheduled => SCHEDULED,
        Shelf::Drafts => DRAFTS,
        Shelf::Over => OVER,
        Shelf::All => ALL,
    };
    let before = before.map_or(i64::MAX, BroadcastId::raw);
    let rows: Vec<Row> = on!(reads.tx(), |conn| sqlx::query_as(text).bind(before).bind(limit).fetch_all(conn).await)?;
    let mut lines = Vec::with_capacity(rows.len());
    for row in rows {
        let progress = progress(reads, BroadcastId::from_raw(row.id)).await?;
        lines.push(line(row, progress)?);
    }
    Ok(lines)
}

/// How far a broadcast has come.
pub async fn progress(reads: &mut impl Reads, broadcast: BroadcastId) -> StoreResult<Progress> {
    let rows: Vec<(i64, i64)> =
        on!(reads.tx(), |conn| sqlx::query_as(PROGRESS).bind(broadcast.raw()).fetch_all(conn).await)?;
    let mut progress = Progress::default();
    for (state, count) in rows {
        let kind = StateKind::from_code(state).ok_or_else(|| StoreError::Damaged {
            row: format!("tally of {broadcast}"),
            what: format!("state {state}"),
        })?;
        match kind {
            StateKind::Delivered => progress.delivered += count,
            StateKind::Accepted => progress.sent += count,
            StateKind::Queued | StateKind::Sending => progress.open += count,
            StateKind::Undelivered
            | StateKind::Rejected
            | StateKind::Unconfirmed
            | StateKind::Cancelled
            | StateKind::Expired => progress.failed += count,
            StateKind::Suppressed => {}
        }
    }
    Ok(progress)
}

fn line(row: Row, progress: Progress) -> StoreResult<BroadcastLine> {
    let id = BroadcastId::from_raw(row.id);
    let damaged = |what: &str| StoreError::Damaged { row: id.to_string(), what: what.to_owned() };
    Ok(BroadcastLine {
        id,
        state: BroadcastState::from_word(&row.state).ok_or_else(|| damaged("state"))?,
        category: row.category.map(|key| key.parse().map_err(|_| damaged("category"))).transpose()?,
        title: row.title,
        owner: row.owner_school.map(SchoolId::from_raw),
        author: row.author.unwrap_or_default(),
        updated_at: instant(row.updated_at)?,
        send_at: row.send_at.map(instant).transpose()?,
        sent_at: row.sent_at.map(instant).transpose()?,
        finished_at: row.finished_at.map(instant).transpose()?,
        progress,
    })
}
