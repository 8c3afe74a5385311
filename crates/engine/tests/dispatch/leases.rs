//! What no answer settles: leases, expiry, the end of a broadcast.

use jiff::SignedDuration;
use schoolbell_domain::channel::Channel;
use schoolbell_domain::delivery::settle::AttemptOutcome;
use schoolbell_domain::delivery::suppression::Suppression;
use schoolbell_domain::delivery::{DeliveryState, FailReason, StateKind};
use schoolbell_store::testing::on_both;
use schoolbell_store::write::deliveries::OriginKind;
use schoolbell_store::write::queue::{self, Claim};
use schoolbell_store::write::tallies::{self, Moves};
use schoolbell_store::{Lease, StoreError, read, write};

use crate::bench::Bench;
use crate::carrier::{Carrier, accepted};

/// Claims as a node that dies right after: committed, never handed over or never answered.
async fn claim_and_die(bench: &Bench, priority: i64) {
    let mut tx = bench.db.begin().await.unwrap();
    let mut moves = Moves::default();
    // By the time of the database it has run out already; on SQLite the next start takes all.
    let lease = Lease::of(&mut tx, bench.now(), SignedDuration::from_secs(-1)).await.unwrap();
    let claim = Claim { channel: Channel::Email, priority, now: bench.now(), lease_until: lease.until, most: 100 };
    let rows = queue::claim(&mut tx, claim, &mut moves).await.unwrap();
    let begun: Vec<_> = rows.iter().map(|row| (row.id, row.attempts)).collect();
    write::attempts::begin(&mut tx, "carrier", bench.now(), &begun).await.unwrap();
    tallies::apply(&mut tx, &moves).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_lease_sends_what_is_urgent_again_and_leaves_the_rest_unconfirmed() {
    on_both(async |db| -> Result<(), StoreError> {
        let bench = Bench::new(db);
        let plain = bench.queue(Channel::Email, 1, |_| {}).await;
        let urgent = bench
            .queue(Channel::Email, 1, |row| {
                row.urgent = true;
                row.priority = 20;
                row.merge_group = 1;
            })
            .await;
        claim_and_die(&bench, 50).await;
        claim_and_die(&bench, 20).await;
        let carrier = Carrier::new(Channel::Email, accepted);
        let started = bench.start(carrier.clone());
        bench.run_until_idle().await;
        started.end().await;
        assert_eq!(bench.state(plain[0].id).await, DeliveryState::Unconfirmed);
        assert_eq!(bench.state(urgent[0].id).await, DeliveryState::Accepted);
        let took = carrier.took();
        assert_eq!((took.len(), took[0].attempt), (1, 2));
        bench.counters_agree().await;
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_still_open_at_its_expiry_ends_as_expired() {
    on_both(async |db| -> Result<(), StoreError> {
        let bench = Bench::new(db);
        let system = |row: &mut write::deliveries::NewDelivery| row.origin_kind = OriginKind::System;
        let sent = bench.queue(Channel::Email, 1, system).await;
        let never = bench.queue(Channel::Voice, 1, system).await;
        let carrier = Carrier::new(Channel::Email, accepted);
        let started = bench.start(carrier.clone());
        while bench.state(sent[0].id).await != DeliveryState::Accepted {
            tokio::task::yield_now().await;
        }
        bench.clock.advance(SignedDuration::from_hours(73));
        while bench.counts().await.settled < 2 {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        started.end().await;
        assert_eq!(bench.state(sent[0].id).await, DeliveryState::Expired(StateKind::Accepted));
        assert_eq!(bench.state(never[0].id).await, DeliveryState::Expired(StateKind::Queued));
        bench.counters_agree().await;
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_jumps_an_hour_sends_nothing_twice() {
    on_both(async |db| -> Result<(), StoreError> {
        let bench = Bench::new(db);
        let urgent = bench.queue(Channel::Email, 3, |row| row.urgent = true).await;
        let carrier = Carrier::new(Channel::Email, accepted);
        carrier.close_gate();
        let started = bench.start(carrier.clone());
        while read::queue::in_flight(&mut bench.db.read().await?).await? < 3 {
            tokio::task::yield_now().await;
        }
        bench.clock.advance(SignedDuration::from_hours(1));
        // A sweep comes once a second: two of them find the leases old.
        tokio::time::sleep(std::time::Duration::from_millis(2_200)).await;
        assert_eq!(bench.state(urgent[0].id).await, DeliveryState::Sending);
        carrier.gate.add_permits(10);
        bench.run_until_idle().await;
        started.end().await;
        assert_eq!(carrier.took().len(), 3);
        assert_eq!(bench.counts().await.awaiting_receipt, 3);
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hard_failure_is_kept_as_a_word_of_the_network_on_the_address() {
    on_both(async |db| -> Result<(), StoreError> {
        let bench = Bench::new(db);
        let rows = bench.queue(Channel::Email, 1, |_| {}).await;
        let carrier = Carrier::new(Channel::Email, |_| {
            Some(AttemptOutcome::Refused { reason: FailReason::BadMailbox, code: "550 5.1.1".to_owned() })
        });
        let started = bench.start(carrier);
        bench.run_until_idle().await;
        started.end().await;
        let address = rows[0].address.clone().unwrap();
        let mut reads = bench.db.read().await?;
        let word = read::suppressions::lookup(&mut reads, &address, Channel::Email).await?.unwrap();
        assert_eq!(word.kind, Suppression::Dead, "LAW-43");
        assert!(word.evidence.contains(&rows[0].id.to_string()), "{}", word.evidence);
        assert_eq!(read::suppressions::lookup(&mut reads, &address, Channel::Sms).await?, None);
        Ok(())
    })
    .await
    .unwrap();
}
