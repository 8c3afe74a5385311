//! Several programs on one PostgreSQL database: who holds a gateway, and what becomes of one that is gone or frozen.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use schoolbell_domain::channel::Channel;
use schoolbell_domain::clock::Clock;
use schoolbell_domain::delivery::DeliveryState;
use schoolbell_engine::Engine;
use schoolbell_gateways::{Capacity, Gateway};
use schoolbell_store::testing::{drop_postgres, postgres, postgres_server};
use schoolbell_store::write::gateways;
use schoolbell_store::write::queue::{self, Claim};
use schoolbell_store::write::tallies::{self, Moves};
use schoolbell_store::{Db, Lease, StoreError, read};
use tokio_util::sync::CancellationToken;

use crate::bench::{Bench, Started};
use crate::carrier::{Carrier, accepted};

async fn on_postgres(body: impl AsyncFnOnce(Db) -> Result<(), StoreError>) {
    let Some(server) = postgres_server() else {
        eprintln!("!! SKIPPED: needs PostgreSQL; run it under scripts/with-postgres");
        return;
    };
    let (db, url) = postgres(&server).await.unwrap();
    body(db.clone()).await.unwrap();
    drop_postgres(&server, db, &url).await.unwrap();
}

/// A clock that is wrong by so much.
struct Skewed(Arc<dyn Clock>, SignedDuration);

impl Clock for Skewed {
    fn now(&self) -> Timestamp {
        self.0.now() + self.1
    }
}

/// Another program on the bench's database, with a number of its own and a clock that is off.
fn another(bench: &Bench, number: u8, gateway: Arc<dyn Gateway>, off: SignedDuration) -> (Engine, Started) {
    let engine = Engine::new(bench.db.clone(), Arc::new(Skewed(bench.clock.clone(), off)), number);
    let stop = CancellationToken::new();
    let ended = tokio::spawn(schoolbell_engine::run(engine.clone(), vec![gateway], stop.clone()));
    (engine, Started { stop, ended })
}

async fn holder(bench: &Bench) -> Option<String> {
    read::gateways::all(&mut bench.db.read().await.unwrap()).await.unwrap().first()?.held_by.clone()
}

async fn until_held_by(bench: &Bench, engine: &Engine) {
    while holder(bench).await.as_deref() != Some(engine.node().name()) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_node_has_the_gateway_and_another_takes_it_over_at_a_stop_and_at_a_death() {
    on_postgres(async |db| {
        let bench = Bench::new(db);
        let (one, other, third) = (
            Carrier::new(Channel::Email, accepted),
            Carrier::new(Channel::Email, accepted),
            Carrier::new(Channel::Email, accepted),
        );
        let first = bench.start(one.clone());
        until_held_by(&bench, &bench.engine).await;
        let (second_engine, second) = another(&bench, 2, other.clone(), SignedDuration::ZERO);
        bench.queue(Channel::Email, 200, |_| {}).await;
        bench.run_until_idle().await;
        assert_eq!((one.took().len(), other.took().len()), (200, 0), "only the holder sends");

        first.end().await;
        tokio::time::timeout(Duration::from_secs(10), until_held_by(&bench, &second_engine)).await.unwrap();

        // It dies: nothing is let go, and the next one waits until the hold has run out.
        second.ended.abort();
        let (third_engine, last) = another(&bench, 3, third.clone(), SignedDuration::ZERO);
        let began = std::time::Instant::now();
        tokio::time::timeout(Duration::from_secs(20), until_held_by(&bench, &third_engine)).await.unwrap();
        println!("taken over from the dead after {:?}", began.elapsed());
        bench.queue(Channel::Email, 50, |row| row.merge_group = 2).await;
        bench.run_until_idle().await;
        assert_eq!(third.took().len(), 50);
        last.end().await;
        assert_eq!(holder(&bench).await, None, "let go at a clean end");
        bench.counters_agree().await;
        Ok(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_whose_clock_is_an_hour_ahead_takes_neither_gateways_nor_deliveries() {
    on_postgres(async |db| {
        let bench = Bench::new(db);
        let urgent = bench.queue(Channel::Email, 3, |row| row.urgent = true).await;
        let (carrier, other) = (Carrier::new(Channel::Email, accepted), Carrier::new(Channel::Email, accepted));
        carrier.close_gate();
        let first = bench.start(carrier.clone());
        while read::queue::in_flight(&mut bench.db.read().await?).await? < 3 {
            tokio::task::yield_now().await;
        }
        let (_, second) = another(&bench, 2, other.clone(), SignedDuration::from_hours(1));
        tokio::time::sleep(Duration::from_millis(2_500)).await;
        assert_eq!(bench.state(urgent[0].id).await, DeliveryState::Sending);
        assert_eq!(holder(&bench).await.as_deref(), Some(bench.engine.node().name()));
        carrier.gate.add_permits(10);
        bench.run_until_idle().await;
        first.end().await;
        second.end().await;
        assert_eq!((carrier.took().len(), other.took().len()), (3, 0));
        Ok(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_lost_the_gateway_hands_nothing_more_over_and_gives_back_what_it_had() {
    on_postgres(async |db| {
        let bench = Bench::new(db);
        bench.queue(Channel::Email, 40, |_| {}).await;
        let carrier = Carrier::with(Channel::Email, Capacity { window: 5, per_second: 1e9 }, accepted);
        carrier.close_gate();
        let started = bench.start(carrier.clone());
        while read::queue::in_flight(&mut bench.db.read().await?).await? < 5 {
            tokio::task::yield_now().await;
        }
        let mut tx = bench.db.begin().await?;
        gateways::release(&mut tx, "carrier", bench.engine.node().name()).await?;
        let lease = Lease::of(&mut tx, bench.now(), SignedDuration::from_mins(1)).await?;
        assert!(gateways::take(&mut tx, "carrier", "another node", lease).await?);
        tx.commit().await?;
        tokio::time::sleep(Duration::from_secs(2)).await;
        carrier.gate.add_permits(1_000);
        while read::queue::in_flight(&mut bench.db.read().await?).await? > 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let took = carrier.took();
        assert!(took.len() <= 11, "what the carrier had already, and its channel: {}", took.len());
        assert!(took.iter().all(|outgoing| !outgoing.right.holds()), "a real wire looks at this last");
        assert_eq!(bench.counts().await.to_send, 40 - i64::try_from(took.len()).unwrap());
        started.end().await;
        assert_eq!(holder(&bench).await.as_deref(), Some("another node"));
        bench.counters_agree().await;
        Ok(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_comes_after_another_attempt_has_begun_is_refused_and_counted() {
    on_postgres(async |db| {
        let bench = Bench::new(db);
        let rows = bench.queue(Channel::Email, 1, |row| row.urgent = true).await;
        let carrier = Carrier::new(Channel::Email, accepted);
        carrier.close_gate();
        let started = bench.start(carrier.clone());
        while bench.state(rows[0].id).await != DeliveryState::Sending {
            tokio::task::yield_now().await;
        }
        // Meanwhile another node judged the lease lost and has begun a second attempt.
        let mut tx = bench.db.begin().await?;
        let mut moves = Moves::default();
        let row = queue::lock(&mut tx, &[rows[0].id]).await?.remove(0);
        let again = row.step(DeliveryState::Queued(None), Some(bench.now()));
        queue::advance(&mut tx, bench.now(), &[again], &mut moves).await?;
        let claim =
            Claim { channel: Channel::Email, priority: 50, now: bench.now(), lease_until: Timestamp::MAX, most: 1 };
        assert_eq!(queue::claim(&mut tx, claim, &mut moves).await?.len(), 1);
        tallies::apply(&mut tx, &moves).await?;
        tx.commit().await?;
        carrier.gate.add_permits(1);
        let late = async {
            while read::gateways::all(&mut bench.db.read().await.unwrap()).await.unwrap()[0].late_answers == 0 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), late).await.unwrap();
        assert_eq!(bench.state(rows[0].id).await, DeliveryState::Sending, "the second attempt is untouched");
        started.end().await;
        bench.counters_agree().await;
        Ok(())
    })
    .await;
}
