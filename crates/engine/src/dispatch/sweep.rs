//! What no answer settles: leases that ran out, expiry, receipts that missed their delivery by a hair, broadcasts that
//! are over. Each look costs a read; a write follows only where there is something to do.

use std::time::Duration;

use jiff::Timestamp;
use schoolbell_domain::delivery::DeliveryState;
use schoolbell_domain::delivery::settle::{InFlight, lost_lease};
use schoolbell_domain::ids::{DeliveryId, OriginId};
use schoolbell_store::tx::Reads;
use schoolbell_store::write::attempts::{self, AttemptEnd, EndedAttempt};
use schoolbell_store::write::queue::{self, Standing};
use schoolbell_store::write::tallies::{self, Moves};
use schoolbell_store::write::{completion, receipts};
use schoolbell_store::{Lease, StoreError, StoreResult, Tx, db, read};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::claim::LEASE;
use crate::{Engine, Queue};

const EVERY: Duration = Duration::from_secs(1);
/// So long after trouble with the database no lease is judged: its owner renews it within this time.
const GRACE: Duration = Duration::from_secs(5);
/// Rows moved in one transaction.
const BATCH: i64 = 1_000;

/// Sweeps once a second until `stop`.
pub(crate) async fn run(engine: Engine, stop: CancellationToken) {
    let mut troubled_at: Option<Instant> = None;
    loop {
        // A database that was away kept everybody from renewing: the owners come first.
        if troubled_at.is_none_or(|at| at.elapsed() >= GRACE) {
            troubled_at = None;
        }
        let leases = if troubled_at.is_none() { Leases::RanOut } else { Leases::Spared };
        if let Err(error) = once(&engine, leases).await {
            tracing::warn!(%error, "a sweep was not finished; the next one goes on");
            troubled_at = Some(Instant::now());
        }
        if stop.run_until_cancelled(tokio::time::sleep(EVERY)).await.is_none() {
            return;
        }
    }
}

/// One sweep.
async fn once(engine: &Engine, leases: Leases) -> StoreResult<()> {
    lost(engine, leases).await?;
    expire(engine).await?;
    match_receipts(engine).await?;
    let done = engine.db.write("finish", async |tx| completion::finish(tx, engine.now()).await).await?;
    engine.touched.touch(done.into_iter().map(OriginId::from));
    Ok(())
}

/// At the start of the program: on SQLite nobody else holds a lease, so what was being sent when it last ended is
/// settled at once. On PostgreSQL another node may be at work; there the leases tell.
pub(crate) async fn at_start(engine: &Engine) -> StoreResult<()> {
    let leases = match engine.db.engine() {
        db::Engine::Sqlite => Leases::All,
        db::Engine::Postgres => Leases::RanOut,
    };
    lost(engine, leases).await
}

/// Which leases count as lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Leases {
    All,
    RanOut,
    /// None, this time.
    Spared,
}

impl Leases {
    /// Those that end before this instant are lost.
    async fn lost_before(self, engine: &Engine, reads: &mut impl Reads) -> StoreResult<Timestamp> {
        match self {
            Self::All => Ok(Timestamp::MAX),
            Self::RanOut => Ok(Lease::of(reads, engine.now(), LEASE).await?.from),
            Self::Spared => Ok(Timestamp::MIN),
        }
    }
}

async fn lost(engine: &Engine, leases: Leases) -> StoreResult<()> {
    loop {
        let mut reads = engine.db.read().await?;
        let before = leases.lost_before(engine, &mut reads).await?;
        if !read::queue::is_lost(&mut reads, before).await? {
            break;
        }
        drop(reads);
        let moved = in_transaction(engine, "lost leases", async |tx, moves| {
            let (ours, lost): (Vec<_>, Vec<_>) =
                queue::lock_lost(tx, before, BATCH).await?.into_iter().partition(|row| engine.held.holds(row.id));
            settle_lost(tx, &lost, engine.now(), moves).await?;
            let ours: Vec<DeliveryId> = ours.into_iter().map(|row| row.id).collect();
            let lease = Lease::of(tx, engine.now(), LEASE).await?;
            queue::renew(tx, &ours, lease.until).await?;
            Ok(lost.len())
        })
        .await?;
        if moved > 0 {
            tracing::warn!(deliveries = moved, "leases were lost; what is urgent goes again, the rest is unconfirmed");
        }
        if moved == 0 {
            // They are our own and alive, or another node has them.
            break;
        }
        engine.wake.now(Queue::Deliveries);
    }
    Ok(())
}

async fn settle_lost(tx: &mut Tx, rows: &[Standing], now: Timestamp, moves: &mut Moves) -> StoreResult<()> {
    let steps: Vec<_> = rows
        .iter()
        .map(|row| {
            let in_flight = InFlight {
                channel: row.place.channel,
                urgent: row.urgent,
                attempts: row.attempts,
                expires_at: row.expires_at,
            };
            let settled = lost_lease(in_flight, now);
            row.step(settled.state, settled.not_before)
        })
        .collect();
    queue::advance(tx, now, &steps, moves).await?;
    let ended: Vec<_> = rows
        .iter()
        .map(|row| EndedAttempt {
            delivery: row.id,
            number: row.attempts,
            end: AttemptEnd::LeaseLost,
            code: String::new(),
        })
        .collect();
    attempts::end(tx, now, &ended).await
}

/// Ends what is still open when its expiry has passed: nothing stays pending for ever.
async fn expire(engine: &Engine) -> StoreResult<()> {
    let now = engine.now();
    while read::queue::system_is_expired(&mut engine.db.read().await?, now).await? {
        let moved = in_transaction(engine, "expire", async |tx, moves| {
            let rows = queue::lock_expired_of_system(tx, now, BATCH).await?;
            expire_rows(tx, &rows, now, moves).await
        })
        .await?;
        if moved == 0 {
            break;
        }
    }
    for origin in read::queue::expired_broadcasts(&mut engine.db.read().await?, now).await? {
        loop {
            let moved = in_transaction(engine, "expire a broadcast", async |tx, moves| {
                let rows = queue::lock_expired(tx, origin, now, BATCH).await?;
                expire_rows(tx, &rows, now, moves).await
            })
            .await?;
            if moved == 0 {
                break;
            }
        }
    }
    Ok(())
}

async fn expire_rows(tx: &mut Tx, rows: &[Standing], now: Timestamp, moves: &mut Moves) -> StoreResult<usize> {
    let steps: Vec<_> = rows.iter().map(|row| row.step(DeliveryState::Expired(row.state.kind()), None)).collect();
    queue::advance(tx, now, &steps, moves).await?;
    Ok(rows.len())
}

/// Receipts whose delivery was settled in the very moment in which they came.
async fn match_receipts(engine: &Engine) -> StoreResult<()> {
    loop {
        let waiting = receipts::waiting_with_part(&mut engine.db.read().await?, BATCH).await?;
        if waiting.is_empty() {
            return Ok(());
        }
        in_transaction(engine, "match receipts", async |tx, moves| {
            let mut by_gateway: std::collections::BTreeMap<&str, Vec<String>> = std::collections::BTreeMap::new();
            for receipt in &waiting {
                by_gateway.entry(&receipt.gateway).or_default().push(receipt.reference.clone());
            }
            for (gateway, references) in by_gateway {
                crate::receipts::match_waiting(engine, tx, gateway, &references, moves).await?;
            }
            Ok(())
        })
        .await?;
    }
}

async fn in_transaction<T>(
    engine: &Engine,
    name: &'static str,
    body: impl AsyncFnOnce(&mut Tx, &mut Moves) -> StoreResult<T>,
) -> StoreResult<T> {
    let (value, moves) = engine
        .db
        .write(name, async |tx| {
            let mut moves = Moves::default();
            let value = body(tx, &mut moves).await?;
            tallies::apply(tx, &moves).await?;
            Ok::<_, StoreError>((value, moves))
        })
        .await?;
    engine.touched.touch(moves.origins());
    Ok(value)
}
