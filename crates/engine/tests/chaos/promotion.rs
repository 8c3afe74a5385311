//! The primary is lost in the middle of a broadcast and its synchronous standby is promoted: nothing that was committed is
//! gone, so nothing goes twice.

use std::time::Instant;

use crate::faults::{Chaos, Run};
use crate::server::Server;
use crate::verdict::Totals;

/// Loses the primary `times` times, each time after a fresh standby has joined. Answers how many counted.
async fn play(run: &Run, times: usize) -> Option<(usize, Totals)> {
    let mut primary = Server::start()?;
    let mut standby = primary.standby();
    // A lost machine comes back as a standby under its old address.
    let url = format!(
        "postgres://postgres@127.0.0.1:{},127.0.0.1:{}/postgres?target_session_attrs=read-write",
        primary.port, standby.port
    );
    let mut chaos = Chaos::begin(&url, run).await;
    let mut counted = 0;
    for n in 1..=times {
        chaos.until_in_flight().await;
        let in_flight = chaos.is_in_flight().await;
        let began = Instant::now();
        primary.die();
        standby.promote();
        counted += usize::from(in_flight);
        println!("promotion {n}: struck in flight: {in_flight}, promoted after {:?}", began.elapsed());
        let port = primary.port;
        drop(primary);
        primary = standby;
        chaos.one_more_stop();
        chaos.until_in_flight().await;
        println!("promotion {n}: texts flow again after {:?}", began.elapsed());
        standby = primary.standby_on(port);
    }
    let totals = chaos.end().await;
    println!("seed {}: {counted} promotions counted of {times}", run.seed);
    println!("{totals:?}");
    Some((counted, totals))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_standby_that_is_promoted_in_mid_broadcast_loses_and_doubles_nothing() {
    let run = Run { families: 500, faults: 1, seed: 5, freeze_ms: 1..2 };
    let Some((counted, totals)) = play(&run, 1).await else { return };
    totals.must_hold();
    assert_eq!(counted, 1);
}

/// The long form: `scripts/chaos/faults` runs it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes; scripts/chaos/faults runs it"]
async fn as_many_promotions_as_asked_for() {
    let number =
        |name: &str, or: u64| std::env::var_os(name).and_then(|text| text.to_str()?.parse::<u64>().ok()).unwrap_or(or);
    let run = Run { families: 1_000, faults: 0, seed: number("SCHOOLBELL_CHAOS_SEED", 1), freeze_ms: 1..2 };
    let times = usize::try_from(number("SCHOOLBELL_CHAOS_PROMOTIONS", 5)).unwrap();
    let (_, totals) = play(&run, times).await.expect("run it by scripts/chaos/faults");
    totals.must_hold();
}
