//! Everything that runs by itself: jobs, lanes, receipts, texts that come in, sweeps.

use std::sync::Arc;

use schoolbell_gateways::Gateway;
use schoolbell_store::StoreResult;
use schoolbell_store::write::jobs;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::dispatch::{Dispatcher, sweep};
use crate::jobs::{invite_numbers, runner, tell_absences};
use crate::receipts::Ears;
use crate::roles::{Role, Roles};
use crate::{Engine, follow, inbound, media, node, post};

/// Runs the engine with its gateways until `stop`, then settles what is at work and returns.
///
/// Fails only at the start, when the database cannot be written. What was being sent when the program last ended is
/// settled first.
pub async fn run(engine: Engine, gateways: Vec<Arc<dyn Gateway>>, stop: CancellationToken) -> StoreResult<()> {
    run_as(engine, gateways, Roles::all(), stop).await
}

/// As `run`, of all the work only that of `roles`. Every node registers all gateways, so that each plans alike.
pub async fn run_as(
    engine: Engine,
    gateways: Vec<Arc<dyn Gateway>>,
    roles: Roles,
    stop: CancellationToken,
) -> StoreResult<()> {
    if roles.works() {
        sweep::at_start(&engine).await?;
        runner::at_start(&engine).await?;
    }
    let carriers = gateways.clone();
    let dispatcher = Dispatcher::new(engine.clone(), gateways);
    dispatcher.register().await?;
    let school_day = tell_absences::job(&engine, engine.now());
    engine.db.write("look for absences to tell", async |tx| jobs::enqueue(tx, school_day).await).await?;
    let job = invite_numbers::job(&engine);
    engine.db.write("look for numbers to invite", async |tx| jobs::enqueue(tx, job).await).await?;

    // The ears outlast the lanes: carriers speak until their connection is closed.
    let deaf = CancellationToken::new();
    let ears = Ears::open(engine.clone(), deaf.clone());
    let mut tasks = JoinSet::new();
    if roles.has(Role::Jobs) {
        tasks.spawn(runner::run(engine.clone(), stop.clone()));
    }
    if roles.works() {
        tasks.spawn(sweep::run(engine.clone(), stop.clone()));
        tasks.spawn(inbound::run(engine.clone(), stop.clone()));
        tasks.spawn(media::run(engine.clone(), carriers, stop.clone()));
    }
    tasks.spawn(post::send(engine.clone(), deaf.clone()));
    tasks.spawn(post::hear(engine.clone(), deaf.clone()));
    tasks.spawn(follow::run(engine.clone(), stop.clone()));
    tasks.spawn(node::tell(engine.clone(), deaf.clone()));
    tasks.spawn(engine.touched.clone().tell(engine.live.clone(), deaf.clone()));
    dispatcher.run(&roles, ears, stop.clone()).await;
    stop.cancelled().await;
    deaf.cancel();
    while let Some(ended) = tasks.join_next().await {
        if let Err(error) = ended {
            tracing::error!(%error, "a task of the engine broke off");
        }
    }
    Ok(())
}
