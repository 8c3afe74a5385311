//! Calls that are over: the record, the last word, and key 9 (LAW-9, LAW-12).

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use schoolbell_domain::category::Category;
use schoolbell_domain::channel::Channel;
use schoolbell_domain::consent::{ConsentState, Program};
use schoolbell_domain::delivery::plan::Basis;
use schoolbell_domain::delivery::receipt::ReceiptStatus;
use schoolbell_domain::delivery::{DeliveryState, FailReason};
use schoolbell_domain::people::Address;
use schoolbell_domain::settings::DistrictSettings;
use schoolbell_engine::Queue;
use schoolbell_engine::speech::{EspeakNg, Speaker};
use schoolbell_gateways::HeardCall;
use schoolbell_gateways::sip::{SipConfig, SipGateway};
use schoolbell_gateways::voice::Party;
use schoolbell_store::testing::on_both;
use schoolbell_store::write::deliveries::NewDelivery;
use schoolbell_store::{StoreError, read, write};

use crate::bench::Bench;
use crate::carrier::{Carrier, accepted};

fn heard(row: &NewDelivery, status: ReceiptStatus, keys: &str) -> HeardCall {
    HeardCall {
        delivery: row.id,
        attempt: 1,
        reference: format!("{}-1", row.id),
        status,
        party: Party::Person,
        talked_ms: 21_000,
        keys: keys.to_owned(),
        raw: "a person heard it all".to_owned(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_is_over_has_its_last_word_and_a_record_and_twice_is_once() {
    on_both(async |db| -> Result<(), StoreError> {
        let bench = Bench::new(db);
        let rows = bench.queue(Channel::Voice, 2, |_| {}).await;
        let carrier = Carrier::new(Channel::Voice, accepted);
        let started = bench.start(carrier.clone());
        bench.run_until_idle().await;
        assert_eq!(bench.state(rows[0].id).await, DeliveryState::Accepted, "somebody has answered");
        let sink = carrier.sink().await;
        let early = ReceiptStatus::Undelivered(FailReason::Declined);
        for _ in 0..2 {
            sink.call("carrier", heard(&rows[0], ReceiptStatus::Delivered, "14")).await.unwrap();
            sink.call("carrier", heard(&rows[1], early, "")).await.unwrap();
        }
        started.end().await;
        assert_eq!(bench.state(rows[0].id).await, DeliveryState::Delivered);
        assert_eq!(bench.state(rows[1].id).await, DeliveryState::Undelivered(FailReason::Declined));
        let attempts = read::calls::attempts(&mut bench.db.read().await?, rows[0].id).await?;
        let talk = attempts[0].talk.as_ref().unwrap();
        assert_eq!((attempts.len(), talk.keys.as_str(), talk.party.as_str()), (1, "14", "person"));
        assert_eq!(talk.ended_at.duration_since(talk.answered_at).as_secs(), 21);
        assert_eq!(read::calls::taken_by(&mut bench.db.read().await?, bench.origin, "person").await?, 2);
        bench.counters_agree().await;
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn law_9_key_9_stops_calls_and_law_12_emergencies_go_on_unless_it_answered_one() {
    on_both(async |db| -> Result<(), StoreError> {
        let bench = Bench::new(db);
        let second = |row: &NewDelivery| row.address.as_ref().is_some_and(|address| address.expose().ends_with('1'));
        let emergency = |row: &mut NewDelivery| {
            if second(row) {
                row.basis = Some(Basis::Emergency);
            }
        };
        let rows = bench.queue(Channel::Voice, 2, emergency).await;
        let carrier = Carrier::new(Channel::Voice, accepted);
        let started = bench.start(carrier.clone());
        bench.run_until_idle().await;
        let sink = carrier.sink().await;
        for row in &rows {
            sink.call("carrier", heard(row, ReceiptStatus::Delivered, "9")).await.unwrap();
        }
        started.end().await;
        let numbers: Vec<&str> = rows.iter().filter_map(|row| row.address.as_ref()).map(Address::expose).collect();
        let mut reads = bench.db.read().await?;
        let calls = read::consent::states(&mut reads, Program::Voice, &numbers).await?;
        let emergencies = read::consent::states(&mut reads, Program::EmergencyCalls, &numbers).await?;
        assert!(numbers.iter().all(|number| calls[*number] == ConsentState::Revoked));
        assert_eq!(emergencies.get(numbers[0]), None, "said in an ordinary call, it leaves emergencies open");
        assert_eq!(emergencies[numbers[1]], ConsentState::Revoked);
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn law_15_at_night_only_what_is_urgent_rings_whatever_is_due() {
    on_both(async |db| -> Result<(), StoreError> {
        // 2:00 in Chicago.
        let bench = Bench::new(db);
        let mut tx = bench.db.begin().await?;
        let settings = DistrictSettings::default();
        write::district::insert_district(&mut tx, "Cedar ISD", "America/Chicago", &settings, bench.now()).await?;
        tx.commit().await?;
        let calm =
            bench.queue(Channel::Voice, 2, |row| row.expires_at = bench.now() + SignedDuration::from_hours(72)).await;
        let urgent = |row: &mut NewDelivery| {
            row.priority = Category::SchoolsOut.rule().priority;
            row.urgent = true;
            row.merge_group = 1;
            row.expires_at = bench.now() + SignedDuration::from_hours(24);
        };
        bench.queue(Channel::Voice, 1, urgent).await;
        let carrier = Carrier::new(Channel::Voice, accepted);
        let started = bench.start(carrier.clone());
        while carrier.took().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        tokio::time::sleep(Duration::from_millis(600)).await;
        assert_eq!(carrier.took().len(), 1, "the closing rings at once, the newsletter does not");
        assert_eq!(bench.state(calm[0].id).await, DeliveryState::Queued(None));
        bench.clock.advance(SignedDuration::from_hours(7));
        bench.engine.wake.now(Queue::Deliveries);
        bench.run_until_idle().await;
        started.end().await;
        assert_eq!(carrier.took().len(), 3, "at nine in the morning it does");
        Ok(())
    })
    .await
    .unwrap();
}

/// sipp answers and listens, espeak-ng speaks; `scripts/setup` installs both.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broadcast_is_spoken_over_a_real_trunk_and_every_call_is_delivered_and_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let scenario = concat!(env!("CARGO_MANIFEST_DIR"), "/../gateways/tests/trunk/answer.xml");
    let answers = folder.path().join("answer.xml");
    std::fs::write(&answers, std::fs::read_to_string(scenario).unwrap().replace("@LAW@", "0")).unwrap();
    let free = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let mut sipp = tokio::process::Command::new("sipp")
        .arg("-sf")
        .arg(&answers)
        .args(["-i", "127.0.0.1", "-mi", "127.0.0.1", "-m", "3", "-nostdin", "-p", &port.to_string()])
        .current_dir(folder.path())
        .stdout(std::process::Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("sipp is missing: run scripts/setup");
    while std::net::UdpSocket::bind(("127.0.0.1", port)).is_ok() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let file = schoolbell_store::testing::sqlite().await.unwrap();
    let bench = Bench::new(file.db.clone());
    let rows = bench.queue(Channel::Voice, 3, |_| {}).await;
    let config = SipConfig {
        listen: "127.0.0.1:0".parse().unwrap(),
        options_s: 0.0,
        per_second: 100.0,
        longest_call_s: 20,
        ..SipConfig::of("127.0.0.1", port, "+15125550100")
    };
    let voice = Arc::new(EspeakNg::new("espeak-ng", 150));
    let speaker = Arc::new(Speaker::new(voice, folder.path().join("speech"), "+15125550100"));
    let started = bench.start(Arc::new(SipGateway::new("calls", config, speaker).unwrap()));
    let all = async {
        loop {
            let states = bench.all().await;
            if states.iter().all(|(_, state)| *state == DeliveryState::Delivered) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let done = tokio::time::timeout(Duration::from_mins(1), all).await;
    assert!(done.is_ok(), "{:?}", bench.all().await);
    started.end().await;
    assert!(sipp.wait().await.unwrap().success(), "every call went as the callee's scenario says");
    for row in &rows {
        let attempts = read::calls::attempts(&mut bench.db.read().await.unwrap(), row.id).await.unwrap();
        let talk = attempts[0].talk.as_ref().unwrap();
        let seconds = talk.ended_at.duration_since(talk.answered_at).as_secs();
        assert_eq!((attempts.len(), attempts[0].gateway.as_str(), seconds), (1, "calls", 20));
    }
    bench.counters_agree().await;
}
