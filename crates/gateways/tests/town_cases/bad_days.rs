//! Bad days on the line: loss, disorder, delay, silence, a wrong codec, a NAT, a carrier that is congested or dies, and
//! messages that nobody should send.

use std::time::{Duration, Instant};

use schoolbell_domain::delivery::reason::FailReason;
use schoolbell_domain::delivery::receipt::ReceiptStatus;
use schoolbell_gateways::sip::SipConfig;
use tokio::net::UdpSocket;

use super::town::{Home, Network, Person, Town};
use super::trunk::{NUMBER, Trunk, config, correlation, free_port, place, speech};

fn answers(person: Person) -> impl Fn(&str) -> Home + Send + Sync {
    move |_| Home::Answers(person.clone())
}

/// Says hello half a second after it answered.
fn somebody() -> Person {
    let mut says = vec![0; 4_000];
    says.extend(speech(1, 9).into_iter().take(5_000));
    Person::saying(says)
}

/// RFC 4733: the end of an event is sent three times, so one packet in twenty may be lost, and any may come late.
#[tokio::test]
async fn every_key_is_heard_once_at_5_percent_loss_with_disorder_and_jitter() {
    let keys: Vec<(u64, char)> =
        (0..60).zip("0123567800*#".chars().cycle()).map(|(n, key)| (2_000 + n * 260, key)).collect();
    let pressed: String = keys.iter().map(|(_, key)| *key).collect();
    let network = Network { lost: 50, swapped: 50, jitter: 2 };
    let town = Town::start(answers(Person { keys, network, hangs_up: Some(19_000), ..somebody() })).await;
    let mut trunk = Trunk::saying(SipConfig { lines: 3, longest_call_s: 60, ..config(town.port) }, speech(20, 3));
    for number in [NUMBER, "+15125550144", "+15125550145"] {
        trunk.call(number).await;
    }
    for _ in 0..3 {
        assert_eq!(trunk.record().await.keys, pressed);
    }
}

#[tokio::test]
async fn what_is_sent_has_no_gap_and_at_5_percent_loss_the_rest_is_whole() {
    let town = Town::start(answers(somebody())).await;
    let message = speech(8, 5);
    let mut trunk = Trunk::saying(config(town.port), message.clone());
    trunk.call(NUMBER).await;
    assert_eq!(trunk.record().await.status, ReceiptStatus::Delivered);
    let clean = town.call_to(NUMBER);
    let gaps = clean.arrivals.windows(2).filter(|pair| {
        pair[1].sequence.wrapping_sub(pair[0].sequence) != 1 || pair[1].timestamp.wrapping_sub(pair[0].timestamp) != 160
    });
    assert_eq!(gaps.count(), 0, "of {} packets", clean.arrivals.len());
    assert_eq!(broken(&message, &clean.heard), 0, "clicks and gaps");

    let network = Network { lost: 50, ..Network::default() };
    let town = Town::start(answers(Person { network, ..somebody() })).await;
    let mut trunk = Trunk::saying(config(town.port), message.clone());
    trunk.call(NUMBER).await;
    assert_eq!(trunk.record().await.status, ReceiptStatus::Delivered);
    let broken = broken(&message, &town.call_to(NUMBER).heard);
    assert!((1..50).contains(&broken), "of 400 frames about 20 never came, all others are whole: {broken}");
}

/// How many loud frames of 20 ms differ from what was sent.
fn broken(message: &[i16], heard: &[i16]) -> usize {
    let at = place(message, heard);
    let pairs = message.chunks(160).zip(heard[at..].chunks(160));
    let differ = pairs.filter(|(sent, got)| {
        let loud = sent.iter().any(|sample| sample.abs() > 1_000);
        // Of a frame that never came the correlation is no number.
        loud && (correlation(sent, got) - 1.0).abs() < 0.02
    });
    let loud = message.chunks(160).filter(|sent| sent.iter().any(|sample| sample.abs() > 1_000));
    loud.count() - differ.count()
}

#[tokio::test]
async fn one_way_sound_is_spoken_to_all_the_same_and_a_nat_is_followed() {
    let town = Town::start(answers(Person { is_mute: true, ..somebody() })).await;
    let mut trunk = Trunk::open(config(town.port));
    trunk.call(NUMBER).await;
    let record = trunk.record().await;
    assert_eq!(record.status, ReceiptStatus::Delivered, "{record:?}");
    assert_eq!(broken(&speech(3, 1), &town.call_to(NUMBER).heard), 0);

    // The description says one port, the sound comes from another: that is where ours goes.
    let town = Town::start(answers(Person { behind_a_nat: true, ..somebody() })).await;
    let mut trunk = Trunk::open(config(town.port));
    trunk.call(NUMBER).await;
    assert_eq!(trunk.record().await.status, ReceiptStatus::Delivered);
    assert_eq!(broken(&speech(3, 1), &town.call_to(NUMBER).heard), 0);
}

#[tokio::test]
async fn a_codec_that_we_do_not_speak_is_told_and_hung_up() {
    let town = Town::start(answers(Person { media: "18 9", ..somebody() })).await;
    let mut trunk = Trunk::open(config(town.port));
    trunk.call(NUMBER).await;
    let (reason, said) = trunk.refusal().await;
    assert_eq!(reason, FailReason::GatewayFault);
    assert!(said.contains("it chose 18 9"), "{said}");
    town.quiet().await;
    assert!(town.call_to(NUMBER).ended, "nobody holds a dead line");
}

#[tokio::test]
async fn who_never_hangs_up_is_hung_up_at_the_limit() {
    let keys = (0..100).map(|n| (2_000 + n * 2_000, '1')).collect();
    let town = Town::start(answers(Person { keys, ..somebody() })).await;
    let mut trunk = Trunk::open(SipConfig { longest_call_s: 12, ..config(town.port) });
    trunk.call(NUMBER).await;
    assert_eq!(trunk.record().await.talked_ms, 12_000);
    town.quiet().await;
    assert!(town.call_to(NUMBER).ended);
}

#[tokio::test]
async fn a_storm_of_503_slows_the_trunk_down_and_passes() {
    let calls = std::sync::atomic::AtomicUsize::new(0);
    let town = Town::start(move |_| match calls.fetch_add(1, std::sync::atomic::Ordering::Relaxed) {
        0..4 => Home::Refuses(Duration::ZERO, "503 Service Unavailable"),
        _ => Home::Refuses(Duration::ZERO, "486 Busy Here"),
    })
    .await;
    let mut trunk = Trunk::open(SipConfig { lines: 1, ..config(town.port) });
    let began = Instant::now();
    let mut reasons = Vec::new();
    for n in 0..5 {
        trunk.call(&format!("+1512555014{n}")).await;
        reasons.push(trunk.refusal().await.0);
    }
    assert_eq!(reasons[..4], [FailReason::Congestion; 4]);
    assert_eq!(reasons[4], FailReason::Busy);
    // Half a second, one, two, four.
    assert!(began.elapsed() > Duration::from_secs(7), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_trunk_that_dies_in_mid_broadcast_ends_its_calls_and_gives_the_rest_back() {
    let town = Town::start(answers(somebody())).await;
    let mut trunk =
        Trunk::saying(SipConfig { lines: 2, first_word_s: 1.0, longest_call_s: 20, ..config(town.port) }, speech(6, 1));
    trunk.call(NUMBER).await;
    trunk.answered().await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let port = town.port;
    drop(town);
    let _mute = loop {
        // Its port goes on to take datagrams, and nobody answers.
        if let Ok(socket) = UdpSocket::bind(("127.0.0.1", port)).await {
            break socket;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    trunk.call("+15125550144").await;
    assert_eq!(trunk.refusal().await.0, FailReason::GatewayAway, "not lost: it goes to another trunk, or waits");
    assert!(trunk.until_away().await.contains("did not say a word"));
    // The call that was up is closed here, with what had been heard.
    let record = trunk.record().await;
    assert!(record.talked_ms <= 20_000, "{record:?}");
}

/// In the manner of RFC 4475: what no sane sender sends, at the port that carriers reach. The next call goes as ever.
#[tokio::test]
async fn torture_by_messages_never_harms_the_trunk() {
    let town = Town::start(|_| Home::Refuses(Duration::ZERO, "486 Busy Here")).await;
    let listen = free_port();
    let here = std::net::SocketAddr::from(([127, 0, 0, 1], listen));
    let mut trunk = Trunk::open(SipConfig { listen: here, ..config(town.port) });
    trunk.until_up().await;
    let evil = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    for message in torture() {
        evil.send_to(&message, here).await.unwrap();
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    trunk.call(NUMBER).await;
    assert_eq!(trunk.refusal().await.0, FailReason::Busy);
    assert_eq!(town.seen().len(), 1);
}

fn torture() -> Vec<Vec<u8>> {
    let good = |method: &str, more: &str, body: &str| {
        format!(
            "{method} sip:school@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKt{}\r\n\
             From: <sip:evil@127.0.0.1>;tag=1\r\nTo: <sip:school@127.0.0.1>\r\nCall-ID: {}@127.0.0.1\r\n\
             CSeq: 1 {method}\r\nMax-Forwards: 70\r\n{more}\r\n{body}",
            more.len(),
            more.len() + method.len()
        )
    };
    let long = "x".repeat(30_000);
    let mut all: Vec<Vec<u8>> = [
        String::new(),
        "\r\n\r\n".to_owned(),
        "SIP/2.0\r\n\r\n".to_owned(),
        "SIP/2.0 200 OK\r\n\r\n".to_owned(),
        "SIP/2.0 99999 Nothing\r\nCSeq: -1 INVITE\r\n\r\n".to_owned(),
        "INVITE sip:a SIP/9.9\r\n\r\n".to_owned(),
        "INVITE  sip:a@b  SIP/2.0\r\nVia:\r\nTo:\r\nFrom:\r\nCall-ID:\r\nCSeq:\r\n\r\n".to_owned(),
        good("INVITE", "Content-Length: -999\r\n", ""),
        good("INVITE", "Content-Length: 99999999999999999999\r\n", "v=0"),
        good("INVITE", "Content-Length: 3\r\nContent-Type: application/sdp\r\n", "m=audio 99999999 RTP/AVP 300"),
        good("INVITE", "Contact: <sip:%00%zz@>;;;=\r\nRecord-Route: <>,,,<sip:>\r\n", ""),
        good("REGISTER", "Expires: 1000000000000000\r\nContact: *\r\n", ""),
        good("NEWMETHOD", "Require: nothing,that,exists\r\n", ""),
        good("OPTIONS", &format!("Subject: {long}\r\n"), ""),
        good("OPTIONS", "Via: SIP/2.0/UDP [::1;branch=\r\nVia: SIP/2.0/XYZ %%%\r\n", ""),
        good("BYE", "To: <sip:a>;tag=nobody\r\n", ""),
        good("CANCEL", "", ""),
        good("ACK", "", ""),
        good("MESSAGE", "Date: Fri, 99 Foo 2010 99:99:99 EST\r\nWarning: 1812 overture \"In Progress\r\n", "hello"),
        good("INVITE", "CSeq: 4294967296 INVITE\r\nMax-Forwards: 300\r\n", ""),
        good("INVITE", "From: \"unterminated <sip:a@b>;tag=\\\r\n", ""),
        good("OPTIONS", "\tfolded: line\r\n continues\r\n\tand on\r\n", ""),
    ]
    .into_iter()
    .map(String::into_bytes)
    .collect();
    all.push(vec![0; 1_000]);
    all.push((0..=255).collect());
    all.push([good("INVITE", "Subject: ", "").into_bytes(), vec![0xFF, 0xFE, 0, 0x80]].concat());
    all
}
