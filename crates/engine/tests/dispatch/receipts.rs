//! Receipts: kept before they are acknowledged, harmless twice, late or out of order.

use schoolbell_domain::channel::Channel;
use schoolbell_domain::delivery::receipt::ReceiptStatus;
use schoolbell_domain::delivery::settle::AttemptOutcome;
use schoolbell_domain::delivery::{DeliveryState, FailReason};
use schoolbell_gateways::HeardReceipt;
use schoolbell_store::testing::on_both;
use schoolbell_store::{StoreError, read};

use crate::bench::Bench;
use crate::carrier::{Carrier, accepted, reference};

fn receipt(reference: &str, status: ReceiptStatus) -> HeardReceipt {
    HeardReceipt { reference: reference.to_owned(), status, raw: "stat:X\0".to_owned() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receipt_that_overtakes_the_answer_waits_for_it() {
    on_both(async |db| -> Result<(), StoreError> {
        let bench = Bench::new(db);
        let rows = bench.queue(Channel::Email, 1, |_| {}).await;
        let carrier = Carrier::new(Channel::Email, accepted);
        carrier.close_gate();
        let started = bench.start(carrier.clone());
        while read::queue::in_flight(&mut bench.db.read().await?).await? == 0 {
            tokio::task::yield_now().await;
        }
        let early = receipt(&format!("{}-1", rows[0].id), ReceiptStatus::Delivered);
        carrier.sink().await.receipts("carrier", vec![early]).await.unwrap();
        assert_eq!(bench.state(rows[0].id).await, DeliveryState::Sending);
        carrier.gate.add_permits(1);
        bench.run_until_idle().await;
        started.end().await;
        assert_eq!(bench.state(rows[0].id).await, DeliveryState::Delivered);
        bench.counters_agree().await;
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn receipts_twice_late_or_foreign_change_nothing_more() {
    on_both(async |db| -> Result<(), StoreError> {
        let bench = Bench::new(db);
        let rows = bench.queue(Channel::Sms, 2, |_| {}).await;
        let carrier = Carrier::new(Channel::Sms, accepted);
        let started = bench.start(carrier.clone());
        bench.run_until_idle().await;
        let names: Vec<_> = carrier.took().iter().map(|sent| (sent.delivery, reference(sent))).collect();
        let name = |n: usize| names.iter().find(|(id, _)| *id == rows[n].id).unwrap().1.clone();
        let bad = ReceiptStatus::Undelivered(FailReason::BadNumber);
        let words = vec![
            receipt(&name(0), ReceiptStatus::Buffered),
            receipt(&name(0), ReceiptStatus::Delivered),
            receipt(&name(0), bad),
            receipt("somebody else's", ReceiptStatus::Delivered),
            receipt(&name(1), bad),
        ];
        carrier.sink().await.receipts("carrier", words.clone()).await.unwrap();
        carrier.sink().await.receipts("carrier", words).await.unwrap();
        carrier.sink().await.receipts("carrier", vec![receipt(&name(0), ReceiptStatus::Buffered)]).await.unwrap();
        started.end().await;
        assert_eq!(bench.state(rows[0].id).await, DeliveryState::Delivered);
        assert_eq!(bench.state(rows[1].id).await, DeliveryState::Undelivered(FailReason::BadNumber));
        bench.counters_agree().await;
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_text_of_three_parts_is_delivered_when_all_are_and_lost_when_one_is() {
    on_both(async |db| -> Result<(), StoreError> {
        let bench = Bench::new(db);
        let rows = bench.queue(Channel::Sms, 2, |_| {}).await;
        let carrier = Carrier::new(Channel::Sms, |outgoing| {
            let references = (1..=3).map(|part| format!("{}/{part}", outgoing.delivery)).collect();
            Some(AttemptOutcome::Accepted { references })
        });
        let started = bench.start(carrier.clone());
        bench.run_until_idle().await;
        let part = |n: usize, part: i64| format!("{}/{part}", rows[n].id);
        let heard = |n, p, status| vec![receipt(&part(n, p), status)];
        let sink = carrier.sink().await;
        sink.receipts("carrier", heard(0, 2, ReceiptStatus::Delivered)).await.unwrap();
        sink.receipts("carrier", heard(0, 1, ReceiptStatus::Delivered)).await.unwrap();
        assert_eq!(bench.state(rows[0].id).await, DeliveryState::Accepted);
        sink.receipts("carrier", heard(0, 3, ReceiptStatus::Delivered)).await.unwrap();
        assert_eq!(bench.state(rows[0].id).await, DeliveryState::Delivered);
        sink.receipts("carrier", heard(1, 3, ReceiptStatus::Undelivered(FailReason::Unreachable))).await.unwrap();
        assert_eq!(bench.state(rows[1].id).await, DeliveryState::Undelivered(FailReason::Unreachable));
        started.end().await;
        bench.counters_agree().await;
        Ok(())
    })
    .await
    .unwrap();
}
