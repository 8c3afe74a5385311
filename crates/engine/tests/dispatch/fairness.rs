//! Who goes first, who waits for whom, and what happens when there is no room: with figures.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use schoolbell_domain::channel::Channel;
use schoolbell_domain::ids::DeliveryId;
use schoolbell_gateways::{Capacity, Gateway};
use schoolbell_store::StoreError;
use schoolbell_store::testing::{fill_up, make_room, on_both};
use schoolbell_store::write::deliveries::NewDelivery;
use tokio_util::sync::CancellationToken;

use crate::bench::{Bench, Started};
use crate::carrier::{Carrier, accepted};

const GENERAL: usize = 100_000;
const WINDOW: usize = 100;
/// What a lane holds of a gateway with that window and no rate: the window, and as much ahead.
const ONE_CLAIM: usize = 2 * WINDOW;

fn start_all(bench: &Bench, carriers: &[Arc<Carrier>]) -> Started {
    let stop = CancellationToken::new();
    let gateways: Vec<Arc<dyn Gateway>> = carriers.iter().map(|one| Arc::clone(one) as Arc<dyn Gateway>).collect();
    let ended = tokio::spawn(schoolbell_engine::run(bench.engine.clone(), gateways, stop.clone()));
    Started { stop, ended }
}

/// How many it took; `took` itself would copy a hundred thousand each time.
fn taken_by(carrier: &Carrier) -> usize {
    carrier.took.lock().unwrap().len()
}

async fn until(what: &str, most: Duration, done: impl Fn() -> bool) {
    let began = Instant::now();
    while !done() {
        assert!(began.elapsed() < most, "{what}: not within {most:?}");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Issue 3: an emergency overtakes everything queued within one claim.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_emergency_overtakes_a_hundred_thousand_general_deliveries_within_one_claim() {
    on_both(async |db| -> Result<(), StoreError> {
        let engine = db.engine();
        let bench = Bench::new(db);
        bench.queue(Channel::Email, GENERAL, |_| {}).await;
        let carrier = Carrier::with(Channel::Email, Capacity { window: WINDOW, per_second: 1e9 }, accepted);
        let started = bench.start(carrier.clone());
        until("the newsletter begins", Duration::from_mins(1), || taken_by(&carrier) > 3 * ONE_CLAIM).await;
        let urgent = |row: &mut NewDelivery| {
            row.priority = 10;
            row.urgent = true;
            row.merge_group = 1;
        };
        let urgent: HashSet<DeliveryId> =
            bench.queue(Channel::Email, 50, urgent).await.into_iter().map(|row| row.id).collect();
        let (before, pressed) = (taken_by(&carrier), Instant::now());
        let left = |carrier: &Carrier| {
            let took = carrier.took.lock().unwrap();
            took[before..].iter().filter(|one| urgent.contains(&one.delivery)).count()
        };
        until("the emergency leaves", Duration::from_mins(1), || left(&carrier) == urgent.len()).await;
        let within = pressed.elapsed();
        let took = carrier.took();
        let last = took.iter().rposition(|one| urgent.contains(&one.delivery)).unwrap();
        let overtaken_late = last + 1 - before - urgent.len();
        let waiting = GENERAL - (took.len() - urgent.len());
        println!("{engine:?}: the emergency had left {within:?} after its commit, behind {overtaken_late} of the newsletter; {waiting} of it still waited");
        assert!(overtaken_late <= 2 * ONE_CLAIM, "{overtaken_late}: what was claimed before, and one claim under way");
        assert!(waiting > GENERAL / 2, "the newsletter was nearly over: {waiting}");
        started.end().await;
        Ok(())
    })
    .await
    .unwrap();
}

/// How long so many e-mails take beside these other carriers.
async fn mails(bench: &Bench, beside: &[Arc<Carrier>], count: usize) -> Duration {
    let mail = Carrier::with(Channel::Email, Capacity { window: WINDOW, per_second: 1e9 }, accepted);
    let carriers: Vec<_> = beside.iter().cloned().chain([mail.clone()]).collect();
    let rows = bench.queue(Channel::Email, count, |row| row.merge_group = bench.id()).await.len();
    let began = Instant::now();
    let started = start_all(bench, &carriers);
    until("the mails leave", Duration::from_mins(1), || taken_by(&mail) == rows).await;
    let took = began.elapsed();
    for carrier in beside {
        carrier.gate.add_permits(100_000);
    }
    started.end().await;
    took
}

/// Answers ten after each five seconds.
fn slow(name: &'static str, channel: Channel) -> Arc<Carrier> {
    let carrier = Carrier::named(name, channel, accepted);
    carrier.close_gate();
    let slow = carrier.clone();
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(Duration::from_secs(5)).await;
            slow.gate.add_permits(10);
        }
    });
    carrier
}

/// Issue 3: a slow carrier slows only its own gateway.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_carrier_that_answers_after_five_seconds_slows_only_its_own_gateway() {
    on_both(async |db| -> Result<(), StoreError> {
        let engine = db.engine();
        let bench = Bench::new(db);
        let alone = mails(&bench, &[], 3_000).await;
        bench.queue(Channel::Sms, 3_000, |_| {}).await;
        let texts = slow("texts", Channel::Sms);
        let beside = mails(&bench, std::slice::from_ref(&texts), 3_000).await;
        println!("{engine:?}: 3,000 mails alone {alone:?}, beside a slow carrier of texts {beside:?}");
        assert!(beside < alone * 4 + Duration::from_secs(2), "alone {alone:?}, beside {beside:?}");
        Ok(())
    })
    .await
    .unwrap();
}

/// Of one channel too: a slow gateway keeps what it has claimed, the rest leaves through the other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_gateways_of_a_channel_the_slow_one_keeps_only_its_window() {
    on_both(async |db| -> Result<(), StoreError> {
        let engine = db.engine();
        let bench = Bench::new(db);
        bench.queue(Channel::Email, 2_000, |_| {}).await;
        let (slow, fast) = (slow("slow", Channel::Email), Carrier::new(Channel::Email, accepted));
        let began = Instant::now();
        let started = start_all(&bench, &[slow.clone(), fast.clone()]);
        until("the fast one has the rest", Duration::from_secs(30), || taken_by(&fast) >= 2_000 - ONE_CLAIM).await;
        println!("{engine:?}: {} left by the fast gateway in {:?}", fast.took().len(), began.elapsed());
        slow.gate.add_permits(100_000);
        bench.run_until_idle().await;
        started.end().await;
        assert_eq!(slow.took().len() + fast.took().len(), 2_000, "and each once");
        bench.counters_agree().await;
        Ok(())
    })
    .await
    .unwrap();
}

/// Issue 3: a full database stops claiming, says so, loses nothing, and goes on when there is room.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_database_hands_nothing_over_loses_nothing_and_goes_on_when_there_is_room() {
    on_both(async |db| -> Result<(), StoreError> {
        let bench = Bench::new(db.clone());
        bench.queue(Channel::Email, 5_000, |_| {}).await;
        let carrier = Carrier::with(Channel::Email, Capacity { window: WINDOW, per_second: 1e9 }, accepted);
        carrier.close_gate();
        let started = bench.start(carrier.clone());
        carrier.gate.add_permits(200);
        until("some leave", Duration::from_secs(30), || taken_by(&carrier) == 200).await;
        fill_up(&db).await?;
        carrier.gate.add_permits(100_000);
        until("it is noticed", Duration::from_secs(30), || bench.engine.room.full_since().is_some()).await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        let handed = carrier.took().len();
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        assert_eq!(carrier.took().len(), handed, "nothing is handed over whose attempt is not on record");
        assert!(handed < 5_000, "{handed}");
        make_room(&db).await?;
        bench.run_until_idle().await;
        assert_eq!(bench.engine.room.full_since(), None);
        started.end().await;
        let each: HashSet<DeliveryId> = carrier.took().iter().map(|one| one.delivery).collect();
        assert_eq!((carrier.took().len(), each.len()), (5_000, 5_000), "all left, and each once");
        bench.counters_agree().await;
        Ok(())
    })
    .await
    .unwrap();
}
