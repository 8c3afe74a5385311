//! Which life of the database this is, and what a restored copy holds back until a person decides.

use jiff::Timestamp;
use schoolbell_domain::broadcast::BroadcastState;
use schoolbell_domain::ids::BroadcastId;

use crate::error::{StoreError, StoreResult};
use crate::on;
use crate::statements;
use crate::time::instant;
use crate::tx::Reads;

/// Added to the time of what is held: no clock comes so far (it is in the year 5138), so nothing claims it, not even a
/// program that knows nothing of holding; and the time itself is still there when it is released.
pub const HELD_FROM: i64 = 100_000_000_000_000;

/// What a person said of what is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    Send,
    Cancel,
}

/// The life of the database that runs now, when it is not its first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    pub epoch: i64,
    pub began_at: Timestamp,
    /// When the backup was taken, or the other store was left.
    pub backup_at: Timestamp,
    /// What was planned before `began_at` does not leave.
    pub held: bool,
    /// Made, but not carried out to the end while `held`.
    pub decision: Option<Decision>,
    pub decided_at: Option<Timestamp>,
    /// The district was moved from here to another database.
    pub moved_at: Option<Timestamp>,
}

/// A broadcast that waits to be released.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldBroadcast {
    pub id: BroadcastId,
    pub title: String,
    pub state: BroadcastState,
    /// When it was to leave, if it was scheduled.
    pub send_at: Option<Timestamp>,
    /// Deliveries that wait.
    pub waiting: i64,
}

/// Everything that waits to be released.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HeldWork {
    pub broadcasts: Vec<HeldBroadcast>,
    /// Invitations, answers to keywords, conversations.
    pub other_texts: i64,
    /// Kind and number of the jobs.
    pub jobs: Vec<(String, i64)>,
}

impl HeldWork {
    /// Deliveries that stand and would leave.
    pub fn deliveries(&self) -> i64 {
        self.broadcasts.iter().map(|broadcast| broadcast.waiting).sum::<i64>() + self.other_texts
    }
}

impl Decision {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Send => "send",
            Self::Cancel => "cancel",
        }
    }
}

statements! {
    CURRENT = "SELECT epoch, began_at, backup_at, held, decision, decided_at, moved_at FROM instance \
        ORDER BY epoch DESC LIMIT 1";
    RELEASED = "SELECT MAX(decided_at) FROM instance WHERE began_at >= $1";
    BROADCASTS = "SELECT broadcast.id, broadcast.title, broadcast.state, broadcast.send_at, \
        CAST(COALESCE(SUM(tally.count), 0) AS BIGINT) FROM broadcast \
        LEFT JOIN tally ON tally.origin_id = broadcast.id AND tally.state = 1 \
        WHERE broadcast.state IN ('scheduled', 'expanding', 'sending') \
        AND COALESCE(broadcast.sent_at, broadcast.updated_at) < $1 \
        GROUP BY broadcast.id, broadcast.title, broadcast.state, broadcast.send_at \
        HAVING broadcast.state <> 'sending' OR COALESCE(SUM(tally.count), 0) > 0 ORDER BY broadcast.id";
    OTHER_TEXTS = "SELECT COUNT(*) FROM delivery WHERE origin_kind <> 1 AND state IN (1, 2, 3, 7) AND state = 1 \
        AND not_before >= $1";
    JOBS = "SELECT kind, COUNT(*) FROM job WHERE state IN ('ready', 'running') AND run_at >= $1 \
        GROUP BY kind ORDER BY kind";
}

type Row = (i64, i64, i64, bool, Option<String>, Option<i64>, Option<i64>);

/// The life that runs; `None` is the first, which began with the setting up.
pub async fn current(reads: &mut impl Reads) -> StoreResult<Option<Instance>> {
    let row: Option<Row> = on!(reads.tx(), |conn| sqlx::query_as(CURRENT).fetch_optional(conn).await)?;
    let Some((epoch, began_at, backup_at, held, decision, decided_at, moved_at)) = row else { return Ok(None) };
    let decision = match decision.as_deref() {
        None => None,
        Some("send") => Some(Decision::Send),
        Some("cancel") => Some(Decision::Cancel),
        Some(other) => {
            let what = format!("decision `{other}`");
            return Err(StoreError::Damaged { row: format!("instance {epoch}"), what });
        }
    };
    Ok(Some(Instance {
        epoch,
        began_at: instant(began_at)?,
        backup_at: instant(backup_at)?,
        held,
        decision,
        decided_at: decided_at.map(instant).transpose()?,
        moved_at: moved_at.map(instant).transpose()?,
    }))
}

/// The number of the life that runs.
pub async fn epoch(reads: &mut impl Reads) -> StoreResult<i64> {
    Ok(current(reads).await?.map_or(1, |instance| instance.epoch))
}

/// Whether a person has still to decide, or a decision is being carried out.
pub async fn is_held(reads: &mut impl Reads) -> StoreResult<bool> {
    Ok(current(reads).await?.is_some_and(|instance| instance.held))
}

/// When what answers something of `from` may leave, in a life that holds what is older than itself: not before a person
/// has decided. `None`: it is not held.
pub async fn held_if_older(reads: &mut impl Reads, from: Timestamp) -> StoreResult<Option<Timestamp>> {
    let holds = current(reads).await?.filter(|instance| instance.held && from < instance.began_at);
    holds.map(|_| instant(HELD_FROM + from.as_millisecond())).transpose()
}

/// When what was planned at `planned_at` may leave at the earliest: then, or when a person released it since.
pub async fn leaves_at(reads: &mut impl Reads, planned_at: Timestamp) -> StoreResult<Timestamp> {
    let released: Option<i64> =
        on!(reads.tx(), |conn| sqlx::query_scalar(RELEASED).bind(planned_at.as_millisecond()).fetch_one(conn).await)?;
    Ok(released.map(instant).transpose()?.map_or(planned_at, |released| released.max(planned_at)))
}

/// What waits in this life; empty when nothing is held.
pub async fn held_work(reads: &mut impl Reads, instance: &Instance) -> StoreResult<HeldWork> {
    if !instance.held {
        return Ok(HeldWork::default());
    }
    let began_at = instance.began_at.as_millisecond();
    let rows: Vec<(i64, String, String, Option<i64>, i64)> =
        on!(reads.tx(), |conn| sqlx::query_as(BROADCASTS).bind(began_at).fetch_all(conn).await)?;
    let mut broadcasts = Vec::with_capacity(rows.len());
    for (id, title, state, send_at, waiting) in rows {
        let id = BroadcastId::from_raw(id);
        let state = BroadcastState::from_word(&state)
            .ok_or_else(|| StoreError::Damaged { row: id.to_string(), what: format!("state `{state}`") })?;
        broadcasts.push(HeldBroadcast { id, title, state, send_at: send_at.map(instant).transpose()?, waiting });
    }
    let other_texts: i64 =
        on!(reads.tx(), |conn| sqlx::query_scalar(OTHER_TEXTS).bind(HELD_FROM).fetch_one(conn).await)?;
    let jobs = on!(reads.tx(), |conn| sqlx::query_as(JOBS).bind(HELD_FROM).fetch_all(conn).await)?;
    Ok(HeldWork { broadcasts, other_texts, jobs })
}
