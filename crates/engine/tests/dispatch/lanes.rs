//! Claim, hand over, settle.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::SignedDuration;
use schoolbell_domain::channel::Channel;
use schoolbell_domain::consent::{ConsentEventKind, Program};
use schoolbell_domain::delivery::plan::Basis;
use schoolbell_domain::delivery::settle::AttemptOutcome;
use schoolbell_domain::delivery::{DeliveryState, FailReason, StateKind};
use schoolbell_engine::Queue;
use schoolbell_gateways::{Capacity, Health};
use schoolbell_store::testing::on_both;
use schoolbell_store::write::deliveries::Opening;
use schoolbell_store::{StoreError, read};

use crate::bench::Bench;
use crate::carrier::{Carrier, accepted};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_queued_reaches_the_carrier_once_and_is_settled() {
    on_both(async |db| -> Result<(), StoreError> {
        let bench = Bench::new(db);
        let rows = bench.queue(Channel::Email, 1_500, |_| {}).await;
        let carrier = Carrier::new(Channel::Email, accepted);
        let started = bench.start(carrier.clone());
        bench.run_until_idle().await;
        started.end().await;
        let mut took: Vec<_> = carrier.took().into_iter().map(|outgoing| outgoing.delivery).collect();
        took.sort_unstable();
        assert_eq!(took, rows.iter().map(|row| row.id).collect::<Vec<_>>());
        assert_eq!(bench.counts().await.awaiting_receipt, 1_500);
        bench.counters_agree().await;
        let pace = read::tallies::pace(&mut bench.db.read().await?, bench.origin, bench.now(), None).await?.unwrap();
        assert_eq!(pace.attempted, 1_500, "A3");
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_urgent_overtakes_a_newsletter_that_is_half_sent() {
    on_both(async |db| -> Result<(), StoreError> {
        let bench = Bench::new(db);
        bench.queue(Channel::Email, 400, |_| {}).await;
        let carrier = Carrier::with(Channel::Email, Capacity { window: 10, per_second: 1e9 }, accepted);
        carrier.close_gate();
        carrier.gate.add_permits(100);
        let started = bench.start(carrier.clone());
        while carrier.took().len() < 100 {
            tokio::task::yield_now().await;
        }
        let urgent = |row: &mut schoolbell_store::write::deliveries::NewDelivery| {
            row.priority = 20;
            row.urgent = true;
            row.merge_group = 1;
        };
        bench.queue(Channel::Email, 50, urgent).await;
        carrier.gate.add_permits(1_000);
        bench.run_until_idle().await;
        started.end().await;
        let order: Vec<bool> = carrier.took().iter().map(|outgoing| outgoing.urgent).collect();
        let last_urgent = order.iter().rposition(|urgent| *urgent).unwrap();
        assert!(last_urgent < 100 + 50 + 40, "the last urgent one left at place {last_urgent}");
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_temporary_failure_is_tried_again_later_and_a_final_one_never() {
    on_both(async |db| -> Result<(), StoreError> {
        let bench = Bench::new(db);
        let rows = bench.queue(Channel::Email, 3, |_| {}).await;
        let (full, gone) = (rows[0].id, rows[1].id);
        let carrier = Carrier::new(Channel::Email, move |outgoing| {
            let refused = |reason| Some(AttemptOutcome::Refused { reason, code: "x".to_owned() });
            if outgoing.delivery == full && outgoing.attempt == 1 {
                refused(FailReason::MailboxFull)
            } else if outgoing.delivery == gone {
                refused(FailReason::BadMailbox)
            } else {
                accepted(outgoing)
            }
        });
        let started = bench.start(carrier.clone());
        bench.run_until_idle().await;
        assert_eq!(bench.state(full).await, DeliveryState::Queued(Some(FailReason::MailboxFull)));
        assert_eq!(bench.state(gone).await, DeliveryState::Rejected(FailReason::BadMailbox));
        bench.clock.advance(SignedDuration::from_secs(61));
        bench.engine.wake.now(Queue::Deliveries);
        bench.run_until_idle().await;
        started.end().await;
        assert_eq!(bench.state(full).await, DeliveryState::Accepted);
        assert_eq!(carrier.took().len(), 4);
        bench.counters_agree().await;
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn held_and_expired_rows_stay_and_a_gateway_that_is_away_gets_nothing() {
    on_both(async |db| -> Result<(), StoreError> {
        let bench = Bench::new(db);
        let now = bench.now();
        let rows = bench
            .queue(Channel::Email, 3, |row| {
                match row.address.as_ref().map(schoolbell_domain::people::Address::expose) {
                    Some("family0@example.org") => {
                        row.opening = Opening::Queued { not_before: now + SignedDuration::from_secs(60) };
                    }
                    Some("family1@example.org") => row.expires_at = now,
                    _ => {}
                }
            })
            .await;
        let carrier = Carrier::new(Channel::Email, accepted);
        carrier.health.send_replace(Health::Away("no answer".to_owned()));
        let started = bench.start(carrier.clone());
        tokio::time::sleep(std::time::Duration::from_millis(600)).await;
        assert_eq!(carrier.took().len(), 0);
        let shown = read::gateways::all(&mut bench.db.read().await?).await?;
        assert_eq!((shown[0].state.as_str(), shown[0].detail.as_str()), ("away", "no answer"));
        carrier.health.send_replace(Health::Up);
        bench.run_until_idle().await;
        assert_eq!(bench.state(rows[0].id).await, DeliveryState::Queued(None));
        assert_eq!(bench.state(rows[1].id).await, DeliveryState::Expired(StateKind::Queued));
        assert_eq!(bench.state(rows[2].id).await, DeliveryState::Accepted);
        started.end().await;
        bench.counters_agree().await;
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_gateways_share_the_queue_and_none_is_sent_twice() {
    on_both(async |db| -> Result<(), StoreError> {
        let bench = Bench::new(db);
        bench.queue(Channel::Email, 2_000, |_| {}).await;
        let count = Arc::new(AtomicUsize::new(0));
        let counted = count.clone();
        let answer = move |outgoing: &schoolbell_gateways::Outgoing| {
            counted.fetch_add(1, Ordering::Relaxed);
            accepted(outgoing)
        };
        let one = Carrier::new(Channel::Email, answer.clone());
        let other = Carrier::named("other", Channel::Email, answer);
        let stop = tokio_util::sync::CancellationToken::new();
        let gateways: Vec<Arc<dyn schoolbell_gateways::Gateway>> = vec![one.clone(), other.clone()];
        let ended = tokio::spawn(schoolbell_engine::run(bench.engine.clone(), gateways, stop.clone()));
        bench.run_until_idle().await;
        stop.cancel();
        ended.await.unwrap()?;
        assert_eq!(count.load(Ordering::Relaxed), 2_000);
        assert!(!one.took().is_empty() && !other.took().is_empty());
        bench.counters_agree().await;
        Ok(())
    })
    .await
    .unwrap();
}

/// One text, two gateways for texts: the one that has it finds no credit and goes away, the other takes it on the next try.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_text_that_one_gateway_cannot_take_fails_over_to_the_other_and_arrives_once() {
    on_both(async |db| -> Result<(), StoreError> {
        let bench = Bench::new(db);
        let rows = bench.queue(Channel::Sms, 20, |row| row.basis = Some(Basis::OptedIn)).await;
        for row in &rows {
            let number = row.address.clone().unwrap();
            bench.consent(number.expose(), Program::Alerts, ConsentEventKind::OptedIn).await;
        }
        let refuse = |_: &schoolbell_gateways::Outgoing| {
            Some(AttemptOutcome::Refused { reason: FailReason::GatewayFault, code: "no route".to_owned() })
        };
        let first = Carrier::new(Channel::Sms, refuse);
        let other = Carrier::named("other", Channel::Sms, accepted);
        other.health.send_replace(Health::Away("not yet".to_owned()));
        let started = bench.start_all(vec![first.clone(), other.clone()]);
        bench.run_until_idle().await;
        assert_eq!((first.took().len(), other.took().len()), (20, 0));
        for row in &rows {
            assert_eq!(bench.state(row.id).await, DeliveryState::Queued(Some(FailReason::GatewayFault)));
        }
        first.health.send_replace(Health::Away("no route".to_owned()));
        other.health.send_replace(Health::Up);
        bench.clock.advance(SignedDuration::from_secs(6));
        bench.engine.wake.now(Queue::Deliveries);
        bench.run_until_idle().await;
        started.end().await;
        assert_eq!(
            (first.took().len(), other.took().len()),
            (20, 20),
            "each once by the other, none again by the first"
        );
        for row in &rows {
            assert_eq!(bench.state(row.id).await, DeliveryState::Accepted);
        }
        bench.counters_agree().await;
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_that_ends_gives_back_what_it_had_not_handed_over() {
    on_both(async |db| -> Result<(), StoreError> {
        let bench = Bench::new(db);
        bench.queue(Channel::Email, 300, |_| {}).await;
        let carrier = Carrier::with(Channel::Email, Capacity { window: 10, per_second: 1e9 }, accepted);
        carrier.close_gate();
        carrier.gate.add_permits(30);
        let started = bench.start(carrier.clone());
        while carrier.took().len() < 30 {
            tokio::task::yield_now().await;
        }
        started.stop.cancel();
        carrier.gate.add_permits(1_000);
        started.end().await;
        let counts = bench.counts().await;
        let took = i64::try_from(carrier.took().len()).unwrap();
        assert_eq!((counts.awaiting_receipt, counts.to_send), (took, 300 - took));
        let sending = bench.all().await.iter().filter(|(_, state)| *state == DeliveryState::Sending).count();
        assert_eq!(sending, 0);
        bench.counters_agree().await;
        Ok(())
    })
    .await
    .unwrap();
}
