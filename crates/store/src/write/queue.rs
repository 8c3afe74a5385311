//! The queue that the delivery rows are: claimed in sets, moved in sets, each move guarded by what it expects.

use std::collections::HashSet;

use jiff::Timestamp;
use schoolbell_domain::channel::Channel;
use schoolbell_domain::delivery::DeliveryState;
use schoolbell_domain::ids::{ContentId, DeliveryId, OriginId, SchoolId};
use schoolbell_domain::people::Address;

use super::deliveries::OriginKind;
use super::tallies::{Moves, Place};
use crate::error::{StoreError, StoreResult};
use crate::on;
use crate::sql::{execute_set, fetch_set, fill, rows_that_fit};
use crate::statements;
use crate::tx::Tx;

/// A delivery as the dispatch sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    pub id: DeliveryId,
    pub place: Place,
    pub origin_kind: OriginKind,
    /// `None` only for what was left out.
    pub address: Option<Address>,
    pub content: Option<ContentId>,
    /// The word of the plan's `Basis`.
    pub basis: String,
    /// Where it stands; of a claimed row, where it stood before.
    pub state: DeliveryState,
    /// Attempts begun: the fencing token of the lease.
    pub attempts: u32,
    pub urgent: bool,
    pub expires_at: Timestamp,
}

/// One step of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    pub id: DeliveryId,
    pub place: Place,
    /// It happens only if the row still stands here, with so many attempts begun.
    pub from: DeliveryState,
    pub attempts: u32,
    pub to: DeliveryState,
    /// `None` leaves it as it is.
    pub not_before: Option<Timestamp>,
}

/// What to claim.
#[derive(Debug, Clone, Copy)]
pub struct Claim {
    pub channel: Channel,
    pub priority: i64,
    pub now: Timestamp,
    pub lease_until: Timestamp,
    pub most: i64,
}

#[derive(sqlx_macros::FromRow)]
struct Row {
    id: i64,
    origin_id: i64,
    origin_kind: i64,
    channel: i64,
    school_id: Option<i64>,
    address: Option<String>,
    content_id: Option<i64>,
    basis: String,
    state: i64,
    reason: i64,
    attempts: i64,
    urgent: bool,
    expires_at: i64,
}

macro_rules! columns {
    () => {
        "id, origin_id, origin_kind, channel, school_id, address, content_id, basis, state, reason, attempts, urgent, \
         expires_at"
    };
}

statements! {
    /// The reason stays as it was, so that the answer tells the state before.
    CLAIM = concat!("WITH due AS MATERIALIZED (SELECT id AS due_id FROM delivery \
        WHERE state = 1 AND channel = $1 AND priority = $2 AND not_before <= $3 ORDER BY not_before LIMIT $4{skip locked}) \
        UPDATE delivery SET state = 2, attempts = attempts + 1, lease_until = $5, updated_at = $3 \
        WHERE id IN (SELECT due_id FROM due) RETURNING ", columns!());
    LOCK = concat!("SELECT ", columns!(), " FROM delivery WHERE id IN {list@1} ORDER BY id{for update}");
    LOCK_QUEUED = concat!("SELECT ", columns!(), " FROM delivery WHERE state = 1 AND address = $1 AND channel = $2 \
        ORDER BY id{for update}");
    LOCK_QUEUED_OF_ORIGIN = concat!("SELECT ", columns!(), " FROM delivery WHERE origin_id = $1 AND state <> 0 \
        AND state = 1 LIMIT $2{for update}");
    LOCK_LOST = concat!("SELECT ", columns!(), " FROM delivery WHERE state = 2 AND lease_until < $1 \
        ORDER BY lease_until LIMIT $2{skip locked}");
    LOCK_EXPIRED_OF_ORIGIN = concat!("SELECT ", columns!(), " FROM delivery WHERE origin_id = $1 AND state <> 0 \
        AND state IN (1, 3, 7) AND expires_at <= $2 ORDER BY id LIMIT $3{skip locked}");
    LOCK_EXPIRED_OF_SYSTEM = concat!("SELECT ", columns!(), " FROM delivery WHERE origin_kind <> 1 \
        AND state IN (1, 2, 3, 7) AND state <> 2 AND expires_at <= $1 ORDER BY expires_at LIMIT $2{skip locked}");
    ADVANCE = "WITH step (step_id, was, tries, becomes, why, due, moment) AS (VALUES {typed:bigint,bigint,bigint,bigint,bigint,bigint,bigint@1}) \
        UPDATE delivery SET state = step.becomes, reason = step.why, \
        not_before = COALESCE(step.due, delivery.not_before), lease_until = NULL, updated_at = step.moment \
        FROM step WHERE delivery.id = step.step_id AND delivery.state = step.was AND delivery.attempts = step.tries \
        RETURNING id";
    RENEW = "UPDATE delivery SET lease_until = $1 WHERE state = 2 AND id IN {list@2}";
}

impl Standing {
    /// The step from here to `to`.
    pub const fn step(&self, to: DeliveryState, not_before: Option<Timestamp>) -> Step {
        Step { id: self.id, place: self.place, from: self.state, attempts: self.attempts, to, not_before }
    }
}

/// Takes rows that are due, of one channel and priority: they are being sent, and one attempt more has begun.
/// Answers them as they stood before, in the order of their ids. The counters are moved in `moves`.
pub async fn claim(tx: &mut Tx, claim: Claim, moves: &mut Moves) -> StoreResult<Vec<Standing>> {
    let text = fill(tx.engine(), CLAIM, 0);
    let rows: Vec<Row> = on!(tx, |conn| sqlx::query_as(sqlx::AssertSqlSafe(text.as_str()))
        .bind(claim.channel.code())
        .bind(claim.priority)
        .bind(claim.now.as_millisecond())
        .bind(claim.most)
        .bind(claim.lease_until.as_millisecond())
        .fetch_all(conn)
        .await)?;
    let mut claimed = rows.into_iter().map(before_claim).collect::<StoreResult<Vec<_>>>()?;
    claimed.sort_by_key(|row| row.id);
    for row in &claimed {
        moves.leave(row.place, row.state);
        moves.enter(row.place, DeliveryState::Sending);
    }
    Ok(claimed)
}

/// Reads rows, and on PostgreSQL keeps others from moving them until the end of the transaction.
pub async fn lock(tx: &mut Tx, ids: &[DeliveryId]) -> StoreResult<Vec<Standing>> {
    let mut standings = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(rows_that_fit(1, 1000)) {
        let rows = fetch_set!(tx, Row, LOCK, [], chunk, |query, id| query.bind(id.raw()))?;
        for row in rows {
            standings.push(standing(row)?);
        }
    }
    Ok(standings)
}

/// What waits for this address on this channel.
pub async fn lock_queued(tx: &mut Tx, address: &str, channel: Channel) -> StoreResult<Vec<Standing>> {
    let text = fill(tx.engine(), LOCK_QUEUED, 0);
    let rows: Vec<Row> = on!(tx, |conn| sqlx::query_as(sqlx::AssertSqlSafe(text.as_str()))
        .bind(address)
        .bind(channel.code())
        .fetch_all(conn)
        .await)?;
    rows.into_iter().map(standing).collect()
}

/// Cancels what still waits of an origin, at most `most` rows; answers how many. Call until it answers 0.
pub async fn cancel_queued(tx: &mut Tx, origin: OriginId, now: Timestamp, most: i64) -> StoreResult<usize> {
    let text = fill(tx.engine(), LOCK_QUEUED_OF_ORIGIN, 0);
    let rows: Vec<Row> = on!(tx, |conn| sqlx::query_as(sqlx::AssertSqlSafe(text.as_str()))
        .bind(origin.raw())
        .bind(most)
        .fetch_all(conn)
        .await)?;
    let waiting = rows.into_iter().map(standing).collect::<StoreResult<Vec<_>>>()?;
    let steps: Vec<_> = waiting.iter().map(|row| row.step(DeliveryState::Cancelled, None)).collect();
    let mut moves = Moves::default();
    let done = advance(tx, now, &steps, &mut moves).await?;
    super::tallies::apply(tx, &moves).await?;
    Ok(done.len())
}

/// Rows whose lease ran out: whoever sent them is gone.
pub async fn lock_lost(tx: &mut Tx, before: Timestamp, most: i64) -> StoreResult<Vec<Standing>> {
    let text = fill(tx.engine(), LOCK_LOST, 0);
    let rows: Vec<Row> = on!(tx, |conn| sqlx::query_as(sqlx::AssertSqlSafe(text.as_str()))
        .bind(before.as_millisecond())
        .bind(most)
        .fetch_all(conn)
        .await)?;
    rows.into_iter().map(standing).collect()
}

/// Open rows of an origin whose expiry has passed; what is being sent is left to its answer or its lease.
pub async fn lock_expired(tx: &mut Tx, origin: OriginId, now: Timestamp, most: i64) -> StoreResult<Vec<Standing>> {
    let text = fill(tx.engine(), LOCK_EXPIRED_OF_ORIGIN, 0);
    let rows: Vec<Row> = on!(tx, |conn| sqlx::query_as(sqlx::AssertSqlSafe(text.as_str()))
        .bind(origin.raw())
        .bind(now.as_millisecond())
        .bind(most)
        .fetch_all(conn)
        .await)?;
    rows.into_iter().map(standing).collect()
}

/// Open rows of conversations and of the system whose expiry has passed.
pub async fn lock_expired_of_system(tx: &mut Tx, now: Timestamp, most: i64) -> StoreResult<Vec<Standing>> {
    let text = fill(tx.engine(), LOCK_EXPIRED_OF_SYSTEM, 0);
    let rows: Vec<Row> = on!(tx, |conn| sqlx::query_as(sqlx::AssertSqlSafe(text.as_str()))
        .bind(now.as_millisecond())
        .bind(most)
        .fetch_all(conn)
        .await)?;
    rows.into_iter().map(standing).collect()
}

/// Takes the steps whose rows still stand where the step expects them; answers which. The counters are moved in `moves`.
pub async fn advance(
    tx: &mut Tx,
    now: Timestamp,
    steps: &[Step],
    moves: &mut Moves,
) -> StoreResult<HashSet<DeliveryId>> {
    let mut taken = HashSet::with_capacity(steps.len());
    for chunk in steps.chunks(rows_that_fit(7, 500)) {
        let rows = fetch_set!(tx, (i64,), ADVANCE, [], chunk, |query, step| query
            .bind(step.id.raw())
            .bind(step.from.kind().code())
            .bind(i64::from(step.attempts))
            .bind(step.to.kind().code())
            .bind(step.to.reason_code())
            .bind(step.not_before.map(Timestamp::as_millisecond))
            .bind(now.as_millisecond()))?;
        taken.extend(rows.into_iter().map(|(id,)| DeliveryId::from_raw(id)));
    }
    for step in steps.iter().filter(|step| taken.contains(&step.id)) {
        moves.leave(step.place, step.from);
        moves.enter(step.place, step.to);
    }
    Ok(taken)
}

/// Keeps the right to what is being sent.
pub async fn renew(tx: &mut Tx, ids: &[DeliveryId], lease_until: Timestamp) -> StoreResult<u64> {
    let mut renewed = 0;
    for chunk in ids.chunks(rows_that_fit(1, 1000)) {
        renewed += execute_set!(tx, RENEW, [lease_until.as_millisecond()], chunk, |query, id| query.bind(id.raw()))?;
    }
    Ok(renewed)
}

/// A row as `CLAIM` answers it: `state` is new, `reason` still that of the queued row.
fn before_claim(row: Row) -> StoreResult<Standing> {
    standing(Row { state: schoolbell_domain::delivery::StateKind::Queued.code(), ..row })
}

fn standing(row: Row) -> StoreResult<Standing> {
    let damaged =
        |what: &str| StoreError::Damaged { row: DeliveryId::from_raw(row.id).to_string(), what: what.to_owned() };
    let address = row.address.as_deref().map(|text| Address::from_stored(text).ok_or_else(|| damaged("its address")));
    Ok(Standing {
        id: DeliveryId::from_raw(row.id),
        place: Place {
            origin: OriginId::from_raw(row.origin_id),
            channel: Channel::from_code(row.channel).ok_or_else(|| damaged("its channel"))?,
            school: row.school_id.map(SchoolId::from_raw),
        },
        origin_kind: OriginKind::from_code(row.origin_kind).ok_or_else(|| damaged("its origin"))?,
        address: address.transpose()?,
        content: row.content_id.map(ContentId::from_raw),
        state: DeliveryState::from_codes(row.state, row.reason).ok_or_else(|| damaged("its state"))?,
        attempts: u32::try_from(row.attempts).map_err(|_| damaged("its attempts"))?,
        urgent: row.urgent,
        expires_at: Timestamp::from_millisecond(row.expires_at).map_err(|_| damaged("its expiry"))?,
        basis: row.basis,
    })
}
