//! A broadcast by telephone into a town in which every sort of home stands: each ends as it should, and none is called
//! when it should not be.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use jiff::SignedDuration;
use schoolbell_domain::channel::Channel;
use schoolbell_domain::consent::{ConsentState, Program};
use schoolbell_domain::delivery::{DeliveryState, FailReason, StateKind};
use schoolbell_domain::people::Address;
use schoolbell_engine::Queue;
use schoolbell_gateways::Content;
use schoolbell_gateways::sip::{SipConfig, SipGateway};
use schoolbell_gateways::voice::{Mute, Prompts, Sound, Voicing};
use schoolbell_store::read;
use schoolbell_store::testing::sqlite;

use crate::bench::Bench;
use crate::town::{Home, Person, Town};

/// Sorts of homes; a number's last digit says which.
const SORTS: usize = 10;

/// Something like speech: a voice of 150 Hz in syllables.
fn talk(ms: usize) -> Vec<i16> {
    let sample = |n: usize| -> i16 {
        let part = |period: usize, height: i16| if n % period < period / 2 { height } else { -height };
        let syllable = i16::try_from(n % 1_600).unwrap_or(0).min(1_600 - i16::try_from(n % 1_600).unwrap_or(0));
        (part(53, 3) + part(17, 2) + part(7, 1)) * syllable
    };
    (0..ms * 8).map(sample).collect()
}

fn tone(hz: f32, ms: u16) -> Vec<i16> {
    let at = |n: u16| (std::f32::consts::TAU * (hz * f32::from(n) / 8_000.0).fract()).sin();
    #[expect(clippy::cast_possible_truncation, reason = "a sine of 8,000 fits")]
    let samples = (0..ms * 8).map(|n| (8_000.0 * at(n)) as i16).collect();
    samples
}

fn home(number: &str) -> Home {
    let quiet = |ms: usize| vec![0; ms * 8];
    let person = Person::saying([quiet(400), talk(600)].concat());
    let machine = Person::saying([quiet(300), talk(4_500), quiet(300), tone(1_000.0, 500)].concat());
    let refuses = |status| Home::Refuses(Duration::from_millis(100), status);
    match number.bytes().next_back().map_or(0, |digit| digit - b'0') {
        // Who has heard it all hangs up.
        0..=2 => Home::Answers(Person { hangs_up: Some(6_000), ..person }),
        3 => refuses("486 Busy Here"),
        4 => Home::Rings,
        5 => refuses("603 Decline"),
        6 => refuses("404 Not Found"),
        7 => Home::Answers(machine),
        8 => Home::Answers(Person { keys: vec![(2_500, '9')], ..person }),
        _ => Home::Answers(Person { hangs_up: Some(700), ..person }),
    }
}

/// One second of message and of voicemail, and a breath of everything else.
struct Short;

impl Voicing for Short {
    fn prompts(&self, _: Arc<Content>) -> BoxFuture<'_, Result<Arc<Prompts>, Mute>> {
        let breath = || Sound::of(&[0; 1_600]);
        let prompts = Prompts {
            message: Sound::of(&talk(1_000)),
            menu: vec![('1', breath())],
            voicemail: Sound::of(&talk(1_000)),
            confirmed: breath(),
            stopped: breath(),
            connecting: breath(),
            not_connected: breath(),
            office: None,
            other: None,
        };
        Box::pin(async move { Ok(Arc::new(prompts)) })
    }
}

/// Calls `homes` homes over so many lines, until nothing is tried any more.
async fn broadcast(homes: usize, lines: usize) {
    let town = Town::start(home).await;
    let file = sqlite().await.unwrap();
    let bench = Bench::new(file.db.clone());
    let rows = bench.queue(Channel::Voice, homes, |_| {}).await;
    let config = SipConfig {
        listen: "127.0.0.1:0".parse().unwrap(),
        options_s: 0.0,
        lines,
        office_lines: 0,
        per_second: 50.0,
        ring_s: 1.0,
        longest_call_s: 30,
        audio_threads: 2,
        ..SipConfig::of("127.0.0.1", town.port, "+15125550100")
    };
    let started = bench.start(Arc::new(SipGateway::new("calls", config, Arc::new(Short)).unwrap()));
    let deadline = std::time::Instant::now() + Duration::from_mins(15);
    loop {
        let states = bench.all().await;
        let open = states.iter().filter(|(_, state)| !state.kind().is_final());
        if open.clone().count() == 0 {
            break;
        }
        assert!(std::time::Instant::now() < deadline, "still open: {:?}", open.collect::<Vec<_>>());
        // What waits for its next try waits by this clock.
        if open.clone().all(|(_, state)| state.kind() == StateKind::Queued) {
            bench.clock.advance(SignedDuration::from_mins(1));
            bench.engine.wake.now(Queue::Deliveries);
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    started.end().await;
    let states: HashMap<_, _> = bench.all().await.into_iter().collect();
    let mut rung: HashMap<String, usize> = HashMap::new();
    for call in town.seen() {
        *rung.entry(call.number).or_default() += 1;
    }
    for row in &rows {
        let number = row.address.as_ref().map(Address::expose).unwrap();
        let sort = usize::from(number.bytes().next_back().unwrap() - b'0') % SORTS;
        let (end, tries) = match sort {
            0..=2 | 7 | 8 => (DeliveryState::Delivered, 1),
            3 => (DeliveryState::Rejected(FailReason::Busy), 4),
            4 => (DeliveryState::Rejected(FailReason::NoAnswer), 4),
            5 => (DeliveryState::Rejected(FailReason::Declined), 4),
            6 => (DeliveryState::Rejected(FailReason::BadNumber), 1),
            // Somebody took it and hung up: that is their answer.
            _ => (DeliveryState::Undelivered(FailReason::Declined), 1),
        };
        assert_eq!((states[&row.id], rung[number]), (end, tries), "{number}, of sort {sort}");
    }
    let mut reads = bench.db.read().await.unwrap();
    let machines = read::calls::taken_by(&mut reads, bench.origin, "machine").await.unwrap();
    assert_eq!(usize::try_from(machines).unwrap(), homes / SORTS, "machines are known as such");
    let numbers: Vec<&str> = rows.iter().map(|row| row.address.as_ref().map(Address::expose).unwrap()).collect();
    let ledger = read::consent::states(&mut reads, Program::Voice, &numbers).await.unwrap();
    let stopped = ledger.values().filter(|state| **state == ConsentState::Revoked).count();
    assert_eq!(stopped, homes / SORTS, "key 9 closed those numbers and no others (LAW-9)");
    bench.counters_agree().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_sort_of_home_ends_as_it_should_and_none_is_called_once_too_often() {
    broadcast(60, 20).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes; scripts/bench calls runs it"]
async fn two_thousand_homes_end_as_they_should() {
    broadcast(2_000, 120).await;
}
