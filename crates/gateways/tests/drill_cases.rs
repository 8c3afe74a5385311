//! The drill played out in paused time: every delivery has one outcome, receipts and answers follow.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::future::BoxFuture;
use jiff::Timestamp;
use schoolbell_domain::channel::Channel;
use schoolbell_domain::delivery::reason::FailReason;
use schoolbell_domain::delivery::receipt::ReceiptStatus;
use schoolbell_domain::delivery::settle::AttemptOutcome;
use schoolbell_domain::ids::DeliveryId;
use schoolbell_domain::people::Address;
use schoolbell_gateways::drill::{DrillConfig, DrillGateway};
use schoolbell_gateways::voice::Party;
use schoolbell_gateways::{
    Content, Gateway, HeardCall, HeardReceipt, HeardText, InboundSink, NotKept, Outgoing, Running, Unfetched,
};
use tokio_util::sync::CancellationToken;

/// Keeps what it hears; the first receipts are refused once, as a full disk would.
#[derive(Default)]
struct Ears {
    receipts: Mutex<Vec<HeardReceipt>>,
    texts: Mutex<Vec<HeardText>>,
    calls: Mutex<Vec<HeardCall>>,
    refusals_left: Mutex<u32>,
}

impl InboundSink for Ears {
    fn gone<'a>(&'a self, _: &'a str, _: Vec<String>) -> BoxFuture<'a, Result<(), NotKept>> {
        Box::pin(async { Ok(()) })
    }

    fn receipts<'a>(&'a self, _: &'a str, heard: Vec<HeardReceipt>) -> BoxFuture<'a, Result<(), NotKept>> {
        Box::pin(async move {
            let mut left = self.refusals_left.lock().expect("no test panics holding it");
            if *left > 0 {
                *left -= 1;
                return Err(NotKept("the disk is full".to_owned()));
            }
            self.receipts.lock().expect("no test panics holding it").extend(heard);
            Ok(())
        })
    }

    fn text<'a>(&'a self, _: &'a str, heard: HeardText) -> BoxFuture<'a, Result<(), NotKept>> {
        Box::pin(async move {
            self.texts.lock().expect("no test panics holding it").push(heard);
            Ok(())
        })
    }

    fn call<'a>(&'a self, _: &'a str, heard: HeardCall) -> BoxFuture<'a, Result<(), NotKept>> {
        Box::pin(async move {
            self.calls.lock().expect("no test panics holding it").push(heard);
            Ok(())
        })
    }
}

fn outgoing(number: i64, to: &str, attempt: u32) -> Outgoing {
    let body = "Lincoln Elementary: reply YES for school texts.".to_owned();
    Outgoing {
        from: None,
        delivery: DeliveryId::from_raw(number),
        attempt,
        to: Address::from_stored(to).expect("an address"),
        content: Arc::new(Content { subject: "Hello".to_owned(), body, html: None, language: "en".to_owned() }),
        urgent: false,
        expires_at: Timestamp::UNIX_EPOCH,
        unsubscribe_url: None,
        notice: None,
        right: schoolbell_gateways::Right::default(),
    }
}

fn start(config: DrillConfig, ears: &Arc<Ears>) -> (Running, CancellationToken) {
    let stop = CancellationToken::new();
    (Arc::new(DrillGateway::new("drill", config)).start(ears.clone(), stop.clone()), stop)
}

#[tokio::test(start_paused = true)]
async fn a_hundred_texts_have_one_outcome_each_and_the_receipts_of_the_plan() {
    let ears = Arc::new(Ears { refusals_left: Mutex::new(2), ..Ears::default() });
    let (Running { work, mut outcomes, health: _health }, _stop) = start(DrillConfig::of(Channel::Sms), &ears);
    let feed = tokio::spawn(async move {
        for digits in 0..100 {
            work.send(outgoing(digits, &format!("+151255501{digits:02}"), 1)).await.unwrap();
        }
    });
    let mut heard: HashMap<i64, AttemptOutcome> = HashMap::new();
    // The channel closes by itself once the work is dropped and every receipt is said.
    while let Some(outcome) = outcomes.recv().await {
        assert!(heard.insert(outcome.delivery.raw(), outcome.outcome).is_none(), "two outcomes for one delivery");
    }
    feed.await.unwrap();
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(heard.len(), 100);
    let refused: Vec<i64> = heard
        .iter()
        .filter(|(_, outcome)| matches!(outcome, AttemptOutcome::Refused { reason: FailReason::BadNumber, .. }))
        .map(|(number, _)| *number)
        .collect();
    assert_eq!(refused, [96]);
    let receipts = ears.receipts.lock().unwrap();
    // 100 texts, less the refused one and the one that never has a receipt, and one twice.
    assert_eq!(receipts.len(), 99);
    let delivered = receipts.iter().filter(|receipt| receipt.status == ReceiptStatus::Delivered).count();
    assert_eq!(delivered, 93);
    let texts = ears.texts.lock().unwrap();
    assert_eq!(texts.iter().filter(|text| text.body == "YES").count(), 30);
    assert_eq!(texts.iter().filter(|text| text.body == "STOP").count(), 1);
    assert_eq!(texts.len(), 42);
    assert!(texts.iter().all(|text| text.to == "+15125550100"));
}

#[tokio::test(start_paused = true)]
async fn a_call_holds_its_line_until_it_is_over() {
    let ears = Arc::new(Ears::default());
    let config = DrillConfig { window: 1, speed: 1.0, ..DrillConfig::of(Channel::Voice) };
    let (Running { work, mut outcomes, health: _health }, _stop) = start(config, &ears);
    let began = tokio::time::Instant::now();
    work.send(outgoing(1, "+15125550100", 1)).await.unwrap();
    work.send(outgoing(2, "+15125550190", 1)).await.unwrap();
    let first = outcomes.recv().await.unwrap();
    assert!(matches!(first.outcome, AttemptOutcome::Accepted { .. }));
    assert!(began.elapsed() >= Duration::from_secs(2), "a phone rings before it is answered");
    let answered = began.elapsed();
    let second = outcomes.recv().await.unwrap();
    assert!(matches!(second.outcome, AttemptOutcome::Refused { reason: FailReason::Busy, .. }));
    assert!(began.elapsed() >= answered + Duration::from_secs(12), "the second call waited for the line");
}

#[tokio::test(start_paused = true)]
async fn calls_are_recorded_with_who_was_there_and_which_keys() {
    let ears = Arc::new(Ears::default());
    let (Running { work, mut outcomes, health: _health }, _stop) = start(DrillConfig::of(Channel::Voice), &ears);
    for (number, to) in [(1, "+15125550100"), (2, "+15125550174"), (3, "+15125550180"), (4, "+15125550198")] {
        work.send(outgoing(number, to, 1)).await.unwrap();
    }
    drop(work);
    while outcomes.recv().await.is_some() {}
    tokio::time::sleep(Duration::from_mins(1)).await;
    let calls = ears.calls.lock().unwrap();
    let of = |number: i64| calls.iter().find(|call| call.delivery.raw() == number).unwrap();
    assert_eq!(calls.len(), 4);
    assert!(of(2).wants_no_more() && !of(1).wants_no_more(), "74 presses 9");
    assert_eq!((of(3).party, of(3).status), (Party::Machine, ReceiptStatus::Delivered));
    assert_eq!(of(4).status, ReceiptStatus::Undelivered(FailReason::Declined));
}

#[tokio::test(start_paused = true)]
async fn a_stop_answers_what_is_at_work_and_ends() {
    let ears = Arc::new(Ears::default());
    let (Running { work, mut outcomes, health: _health }, stop) = start(DrillConfig::of(Channel::Email), &ears);
    for (number, to) in [(1, "slow@example.org"), (2, "ana@example.org"), (3, "drop@example.org")] {
        work.send(outgoing(number, to, 1)).await.unwrap();
    }
    stop.cancel();
    let mut answered = 0;
    while outcomes.recv().await.is_some() {
        answered += 1;
    }
    assert_eq!(answered, 3);
}

#[tokio::test(start_paused = true)]
async fn twenty_times_as_fast_takes_a_twentieth_of_the_time() {
    let ears = Arc::new(Ears::default());
    let config = DrillConfig { speed: 20.0, ..DrillConfig::of(Channel::Email) };
    let (Running { work, mut outcomes, health: _health }, _stop) = start(config, &ears);
    let began = tokio::time::Instant::now();
    work.send(outgoing(1, "slow@example.org", 1)).await.unwrap();
    outcomes.recv().await.unwrap();
    let took = began.elapsed();
    assert!((Duration::from_millis(150)..Duration::from_millis(160)).contains(&took), "{took:?}");
}

#[tokio::test]
async fn a_senseless_setting_is_refused_with_a_remedy() {
    let config = DrillConfig { speed: 0.0, ..DrillConfig::default() };
    let said = DrillGateway::new("drill", config).check().await;
    assert_eq!(said, Err("speed = 0: write a number from 0.01 to 100000; 1 is as slow as life".to_owned()));
}

#[tokio::test]
async fn the_drill_has_its_one_picture_and_no_other_file() {
    let gateway = DrillGateway::new("drill", DrillConfig::of(Channel::Sms));
    let picture = gateway.fetch("drill:picture", 5_000_000).await;
    assert!(picture.is_ok_and(|octets| octets.starts_with(b"\x89PNG\r\n\x1a\n")));
    for (address, most) in [("drill:picture", 10), ("https://carrier.example.org/1", 5_000_000)] {
        assert!(matches!(gateway.fetch(address, most).await, Err(Unfetched::Never(_))), "{address}");
    }
}
