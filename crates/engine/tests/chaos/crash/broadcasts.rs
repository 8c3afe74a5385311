//! General must not double, Schools Out must not miss, and neither may lose.

use std::collections::BTreeMap;
use std::sync::Arc;

use schoolbell_domain::category::Category;
use schoolbell_engine::Engine;
use schoolbell_engine::clock::SystemClock;

use super::child;
use super::killer::{self, Moment};
use crate::judge::{Verdict, judge};
use crate::smsc::Smsc;
use crate::world;

/// How many families, how many kills, which seed.
struct Run {
    families: usize,
    kills: usize,
    seed: u64,
}

async fn play(category: Category, run: &Run) -> (Verdict, BTreeMap<Moment, usize>) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("crash.db");
    let smsc = Smsc::open().await;
    let families = i64::try_from(run.families).unwrap();
    let db = child::open(&file).await;
    let engine = Engine::new(db.clone(), Arc::new(SystemClock), 1);
    world::build(&engine, &db, world::gateway(smsc.port, 1000.0), families).await;
    let broadcast = world::send(&engine, category, "Schools close at noon today.").await;
    db.close().await;
    let moments = killer::run(&file, &smsc, broadcast, (run.families, run.kills, run.seed)).await;
    let db = child::open(&file).await;
    let verdict = judge(&db, &smsc, (broadcast, None)).await;
    db.close().await;
    println!("{}: {} kills by moment {moments:?}; {verdict:?}", category.key(), run.kills);
    (verdict, moments)
}

fn general_holds(verdict: &Verdict, run: &Run) {
    assert_eq!(verdict.deliveries, run.families);
    assert_eq!((verdict.lost, verdict.doubled, verdict.receipts_lost), (0, 0, 0), "{verdict:?}");
}

fn schools_out_holds(verdict: &Verdict, run: &Run) {
    assert_eq!(verdict.deliveries, run.families);
    assert_eq!((verdict.lost, verdict.unconfirmed, verdict.receipts_lost), (0, 0, 0), "{verdict:?}");
}

/// Each row of the crash table was hit.
fn covers(moments: &BTreeMap<Moment, usize>) {
    for moment in [Moment::AfterSend, Moment::Planning, Moment::Sending, Moment::Receipts] {
        assert!(moments.contains_key(&moment), "no kill fell into {moment:?}: {moments:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_general_broadcast_that_is_killed_six_times_loses_and_doubles_nothing() {
    let run = Run { families: 900, kills: 6, seed: 7 };
    let (verdict, moments) = play(Category::General, &run).await;
    general_holds(&verdict, &run);
    covers(&moments);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn schools_out_that_is_killed_six_times_reaches_every_family() {
    let run = Run { families: 900, kills: 6, seed: 8 };
    let (verdict, moments) = play(Category::SchoolsOut, &run).await;
    schools_out_holds(&verdict, &run);
    covers(&moments);
}

/// The long form: `scripts/chaos/kill-broadcast` runs it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes; scripts/chaos/kill-broadcast runs it"]
async fn twenty_thousand_deliveries_and_twenty_four_kills_in_each_category() {
    let number =
        |name: &str, or: u64| std::env::var_os(name).and_then(|text| text.to_str()?.parse::<u64>().ok()).unwrap_or(or);
    let run = Run {
        families: usize::try_from(number("SCHOOLBELL_CRASH_FAMILIES", 20_000)).unwrap(),
        kills: usize::try_from(number("SCHOOLBELL_CRASH_KILLS", 24)).unwrap(),
        seed: number("SCHOOLBELL_CRASH_SEED", 1),
    };
    let (verdict, moments) = play(Category::General, &run).await;
    general_holds(&verdict, &run);
    covers(&moments);
    let (verdict, moments) = play(Category::SchoolsOut, &run).await;
    schools_out_holds(&verdict, &run);
    covers(&moments);
}
