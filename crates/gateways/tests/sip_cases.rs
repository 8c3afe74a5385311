//! Calls against independent peers: sipp plays callees and carriers, baresip is a telephone that records what it hears.

#[path = "town_cases/bad_days.rs"]
mod bad_days;
#[path = "town_cases/keys.rs"]
mod keys;
mod town;
mod trunk;
#[path = "town_cases/visits.rs"]
mod visits;

use std::time::Duration;

use schoolbell_domain::delivery::reason::FailReason;
use schoolbell_domain::delivery::receipt::ReceiptStatus;
use schoolbell_gateways::Gateway;
use schoolbell_gateways::secret::Secret;
use schoolbell_gateways::sip::{SipConfig, Transport};
use schoolbell_gateways::voice::Party;
use trunk::{NUMBER, Sipp, Telephone, Trunk, config, correlation, free_port, place, speech};

fn with_account(port: u16, password: &str) -> SipConfig {
    SipConfig {
        username: Some("school".to_owned()),
        password: Some(Secret::new(password)),
        register: Some(false),
        ..config(port)
    }
}

#[tokio::test]
async fn a_call_rings_is_answered_is_heard_to_the_end_and_hung_up() {
    let callee = Sipp::start("answer.xml", 1, &[]).await;
    let mut trunk = Trunk::open(config(callee.port));
    let delivery = trunk.call(NUMBER).await;
    let reference = trunk.answered().await;
    let record = trunk.record().await;
    assert_eq!((record.delivery, &record.reference), (delivery, &reference));
    assert_eq!((record.status, record.party, record.keys.as_str()), (ReceiptStatus::Delivered, Party::Person, ""));
    assert!((8_000..30_000).contains(&record.talked_ms), "message, menu, a wait for keys: {}", record.talked_ms);
    callee.went_well().await;
}

#[tokio::test]
async fn a_law_is_spoken_where_the_carrier_chooses_it_and_tcp_where_it_is_configured() {
    let callee = Sipp::over("t1", "hangup.xml", 1, &[("AFTER", "7500"), ("LAW", "8")]).await;
    let mut trunk = Trunk::open(SipConfig { transport: Transport::Tcp, ..config(callee.port) });
    trunk.call(NUMBER).await;
    trunk.answered().await;
    assert_eq!(trunk.record().await.status, ReceiptStatus::Delivered);
    callee.went_well().await;
}

#[tokio::test]
async fn the_carriers_no_becomes_a_reason() {
    let cases = [
        ("486 Busy Here", "X-None: 0", FailReason::Busy, "486 Busy Here"),
        ("404 Not Found", "X-None: 0", FailReason::BadNumber, "404 Not Found"),
        ("603 Decline", "X-None: 0", FailReason::Declined, "603 Decline"),
        ("480 Temporarily Unavailable", "X-None: 0", FailReason::NoAnswer, "480 Temporarily Unavailable"),
        ("503 Service Unavailable", "Retry-After: 1", FailReason::Congestion, "503 Service Unavailable"),
        (
            "480 Temporarily Unavailable",
            "Reason: Q.850;cause=1;text=\"Unallocated\"",
            FailReason::BadNumber,
            "480 Temporarily Unavailable (Q.850 cause 1)",
        ),
    ];
    for (code, header, reason, said) in cases {
        let callee = Sipp::start("refuse.xml", 1, &[("CODE", code), ("HEADER", header)]).await;
        let mut trunk = Trunk::open(config(callee.port));
        trunk.call(NUMBER).await;
        assert_eq!(trunk.refusal().await, (reason, said.to_owned()));
        callee.went_well().await;
    }
}

#[tokio::test]
async fn a_phone_that_rings_too_long_is_cancelled() {
    let callee = Sipp::start("ring.xml", 1, &[]).await;
    let mut trunk = Trunk::open(config(callee.port));
    trunk.call(NUMBER).await;
    assert_eq!(trunk.refusal().await.0, FailReason::NoAnswer);
    callee.went_well().await;
}

#[tokio::test]
async fn the_log_in_is_answered_with_a_digest_and_a_wrong_one_is_told() {
    let callee = Sipp::start("challenge.xml", 1, &[]).await;
    let mut trunk = Trunk::open(with_account(callee.port, "secret"));
    trunk.call(NUMBER).await;
    trunk.answered().await;
    assert_eq!(trunk.record().await.status, ReceiptStatus::Delivered);
    callee.went_well().await;

    let callee = Sipp::start("challenge.xml", 1, &[]).await;
    let mut trunk = Trunk::open(with_account(callee.port, "wrong"));
    trunk.call(NUMBER).await;
    assert_eq!(trunk.refusal().await, (FailReason::GatewayFault, "403 Forbidden".to_owned()));
}

#[tokio::test]
async fn an_account_registers_and_a_refused_one_says_so() {
    let registers = |port, password| SipConfig { register: Some(true), ..with_account(port, password) };
    let registrar = Sipp::start("register.xml", 1, &[]).await;
    let mut trunk = Trunk::open(registers(registrar.port, "secret"));
    trunk.until_up().await;
    registrar.went_well().await;

    let registrar = Sipp::start("register.xml", 1, &[]).await;
    let mut trunk = Trunk::open(registers(registrar.port, "wrong"));
    assert!(trunk.until_away().await.ends_with("refused the log-in: 403 Forbidden"));
    // What comes meanwhile goes back to the queue.
    trunk.call(NUMBER).await;
    assert_eq!(trunk.refusal().await.0, FailReason::GatewayAway);
}

#[tokio::test]
async fn a_carrier_that_says_nothing_is_away_after_seconds_and_the_call_goes_back() {
    let port = free_port();
    // Taken, so that the datagrams go nowhere instead of being refused.
    let _mute = std::net::UdpSocket::bind(("127.0.0.1", port)).unwrap();
    let mut trunk = Trunk::open(SipConfig { first_word_s: 1.0, ..config(port) });
    trunk.until_up().await;
    trunk.call(NUMBER).await;
    assert_eq!(trunk.refusal().await.0, FailReason::GatewayAway);
    assert!(trunk.until_away().await.contains("did not say a word"));
    let asking = Trunk::open(SipConfig { options_s: 30.0, ..config(port) });
    let said = trunk::soon("the check", asking.gateway.check()).await;
    assert!(said.is_err_and(|said| said.contains("does not answer")), "doctor says so too");
}

#[tokio::test]
async fn who_hangs_up_after_a_second_has_not_got_the_message() {
    let callee = Sipp::start("hangup.xml", 1, &[("AFTER", "1000")]).await;
    let mut trunk = Trunk::open(config(callee.port));
    trunk.call(NUMBER).await;
    trunk.answered().await;
    assert_eq!(trunk.record().await.status, ReceiptStatus::Undelivered(FailReason::Declined));
    callee.went_well().await;
}

#[tokio::test]
async fn key_9_by_sip_info_ends_the_call_law_9() {
    let callee = Sipp::start("keys.xml", 1, &[("AFTER", "1500"), ("KEY", "9")]).await;
    let mut trunk = Trunk::open(config(callee.port));
    trunk.call(NUMBER).await;
    trunk.answered().await;
    let record = trunk.record().await;
    assert!(record.wants_no_more(), "{record:?}");
    assert!(record.talked_ms < 5_000, "{}", record.talked_ms);
    callee.went_well().await;
}

#[tokio::test]
async fn a_stop_hangs_up_and_every_call_is_answered_for() {
    let callee = Sipp::start("answer.xml", 2, &[]).await;
    let mut trunk = Trunk::open(SipConfig { lines: 2, ..config(callee.port) });
    trunk.call(NUMBER).await;
    trunk.call("+15125550144").await;
    trunk.answered().await;
    trunk.answered().await;
    trunk.stop.cancel();
    for _ in 0..2 {
        assert_eq!(trunk.record().await.status, ReceiptStatus::Undelivered(FailReason::Declined));
    }
    trunk.ended().await;
    callee.went_well().await;
}

#[tokio::test]
async fn one_exchange_never_gets_more_calls_at_once_than_it_may() {
    // Three into one exchange that takes one at a time, one into another: the fourth passes the others.
    let callee = Sipp::start("hangup.xml", 4, &[("AFTER", "2000")]).await;
    let mut trunk = Trunk::open(SipConfig { lines: 4, exchange_lines: Some(1), ..config(callee.port) });
    let began = std::time::Instant::now();
    let mut first = Vec::new();
    for number in [NUMBER, "+15125550144", "+15125550145", "+17375550146"] {
        first.push(trunk.call(number).await);
    }
    let mut ended = Vec::new();
    for _ in 0..4 {
        ended.push((trunk.record().await.delivery, began.elapsed()));
    }
    let at = |delivery| ended.iter().find(|(of, _)| *of == delivery).map(|(_, at)| *at).unwrap();
    assert!(at(first[3]) < at(first[1]), "another exchange is not held up: {ended:?}");
    assert!(at(first[2]) > Duration::from_secs(6), "three one after the other: {ended:?}");
    callee.went_well().await;
}

#[tokio::test]
async fn the_telephone_hears_exactly_what_was_said_and_its_key_is_understood() {
    // A hello, then it listens.
    let mut says = vec![0; 4_000];
    says.extend(speech(1, 9).into_iter().take(5_000));
    says.resize(8_000 * 60, 0);
    let telephone = Telephone::start(&says).await;
    let message = speech(6, 11);
    let mut trunk = Trunk::saying(config(telephone.port), message.clone());
    trunk.call(NUMBER).await;
    trunk.answered().await;
    tokio::time::sleep(Duration::from_secs(12)).await;
    telephone.press('9').await;
    let record = trunk.record().await;
    assert_eq!(record.keys, "9", "{record:?}");
    let heard = telephone.heard().await;
    let at = place(&message, &heard);
    let heard = &heard[at..at + message.len()];
    let whole = correlation(&message, heard);
    assert!(whole > 0.999, "the recording correlates {whole} with what was sent");
    // Every 20 ms for itself: no gap, no click.
    let broken = message.chunks(160).zip(heard.chunks(160)).filter(|(sent, got)| {
        let loud = sent.iter().any(|sample| sample.abs() > 1_000);
        loud && correlation(sent, got) < 0.98
    });
    assert_eq!(broken.count(), 0, "frames that differ");
}
