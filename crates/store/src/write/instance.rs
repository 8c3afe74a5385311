//! A new life of the database: what it holds back, and how that is let go.

use jiff::Timestamp;
use schoolbell_domain::ids::{DeliveryId, SchoolId};

use crate::error::StoreResult;
use crate::on;
use crate::read::instance::{Decision, HELD_FROM};
use crate::sql::{execute_set, fill, rows_that_fit};
use crate::statements;
use crate::tx::Tx;

/// How a life begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Began {
    /// From a backup: what was planned is held.
    Restore,
    /// From another store, which ended: everything goes on.
    Move,
}

/// A delivery that is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeldDelivery {
    pub id: DeliveryId,
    pub school: Option<SchoolId>,
    pub urgent: bool,
    pub priority: i64,
    /// When it was to leave.
    pub not_before: Timestamp,
}

statements! {
    BEGIN = "INSERT INTO instance (epoch, began_at, began_by, backup_at, held) VALUES ($1, $2, $3, $4, $5)";
    NUMBER = "UPDATE district SET instance_epoch = $1 WHERE id = 1";
    HOLD_DELIVERIES = "UPDATE delivery SET not_before = not_before + $1 WHERE state = 1 AND not_before < $1";
    HOLD_JOBS = "UPDATE job SET run_at = run_at + $1, state = 'ready', lease_until = NULL \
        WHERE state IN ('ready', 'running') AND run_at < $2 AND kind NOT IN {list@3}";
    /// A session that was signed out and a link that was used since the backup must not come to life again.
    END_SESSIONS = "DELETE FROM session";
    END_LINKS = "DELETE FROM sign_in_link";
    END_FAMILY_SESSIONS = "DELETE FROM family_session";
    END_FAMILY_LINKS = "DELETE FROM family_link";
    END_FAMILY_CODES = "DELETE FROM family_code";
    LET_GATEWAYS_GO = "UPDATE gateway SET held_by = NULL, held_until = NULL";
    DECIDE = "UPDATE instance SET decision = $1, decided_at = $2 WHERE epoch = $3 AND held AND decision IS NULL";
    END_HOLD = "UPDATE instance SET held = FALSE WHERE epoch = $1 AND decision IS NOT NULL";
    LEAVE = "UPDATE instance SET moved_at = $1 WHERE epoch = $2 AND moved_at IS NULL";
    RETURN = "UPDATE instance SET moved_at = NULL WHERE moved_at IS NOT NULL";
    HELD = "SELECT id, school_id, urgent, priority, not_before FROM delivery WHERE state = 1 AND channel = $1 \
        AND priority = $2 AND not_before >= $3 ORDER BY not_before LIMIT $4{for update}";
    LET_GO = "WITH free (free_id, due) AS (VALUES {typed:bigint,bigint@1}) \
        UPDATE delivery SET not_before = free.due FROM free WHERE delivery.id = free.free_id AND delivery.state = 1";
    LET_JOBS_GO = "UPDATE job SET run_at = run_at - $1 WHERE state = 'ready' AND run_at >= $1";
    CANCEL_JOBS = "UPDATE job SET state = 'failed', last_error = $1 WHERE state = 'ready' AND run_at >= $2";
}

/// Begins a life. What a restored one holds is for [`hold`].
pub async fn begin(tx: &mut Tx, epoch: i64, began: Began, (at, backup_at): (Timestamp, Timestamp)) -> StoreResult<()> {
    let word = match began {
        Began::Restore => "restore",
        Began::Move => "move",
    };
    on!(&mut *tx, |conn| sqlx::query(BEGIN)
        .bind(epoch)
        .bind(at.as_millisecond())
        .bind(word)
        .bind(backup_at.as_millisecond())
        .bind(began == Began::Restore)
        .execute(conn)
        .await
        .map(drop))?;
    on!(&mut *tx, |conn| sqlx::query(NUMBER).bind(epoch).execute(conn).await.map(drop))?;
    on!(&mut *tx, |conn| sqlx::query(RETURN).execute(conn).await.map(drop))?;
    Ok(on!(tx, |conn| sqlx::query(LET_GATEWAYS_GO).execute(conn).await.map(drop))?)
}

/// Holds what is queued, and the jobs but those of these kinds; nobody stays signed in.
pub async fn hold(tx: &mut Tx, harmless: &[&str]) -> StoreResult<()> {
    on!(&mut *tx, |conn| sqlx::query(HOLD_DELIVERIES).bind(HELD_FROM).execute(conn).await.map(drop))?;
    execute_set!(tx, HOLD_JOBS, [HELD_FROM, HELD_FROM], harmless, |query, kind| query.bind(*kind))?;
    for statement in [END_SESSIONS, END_LINKS, END_FAMILY_SESSIONS, END_FAMILY_LINKS, END_FAMILY_CODES] {
        on!(&mut *tx, |conn| sqlx::query(statement).execute(conn).await.map(drop))?;
    }
    Ok(())
}

/// Notes what a person decided; `false` if nothing is held, or it was decided before.
pub async fn decide(tx: &mut Tx, epoch: i64, decision: Decision, at: Timestamp) -> StoreResult<bool> {
    let touched = on!(tx, |conn| sqlx::query(DECIDE)
        .bind(decision.word())
        .bind(at.as_millisecond())
        .bind(epoch)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(touched == 1)
}

/// The decision is carried out.
pub async fn end_hold(tx: &mut Tx, epoch: i64) -> StoreResult<()> {
    Ok(on!(tx, |conn| sqlx::query(END_HOLD).bind(epoch).execute(conn).await.map(drop))?)
}

/// The district leaves this database. Of the first life, a row is made for it.
pub async fn leave(tx: &mut Tx, epoch: i64, at: Timestamp) -> StoreResult<()> {
    let touched = on!(&mut *tx, |conn| sqlx::query(LEAVE)
        .bind(at.as_millisecond())
        .bind(epoch)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    if touched == 0 {
        on!(&mut *tx, |conn| sqlx::query(BEGIN)
            .bind(epoch)
            .bind(at.as_millisecond())
            .bind("move")
            .bind(at.as_millisecond())
            .bind(false)
            .execute(conn)
            .await
            .map(drop))?;
        on!(tx, |conn| sqlx::query(LEAVE).bind(at.as_millisecond()).bind(epoch).execute(conn).await.map(drop))?;
    }
    Ok(())
}

/// Held rows of one channel and priority, the first to leave first.
pub async fn lock_held(
    tx: &mut Tx,
    channel: schoolbell_domain::channel::Channel,
    priority: i64,
    most: i64,
) -> StoreResult<Vec<HeldDelivery>> {
    let text = fill(tx.engine(), HELD, 0);
    let rows: Vec<(i64, Option<i64>, bool, i64, i64)> =
        on!(tx, |conn| sqlx::query_as(sqlx::AssertSqlSafe(text.as_str()))
            .bind(channel.code())
            .bind(priority)
            .bind(HELD_FROM)
            .bind(most)
            .fetch_all(conn)
            .await)?;
    rows.into_iter()
        .map(|(id, school, urgent, priority, not_before)| {
            let not_before = crate::time::instant(not_before - HELD_FROM)?;
            let (id, school) = (DeliveryId::from_raw(id), school.map(SchoolId::from_raw));
            Ok(HeldDelivery { id, school, urgent, priority, not_before })
        })
        .collect()
}

/// From now on these leave at their times.
pub async fn let_go(tx: &mut Tx, rows: &[(DeliveryId, Timestamp)]) -> StoreResult<()> {
    for chunk in rows.chunks(rows_that_fit(2, 500)) {
        execute_set!(tx, LET_GO, [], chunk, |query, row| query.bind(row.0.raw()).bind(row.1.as_millisecond()))?;
    }
    Ok(())
}

/// From now on held jobs run at their times.
pub async fn let_jobs_go(tx: &mut Tx) -> StoreResult<()> {
    Ok(on!(tx, |conn| sqlx::query(LET_JOBS_GO).bind(HELD_FROM).execute(conn).await.map(drop))?)
}

/// Held jobs never run; `why` stands with them.
pub async fn cancel_jobs(tx: &mut Tx, why: &str) -> StoreResult<()> {
    Ok(on!(tx, |conn| sqlx::query(CANCEL_JOBS).bind(why).bind(HELD_FROM).execute(conn).await.map(drop))?)
}
