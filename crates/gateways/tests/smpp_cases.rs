//! The SMPP gateway against a message centre that shares no code with it (npm `smpp`).
#![expect(clippy::expect_used, reason = "a broken peer should end the test with the reason")]

mod smsc;

use std::time::{Duration, Instant};

use schoolbell_domain::delivery::reason::FailReason;
use schoolbell_domain::delivery::receipt::ReceiptStatus;
use schoolbell_domain::delivery::settle::AttemptOutcome;
use schoolbell_formats::smpp::ReceiptIds;
use schoolbell_gateways::Gateway;
use schoolbell_gateways::secret::Secret;
use schoolbell_gateways::smpp::{PartMark, SmppConfig, SmppGateway, Tls};
use serde_json::{Value, json};
use smsc::{Desk, Kept, Smsc, from_phone};

const TO: &str = "+15125550143";

fn refused(outcome: &AttemptOutcome) -> Option<(FailReason, &str)> {
    match outcome {
        AttemptOutcome::Refused { reason, code } => Some((*reason, code)),
        AttemptOutcome::Accepted { .. } | AttemptOutcome::Unknown { .. } => None,
    }
}

fn is_unknown(outcome: &AttemptOutcome) -> bool {
    matches!(outcome, AttemptOutcome::Unknown { .. })
}

#[tokio::test]
async fn a_refused_log_in_says_what_to_check_and_hands_the_work_back() {
    let mut smsc = Smsc::start(json!({})).await;
    let config = SmppConfig { password: Secret::new("wrong"), ..smsc.config() };
    let gateway = SmppGateway::new("texts", config.clone()).expect("a config");
    let said = gateway.check().await.expect_err("refused");
    assert!(said.contains("refused the log-in of `school` (ESME_RINVPASWD); check system_id, password"), "{said}");
    assert!(!said.contains("wrong"), "the password is in: {said}");

    let mut desk = Desk::open(config);
    let sentence = desk.until_away().await;
    assert!(sentence.contains("refused the log-in"), "{sentence}");
    desk.send(TO, "Closed today.").await;
    let outcome = desk.outcome().await;
    assert_eq!(refused(&outcome.outcome), Some((FailReason::Credentials, "not sent: no session")));
    smsc.event("bind_refused").await;
    smsc.event("bind_refused").await;
    smsc.event("bind_refused").await;
    desk.close().await;
}

#[tokio::test]
async fn check_logs_in_and_out_and_sends_nothing() {
    let mut smsc = Smsc::start(json!({})).await;
    let gateway = SmppGateway::new("texts", smsc.config()).expect("a config");
    let said = gateway.check().await.expect("accepted");
    assert!(said.contains("accepted the log-in of `school` and calls itself `peer` (no TLS)"), "{said}");
    smsc.event("unbind").await;
    assert!(!smsc.has_seen("submit"));
}

#[tokio::test]
async fn nobody_there_is_said_in_a_sentence() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = nobody.local_addr().expect("bound").port();
    drop(nobody);
    let config = SmppConfig::of("127.0.0.1", port, ("school", "secret"), "68453");
    let mut desk = Desk::open(config);
    let sentence = desk.until_away().await;
    assert!(sentence.contains("cannot be reached") && sentence.contains("check host, port and firewall"), "{sentence}");
    desk.close().await;
}

#[tokio::test]
async fn an_accepted_text_is_what_the_carrier_reads_and_its_receipt_names_it() {
    let mut smsc = Smsc::start(json!({ "receipts": "after" })).await;
    let mut desk = Desk::open(smsc.config());
    let body = "Closed today: [snow] {all} schools ~ 1\u{20ac} \u{e9}\u{f1}\u{3a9}@$";
    let delivery = desk.send_as(TO, body, true).await;
    assert_eq!(smsc.event("bound").await["version"], 0x34);
    let submit = smsc.event("submit").await;
    assert_eq!(submit["text"], body);
    assert_eq!((&submit["to"], &submit["to_ton"], &submit["to_npi"]), (&json!("15125550143"), &json!(1), &json!(1)));
    assert_eq!((&submit["from"], &submit["from_ton"]), (&json!("68453"), &json!(3)));
    assert_eq!((&submit["esm_class"], &submit["data_coding"]), (&json!(0), &json!(0)));
    assert_eq!((&submit["priority"], &submit["registered"]), (&json!(3), &json!(1)));
    assert_eq!(submit["validity"], "2031-05-06T07:08:09.000Z");
    let outcome = desk.outcome().await;
    assert_eq!((outcome.delivery, outcome.attempt), (delivery, 3));
    assert_eq!(outcome.outcome, AttemptOutcome::Accepted { references: vec!["1001".to_owned()] });
    let receipt = desk.receipts(1).await.remove(0);
    assert_eq!((receipt.reference.as_str(), receipt.status), ("1001", ReceiptStatus::Delivered));
    assert!(receipt.raw.starts_with("id:1001") && !receipt.raw.contains("text:"), "{}", receipt.raw);
    assert_eq!(smsc.event("deliver_resp").await["status"], 0);
    desk.close().await;
    smsc.event("unbind").await;
}

/// Receipts by text alone, with the id in another radix, not delivered.
#[tokio::test]
async fn ids_in_two_radixes_come_to_one_reference() {
    let settings = json!({ "receipts": "after", "ids": "mixed", "tlv": false, "stat": "UNDELIV", "err": "001" });
    let smsc = Smsc::start(settings).await;
    let mut desk = Desk::open(SmppConfig { receipt_ids: ReceiptIds::DecimalOfHex, ..smsc.config() });
    desk.send(TO, "Closed today.").await;
    let references = desk.accepted().await;
    let receipt = desk.receipts(1).await.remove(0);
    assert_eq!(vec![receipt.reference], references);
    assert_eq!(receipt.status, ReceiptStatus::Undelivered(FailReason::BadNumber));
    desk.close().await;
}

#[tokio::test]
async fn early_and_repeated_receipts_are_all_kept() {
    let mut smsc = Smsc::start(json!({ "receipts": "early", "twice": true })).await;
    let mut desk = Desk::open(smsc.config());
    desk.send(TO, "Closed today.").await;
    let receipts = desk.receipts(2).await;
    let references = desk.accepted().await;
    assert!(receipts.iter().all(|receipt| receipt.reference == references[0]), "{receipts:?}");
    for _ in 0..2 {
        assert_eq!(smsc.event("deliver_resp").await["status"], 0);
    }
    desk.close().await;
}

#[tokio::test]
async fn a_throttled_text_goes_back_and_the_session_slows_down() {
    let mut smsc = Smsc::start(json!({ "throttle": 1 })).await;
    let mut desk = Desk::open(SmppConfig { window: 1, ..smsc.config() });
    desk.until_up().await;
    desk.send(TO, "one").await;
    let first = desk.outcome().await;
    assert_eq!(refused(&first.outcome), Some((FailReason::Throttled, "ESME_RTHROTTLED")));
    let began = Instant::now();
    desk.send(TO, "two").await;
    assert_eq!(desk.accepted().await.len(), 1);
    assert!(began.elapsed() >= Duration::from_millis(300), "sent again after {:?}", began.elapsed());
    assert_eq!(smsc.event("submit").await["text"], "one");
    assert_eq!(smsc.event("submit").await["text"], "two");
    desk.close().await;
}

/// The other parts may have been taken already: only the throttled one is repeated, and the delivery is accepted once.
#[tokio::test]
async fn a_throttled_part_of_a_long_text_is_repeated_alone() {
    let mut smsc = Smsc::start(json!({ "throttle": 1 })).await;
    let mut desk = Desk::open(smsc.config());
    desk.send(TO, &"a".repeat(200)).await;
    assert_eq!(desk.accepted().await, ["1002", "1001"]);
    let mut parts = Vec::new();
    for _ in 0..3 {
        parts.push(smsc.event("submit").await["part"][2].clone());
    }
    assert_eq!(parts, [json!(1), json!(2), json!(1)]);
    desk.close().await;
}

#[tokio::test]
async fn a_part_refused_for_good_refuses_the_whole_and_says_how_much_went() {
    let mut smsc = Smsc::start(json!({ "refuse_part": 2 })).await;
    let mut desk = Desk::open(smsc.config());
    desk.send(TO, &"a".repeat(200)).await;
    let outcome = desk.outcome().await;
    let want = (FailReason::GatewayFault, "ESME_RSUBMITFAIL, 1 of 2 parts were taken");
    assert_eq!(refused(&outcome.outcome), Some(want));
    smsc.event("submit").await;
    smsc.event("submit").await;
    desk.close().await;
}

#[tokio::test]
async fn the_carriers_refusals_become_reasons() {
    let smsc = Smsc::start(json!({ "refuse": { "15125550111": 0x0B, "15125550112": 0x0400 } })).await;
    let mut config = smsc.config();
    config.status_reasons.insert("0x00000400".to_owned(), FailReason::NoCredit);
    let mut desk = Desk::open(config);
    desk.send("+15125550111", "Closed today.").await;
    assert_eq!(refused(&desk.outcome().await.outcome), Some((FailReason::BadNumber, "ESME_RINVDSTADR")));
    desk.send("+15125550112", "Closed today.").await;
    assert_eq!(refused(&desk.outcome().await.outcome), Some((FailReason::NoCredit, "0x00000400")));
    desk.send(TO, "").await;
    assert_eq!(refused(&desk.outcome().await.outcome), Some((FailReason::ContentRefused, "empty text")));
    desk.close().await;
}

/// LAW-25: three parts in UCS-2, no emoji cut, one reference for each.
#[tokio::test]
async fn a_long_text_in_ucs2_arrives_in_parts_that_join() {
    let mut smsc = Smsc::start(json!({})).await;
    let mut desk = Desk::open(smsc.config());
    let body = format!(
        "{}\u{1f600}{}\u{1f1ee}\u{1f1f9} Tr\u{1b0}\u{1edd}ng \u{111}\u{f3}ng c\u{1eed}a",
        "\u{e1}".repeat(66),
        "b".repeat(66)
    );
    desk.send(TO, &body).await;
    let mut joined = String::new();
    let mut references = Vec::new();
    for number in 1..=3 {
        let submit = smsc.event("submit").await;
        assert_eq!(
            (&submit["data_coding"], &submit["esm_class"], &submit["header_kind"]),
            (&json!(8), &json!(0x40), &json!(0))
        );
        assert_eq!((&submit["part"][1], &submit["part"][2]), (&json!(3), &json!(number)));
        references.push(submit["part"][0].clone());
        joined.push_str(submit["text"].as_str().expect("text"));
    }
    assert_eq!(joined, body);
    assert!(references.iter().all(|reference| *reference == references[0]));
    assert_eq!(desk.accepted().await, ["1001", "1002", "1003"]);
    desk.close().await;
}

#[tokio::test]
async fn parts_can_be_marked_by_tlv() {
    let mut smsc = Smsc::start(json!({})).await;
    let mut desk = Desk::open(SmppConfig { parts: PartMark::Sar, ..smsc.config() });
    desk.send(TO, &format!("{}\u{20ac}{}", "a".repeat(152), "b".repeat(10))).await;
    let (one, two) = (smsc.event("submit").await, smsc.event("submit").await);
    assert_eq!(
        (one["text"].clone(), two["text"].clone()),
        (json!("a".repeat(152)), json!(format!("\u{20ac}{}", "b".repeat(10))))
    );
    assert_eq!((&one["sar"][1], &one["sar"][2], &two["sar"][2]), (&json!(2), &json!(1), &json!(2)));
    assert_eq!((&one["sar"][0], &one["esm_class"]), (&two["sar"][0], &json!(0)));
    assert_eq!(desk.accepted().await.len(), 2);
    desk.close().await;
}

#[tokio::test]
async fn a_break_in_mid_window_leaves_the_sent_unknown_and_the_next_session_sends() {
    let mut smsc = Smsc::start(json!({ "answer": "silent" })).await;
    let mut desk = Desk::open(SmppConfig { window: 5, ..smsc.config() });
    let mut open = Vec::new();
    for number in 0..5 {
        open.push(desk.send(TO, &format!("text {number}")).await);
    }
    for _ in 0..5 {
        smsc.event("submit").await;
    }
    smsc.tell(json!({ "do": "set", "answer": "take" })).await;
    smsc.event("set").await;
    smsc.tell(json!({ "do": "drop" })).await;
    for _ in 0..5 {
        let outcome = desk.outcome().await;
        assert!(is_unknown(&outcome.outcome), "{outcome:?}");
        open.retain(|delivery| *delivery != outcome.delivery);
    }
    assert!(open.is_empty());
    smsc.event("bound").await;
    smsc.event("bound").await;
    desk.send(TO, "after").await;
    assert_eq!(desk.accepted().await.len(), 1);
    desk.close().await;
}

/// What lies in the channel while the carrier is away was never sent: it goes back as such.
#[tokio::test]
async fn what_was_never_written_is_refused_as_not_sent() {
    let mut smsc = Smsc::start(json!({ "answer": "silent" })).await;
    let mut desk = Desk::open(SmppConfig { window: 2, ..smsc.config() });
    for number in 0..4 {
        desk.send(TO, &format!("text {number}")).await;
    }
    smsc.event("submit").await;
    smsc.event("submit").await;
    drop(smsc);
    let (mut unknown, mut refusals) = (0, 0);
    for _ in 0..4 {
        let outcome = desk.outcome().await;
        unknown += usize::from(is_unknown(&outcome.outcome));
        refusals += usize::from(refused(&outcome.outcome).is_some_and(|no| no.0 == FailReason::GatewayAway));
    }
    assert_eq!((unknown, refusals), (2, 2));
    desk.close().await;
}

#[tokio::test]
async fn no_answer_in_time_is_unknown_and_frees_the_window() {
    let mut smsc = Smsc::start(json!({ "answer": "silent" })).await;
    let mut desk = Desk::open(SmppConfig { window: 1, response_timeout_s: 0.2, ..smsc.config() });
    desk.until_up().await;
    desk.send(TO, "one").await;
    let outcome = desk.outcome().await;
    assert_eq!(outcome.outcome, AttemptOutcome::Unknown { code: "no answer in time".to_owned() });
    smsc.tell(json!({ "do": "set", "answer": "take" })).await;
    smsc.event("set").await;
    desk.send(TO, "two").await;
    assert_eq!(desk.accepted().await.len(), 1);
    desk.close().await;
}

#[tokio::test]
async fn stopping_waits_for_answers_then_says_unknown_and_goodbye() {
    let mut smsc = Smsc::start(json!({ "answer": "silent" })).await;
    let mut desk = Desk::open(SmppConfig { window: 1, response_timeout_s: 0.3, ..smsc.config() });
    desk.send(TO, "one").await;
    smsc.event("submit").await;
    desk.send(TO, "two").await;
    desk.stop.cancel();
    let (one, two) = (desk.outcome().await, desk.outcome().await);
    assert_eq!(refused(&one.outcome), Some((FailReason::GatewayAway, "not sent: stopped")));
    assert!(is_unknown(&two.outcome), "{two:?}");
    smsc.event("unbind").await;
    desk.close().await;
}

#[tokio::test]
async fn dropping_the_work_finishes_it_and_says_goodbye() {
    let mut smsc = Smsc::start(json!({})).await;
    let mut desk = Desk::open(smsc.config());
    for number in 0..20 {
        desk.send(TO, &format!("text {number}")).await;
    }
    let (closed, _) = tokio::sync::mpsc::channel(1);
    drop(std::mem::replace(&mut desk.running.work, closed));
    for _ in 0..20 {
        assert_eq!(desk.accepted().await.len(), 1);
    }
    smsc.event("unbind").await;
    desk.close().await;
}

/// A receipt is acknowledged only once it is kept; otherwise the carrier sends it again.
#[tokio::test]
async fn what_was_not_kept_comes_again() {
    let mut smsc = Smsc::start(json!({ "receipts": "after" })).await;
    let mut desk = Desk::open(smsc.config());
    desk.refuse_next(2);
    desk.send(TO, "Closed today.").await;
    let references = desk.accepted().await;
    assert_eq!(desk.receipts(1).await[0].reference, references[0]);
    let mut answers = Vec::new();
    for _ in 0..3 {
        answers.push(smsc.event("deliver_resp").await["status"].clone());
    }
    assert_eq!(answers, [json!(0x64), json!(0x64), json!(0)]);
    desk.close().await;
}

#[tokio::test]
async fn nothing_is_acknowledged_while_the_sink_is_at_it_and_sending_goes_on() {
    let mut smsc = Smsc::start(json!({ "receipts": "after" })).await;
    let mut desk = Desk::open(smsc.config());
    let held = desk.hold_sink().await;
    for number in 0..30 {
        desk.send(TO, &format!("text {number}")).await;
        assert_eq!(desk.accepted().await.len(), 1);
    }
    smsc.tell(json!({ "do": "enquire" })).await;
    smsc.event("enquire_link_resp").await;
    assert!(!smsc.has_seen("deliver_resp") && desk.nothing_kept());
    drop(held);
    assert_eq!(desk.receipts(30).await.len(), 30);
    assert_eq!(smsc.event("deliver_resp").await["status"], 0);
    desk.close().await;
}

#[tokio::test]
async fn a_text_from_a_phone_is_kept_with_its_sender_in_e164() {
    let mut smsc = Smsc::start(json!({})).await;
    let mut desk = Desk::open(smsc.config());
    smsc.event("bound").await;
    let cases: [(Value, &str, &str); 4] = [
        (from_phone("STOP"), "+15125550143", "STOP"),
        (
            json!({ "source_addr": "5125550143", "source_addr_ton": 2, "data_coding": 8, "short_message": { "message": "S\u{ed} \u{1f600}" } }),
            "+15125550143",
            "S\u{ed} \u{1f600}",
        ),
        (
            json!({ "source_addr": "15125550144", "source_addr_ton": 0, "data_coding": 3, "octets": "c9" }),
            "+15125550144",
            "\u{c9}",
        ),
        (
            json!({ "source_addr": "68453", "source_addr_ton": 3, "short_message": { "message": "{ok}" } }),
            "68453",
            "{ok}",
        ),
    ];
    for (mut pdu, from, body) in cases {
        pdu["destination_addr"] = json!("68453");
        smsc.tell(json!({ "do": "deliver", "tag": "t", "pdu": pdu })).await;
        let want = Kept::Text { from: from.to_owned(), to: "68453".to_owned(), body: body.to_owned() };
        assert_eq!(desk.kept().await, want);
        assert_eq!(smsc.event("deliver_resp").await["status"], 0);
    }
    desk.close().await;
}

#[tokio::test]
async fn a_text_by_data_sm_is_kept_too() {
    let mut smsc = Smsc::start(json!({})).await;
    let mut desk = Desk::open(smsc.config());
    smsc.event("bound").await;
    let pdu = json!({ "source_addr": "15125550143", "source_addr_ton": 1, "destination_addr": "68453", "message_payload": { "message": "YES" } });
    smsc.tell(json!({ "do": "data", "tag": "d", "pdu": pdu })).await;
    let want = Kept::Text { from: TO.to_owned(), to: "68453".to_owned(), body: "YES".to_owned() };
    assert_eq!(desk.kept().await, want);
    assert_eq!(smsc.event("deliver_resp").await["status"], 0);
    desk.close().await;
}

fn part(number: u8, text: &str) -> Value {
    let mut pdu = from_phone(text);
    pdu["short_message"]["udh"] = json!(format!("0500032a02{number:02x}"));
    pdu
}

/// Parts wait unacknowledged for each other, in any order, and are acknowledged together.
#[tokio::test]
async fn a_long_text_from_a_phone_is_joined_and_acknowledged_when_whole() {
    let mut smsc = Smsc::start(json!({})).await;
    let mut desk = Desk::open(smsc.config());
    smsc.event("bound").await;
    smsc.tell(json!({ "do": "deliver", "tag": "two", "pdu": part(2, " texts") })).await;
    smsc.tell(json!({ "do": "enquire" })).await;
    smsc.event("enquire_link_resp").await;
    assert!(!smsc.has_seen("deliver_resp") && desk.nothing_kept());
    smsc.tell(json!({ "do": "deliver", "tag": "one", "pdu": part(1, "Stop these") })).await;
    let want = Kept::Text { from: TO.to_owned(), to: "68453".to_owned(), body: "Stop these texts".to_owned() };
    assert_eq!(desk.kept().await, want);
    let mut tags = Vec::new();
    for _ in 0..2 {
        let answer = smsc.event("deliver_resp").await;
        assert_eq!(answer["status"], 0);
        tags.push(answer["tag"].clone());
    }
    assert_eq!(tags, [json!("two"), json!("one")]);
    desk.close().await;
}

#[tokio::test]
async fn a_part_that_stays_alone_is_delivered_as_it_came() {
    let mut smsc = Smsc::start(json!({})).await;
    let mut desk = Desk::open(SmppConfig { join_wait_s: 0.1, ..smsc.config() });
    smsc.event("bound").await;
    smsc.tell(json!({ "do": "deliver", "tag": "one", "pdu": part(1, "Stop these") })).await;
    let want = Kept::Text { from: TO.to_owned(), to: "68453".to_owned(), body: "Stop these[\u{2026}]".to_owned() };
    assert_eq!(desk.kept().await, want);
    assert_eq!(smsc.event("deliver_resp").await["status"], 0);
    desk.close().await;
}

/// For carriers that hold back part 2 until part 1 is acknowledged; a sink that fails is asked again by us.
#[tokio::test]
async fn parts_can_be_acknowledged_at_once_and_are_not_lost_to_a_failing_sink() {
    let mut smsc = Smsc::start(json!({})).await;
    let mut desk = Desk::open(SmppConfig { ack_parts_at_once: true, ..smsc.config() });
    smsc.event("bound").await;
    smsc.tell(json!({ "do": "deliver", "tag": "one", "pdu": part(1, "Stop these") })).await;
    assert_eq!(smsc.event("deliver_resp").await["status"], 0);
    desk.refuse_next(1);
    smsc.tell(json!({ "do": "deliver", "tag": "two", "pdu": part(2, " texts") })).await;
    assert_eq!(smsc.event("deliver_resp").await["status"], 0);
    let want = Kept::Text { from: TO.to_owned(), to: "68453".to_owned(), body: "Stop these texts".to_owned() };
    assert_eq!(desk.kept().await, want);
    desk.close().await;
}

#[tokio::test]
async fn each_side_asks_whether_the_other_is_there() {
    let mut smsc = Smsc::start(json!({})).await;
    let mut desk = Desk::open(SmppConfig { enquire_link_s: 0.1, ..smsc.config() });
    desk.until_up().await;
    smsc.event("enquire_link").await;
    smsc.event("enquire_link").await;
    smsc.tell(json!({ "do": "enquire" })).await;
    assert_eq!(smsc.event("enquire_link_resp").await["status"], 0);
    desk.close().await;
}

#[tokio::test]
async fn a_carrier_that_falls_silent_is_left_and_bound_again() {
    let mut smsc = Smsc::start(json!({ "mute": true })).await;
    let mut desk = Desk::open(SmppConfig { enquire_link_s: 0.1, response_timeout_s: 0.2, ..smsc.config() });
    desk.until_up().await;
    let sentence = desk.until_away().await;
    assert!(sentence.contains("does not answer any more; connecting again"), "{sentence}");
    smsc.event("bound").await;
    smsc.event("bound").await;
    desk.close().await;
}

#[tokio::test]
async fn a_carrier_that_says_goodbye_is_answered_and_bound_again() {
    let mut smsc = Smsc::start(json!({})).await;
    let mut desk = Desk::open(smsc.config());
    smsc.event("bound").await;
    smsc.tell(json!({ "do": "unbind" })).await;
    smsc.event("unbind_resp").await;
    smsc.event("bound").await;
    desk.send(TO, "Closed today.").await;
    assert_eq!(desk.accepted().await.len(), 1);
    desk.close().await;
}

#[tokio::test]
async fn over_tls_with_a_certificate_that_is_checked() {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).expect("a certificate");
    let (cert, key) = (made.cert.pem(), made.signing_key.serialize_pem());
    let smsc = Smsc::start(json!({ "cert": cert, "key": key, "receipts": "after" })).await;
    let tls = Tls { server_name: Some("localhost".to_owned()), ca_pem: Some(cert) };
    let mut desk = Desk::open(SmppConfig { tls: Some(tls), ..smsc.config() });
    for number in 0..50 {
        desk.send(TO, &format!("text {number}")).await;
        assert_eq!(desk.accepted().await.len(), 1);
    }
    assert_eq!(desk.receipts(50).await.len(), 50);
    desk.close().await;

    let stranger =
        SmppConfig { tls: Some(Tls { server_name: Some("localhost".to_owned()), ca_pem: None }), ..smsc.config() };
    let said = SmppGateway::new("texts", stranger).expect("a config").check().await.expect_err("unknown issuer");
    assert!(said.contains("does not speak TLS as we ask for"), "{said}");
}
