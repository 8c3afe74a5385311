//! One node at a time has a gateway: it takes the hold, keeps it while its lane runs, and lets it go at its end. A node
//! that dies or is cut off loses it after [`TERM`], and another takes over.
//!
//! The holder counts by the machine's running time from the moment at which it asked, others by the time of the database
//! from the moment at which it was told, which is later: so the holder stops before another begins. On SQLite there is
//! one node, and nothing to hold.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use schoolbell_gateways::{Gateway, InboundSink, Right};
use schoolbell_store::write::gateways;
use schoolbell_store::{Lease, StoreError, StoreResult, db};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::lane;
use crate::{Engine, inbound};

/// A hold that is not kept ends so long after it was last kept.
const TERM: SignedDuration = SignedDuration::from_secs(6);
/// So much earlier the holder itself stops.
const MARGIN: Duration = Duration::from_secs(1);
const KEEP_EVERY: Duration = Duration::from_millis(1_500);
/// How long a node waits before it looks again whether a gateway is free.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// For each gateway that a node holds already it waits so long before it takes another: nodes that start together share.
const COURTESY: Duration = Duration::from_millis(300);

/// Runs the lane of a gateway whenever this node holds it, until `stop`.
pub(super) async fn run(
    engine: Engine,
    gateway: Arc<dyn Gateway>,
    sink: Arc<dyn InboundSink>,
    stop: CancellationToken,
) {
    let name = gateway.name().to_owned();
    while let Some(right) = take(&engine, &name, &stop).await {
        // A STOP that a dead node has kept and not handled counts before anything leaves.
        inbound::drain(&engine).await;
        let (ended, lane_stop) = (CancellationToken::new(), stop.child_token());
        let lane = async {
            lane::run(engine.clone(), (gateway.clone(), right.clone()), sink.clone(), lane_stop.clone()).await;
            ended.cancel();
        };
        tokio::join!(lane, keep(&engine, &name, &right, (&ended, &lane_stop)));
        engine.holding.fetch_sub(1, std::sync::atomic::Ordering::Relaxed);
        let_go(&engine, &name).await;
        // A gateway that ended by itself is not started again in a circle.
        stop.run_until_cancelled(tokio::time::sleep(LOOK_EVERY)).await.unwrap_or(());
    }
}

/// Waits until the gateway is this node's; `None` at the stop.
async fn take(engine: &Engine, name: &str, stop: &CancellationToken) -> Option<Right> {
    use std::sync::atomic::Ordering::Relaxed;
    while !stop.is_cancelled() {
        if engine.db.engine() == db::Engine::Sqlite {
            engine.holding.fetch_add(1, Relaxed);
            return Some(Right::default());
        }
        let others = u32::try_from(engine.holding.load(Relaxed)).unwrap_or(u32::MAX);
        stop.run_until_cancelled(tokio::time::sleep(COURTESY * others)).await?;
        let asked_at = Instant::now();
        match in_time(write(engine, name, gateways::take)).await {
            Ok(true) => {
                tracing::info!(gateway = name, node = engine.node.name(), "this node has the gateway");
                engine.holding.fetch_add(1, Relaxed);
                return Some(Right::until(end_of(asked_at)));
            }
            Ok(false) => {}
            Err(error) => tracing::warn!(gateway = name, %error, "whether the gateway is free is not known"),
        }
        stop.run_until_cancelled(tokio::time::sleep(LOOK_EVERY)).await?;
    }
    None
}

/// Keeps the hold until the lane has ended. When it is lost, the right ends and the lane is told to stop.
async fn keep(
    engine: &Engine,
    name: &str,
    right: &Right,
    (ended, lane_stop): (&CancellationToken, &CancellationToken),
) {
    if engine.db.engine() == db::Engine::Sqlite {
        return;
    }
    while ended.run_until_cancelled(tokio::time::sleep(KEEP_EVERY)).await.is_some() {
        let asked_at = Instant::now();
        match in_time(write(engine, name, gateways::keep)).await {
            // A right that has ended once is not revived: the gateway has closed by it. The hold is taken anew.
            Ok(true) if right.holds() => right.extend(end_of(asked_at)),
            Ok(true) => tracing::warn!(gateway = name, node = engine.node.name(), "this node was away for too long"),
            Ok(false) => {
                tracing::warn!(gateway = name, node = engine.node.name(), "another node has taken the gateway");
                right.end();
            }
            Err(error) => tracing::warn!(gateway = name, %error, "the hold of the gateway was not kept"),
        }
        if !right.holds() {
            lane_stop.cancel();
            return;
        }
    }
}

async fn let_go(engine: &Engine, name: &str) {
    if engine.db.engine() == db::Engine::Sqlite {
        return;
    }
    let node = engine.node.name();
    let released = engine.db.write("let a gateway go", async |tx| gateways::release(tx, name, node).await);
    if let Err(error) = in_time(released).await {
        tracing::warn!(gateway = name, %error, "the gateway was not let go; it is free when its hold has run out");
    }
}

fn end_of(asked_at: Instant) -> Instant {
    asked_at + TERM.unsigned_abs() - MARGIN
}

async fn write(
    engine: &Engine,
    name: &str,
    step: impl AsyncFn(&mut schoolbell_store::Tx, &str, &str, Lease) -> StoreResult<bool>,
) -> StoreResult<bool> {
    let now = engine.now();
    engine
        .db
        .write("hold a gateway", async |tx| {
            let lease = Lease::of(tx, now, TERM).await?;
            step(tx, name, engine.node.name(), lease).await
        })
        .await
}

/// A database that does not answer must not keep a node from seeing that its time is over.
async fn in_time<T>(asked: impl Future<Output = StoreResult<T>>) -> StoreResult<T> {
    match tokio::time::timeout(KEEP_EVERY, asked).await {
        Ok(answer) => answer,
        Err(_) => Err(StoreError::Away("no answer in time".to_owned())),
    }
}
