//! Notifications against web-push-testing, which checks our token and decrypts what we send, and answers 404, 410 and 429.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use schoolbell_domain::category::{Category, PushUrgency};
use schoolbell_domain::clock::Clock;
use schoolbell_domain::delivery::reason::FailReason;
use schoolbell_domain::delivery::settle::AttemptOutcome;
use schoolbell_domain::ids::DeliveryId;
use schoolbell_domain::people::Address;
use schoolbell_gateways::push::vapid::new_key;
use schoolbell_gateways::push::{Device, Notice, PushConfig, PushGateway};
use schoolbell_gateways::{
    Content, Gateway, HeardCall, HeardReceipt, HeardText, InboundSink, NotKept, Outgoing, Running,
};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

/// The peer looks at the clock of the machine when it checks a token.
struct Now;

impl Clock for Now {
    #[expect(clippy::disallowed_methods, reason = "the peer judges our token by the machine's clock")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// Hears which devices are gone.
#[derive(Default)]
struct Ears(Mutex<Vec<String>>);

impl InboundSink for Ears {
    fn receipts<'a>(&'a self, _: &'a str, _: Vec<HeardReceipt>) -> BoxFuture<'a, Result<(), NotKept>> {
        Box::pin(async { Ok(()) })
    }
    fn text<'a>(&'a self, _: &'a str, _: HeardText) -> BoxFuture<'a, Result<(), NotKept>> {
        Box::pin(async { Err(NotKept("no texts here".to_owned())) })
    }
    fn call<'a>(&'a self, _: &'a str, _: HeardCall) -> BoxFuture<'a, Result<(), NotKept>> {
        Box::pin(async { Err(NotKept("no calls here".to_owned())) })
    }
    fn gone<'a>(&'a self, _: &'a str, endpoints: Vec<String>) -> BoxFuture<'a, Result<(), NotKept>> {
        self.0.lock().expect("no test panics holding it").extend(endpoints);
        Box::pin(async { Ok(()) })
    }
}

/// The peer, until the test ends.
struct Peer {
    child: Child,
    host: String,
    http: reqwest::Client,
}

impl Drop for Peer {
    fn drop(&mut self) {
        if let Err(error) = self.child.kill().and_then(|()| self.child.wait().map(drop)) {
            eprintln!("the push service could not be ended: {error}");
        }
    }
}

/// A browser that subscribed there.
struct Browser {
    device: Device,
    hash: String,
}

#[expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a missing peer ends the test with a sentence that says how to get it"
)]
impl Peer {
    fn start() -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/peers");
        let known = folder.join("node_modules/web-push-testing").exists();
        assert!(known, "web-push-testing is missing; `scripts/setup` installs it");
        let mut command = Command::new("node");
        command.arg(folder.join("push_service.mjs")).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child =
            command.spawn().unwrap_or_else(|error| panic!("node is missing; `scripts/setup` installs it: {error}"));
        let mut port = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut port).unwrap();
        schoolbell_gateways_install_ring();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { child, host: format!("127.0.0.1:{}", port.trim()), http }
    }

    async fn ask(&self, path: &str) -> String {
        let answer = self.http.post(format!("http://{}{path}", self.host)).send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.text().await.unwrap()
    }

    async fn browser(&self, key: &str) -> Browser {
        let made: Value = serde_json::from_str(&self.ask(&format!("/subscribe?key={key}")).await).unwrap();
        let text = |name: &str| made[name].as_str().unwrap().to_owned();
        let device = Device { endpoint: text("endpoint"), public_key: text("p256dh"), auth: text("auth") };
        Browser { device, hash: text("hash") }
    }

    async fn answers(&self, browser: &Browser, answers: &str) {
        self.ask(&format!("/answers?hash={}&answers={answers}", browser.hash)).await;
    }

    async fn received(&self, browser: &Browser) -> Value {
        serde_json::from_str(&self.ask(&format!("/received?hash={}", browser.hash)).await).unwrap()
    }

    fn config(&self) -> PushConfig {
        PushConfig {
            services: vec![self.host.clone()],
            timeout_s: 5,
            ..PushConfig::new(new_key().unwrap(), "mailto:it@example.org")
        }
    }
}

fn schoolbell_gateways_install_ring() {
    // A second test of this process finds it installed.
    drop(rustls::crypto::ring::default_provider().install_default());
}

#[expect(clippy::unwrap_used, reason = "fixtures")]
fn outgoing(number: i64, devices: &[&Browser], category: Category) -> Outgoing {
    Outgoing {
        delivery: DeliveryId::from_raw(number),
        attempt: 1,
        to: Address::from_stored("rosa@example.org").unwrap(),
        from: None,
        content: Arc::new(Content {
            subject: "Escuela cerrada".to_owned(),
            body: "Mañana no hay clases.".to_owned(),
            html: None,
            language: "es".to_owned(),
        }),
        urgent: category.is_urgent(),
        expires_at: Now.now() + category.rule().expires_after,
        unsubscribe_url: None,
        notice: Some(Box::new(Notice {
            devices: devices.iter().map(|browser| browser.device.clone()).collect(),
            urgency: category.push_urgency(),
            topic: format!("d{number:x}"),
            payload: format!("{{\"title\":\"Escuela cerrada\",\"body\":\"Mañana no hay clases. {number}\"}}"),
            reference: format!("ref-{number}"),
        })),
        right: schoolbell_gateways::Right::default(),
    }
}

#[expect(clippy::unwrap_used, reason = "fixtures")]
fn start(config: PushConfig) -> (Running, Arc<Ears>, CancellationToken) {
    let (ears, stop) = (Arc::new(Ears::default()), CancellationToken::new());
    let gateway = Arc::new(PushGateway::new("app", config, Arc::new(Now)).unwrap());
    (gateway.start(ears.clone(), stop.clone()), ears, stop)
}

#[expect(clippy::unwrap_used, reason = "fixtures")]
async fn send(running: &mut Running, outgoing: Outgoing) -> AttemptOutcome {
    running.work.send(outgoing).await.unwrap();
    tokio::time::timeout(Duration::from_mins(1), running.outcomes.recv()).await.unwrap().unwrap().outcome
}

fn refused(reason: FailReason) -> impl Fn(&AttemptOutcome) -> bool {
    move |outcome| matches!(outcome, AttemptOutcome::Refused { reason: found, .. } if *found == reason)
}

#[tokio::test]
async fn rfc_8291_an_independent_peer_knows_our_token_and_reads_what_we_sealed() {
    let peer = Peer::start();
    let config = peer.config();
    let key = config.door().unwrap().public_key;
    let (phone, tablet) = (peer.browser(&key).await, peer.browser(&key).await);
    let (mut running, ears, _stop) = start(config);
    for (number, category) in [(1, Category::SchoolHoursEmergency), (2, Category::General), (3, Category::Surveys)] {
        let outcome = send(&mut running, outgoing(number, &[&phone, &tablet], category)).await;
        assert_eq!(outcome, AttemptOutcome::Accepted { references: vec![format!("ref-{number}")] });
    }
    for browser in [&phone, &tablet] {
        let received = peer.received(browser).await;
        let texts: Vec<&str> = received["messages"].as_array().unwrap().iter().map(|m| m.as_str().unwrap()).collect();
        assert_eq!(texts.len(), 3);
        assert_eq!(texts[0], "{\"title\":\"Escuela cerrada\",\"body\":\"Mañana no hay clases. 1\"}");
        let headers: Vec<(&str, i64, &str)> = received["requests"]
            .as_array()
            .unwrap()
            .iter()
            .map(|request| {
                let ttl = request["ttl"].as_str().unwrap().parse().unwrap();
                (request["urgency"].as_str().unwrap(), ttl, request["topic"].as_str().unwrap())
            })
            .collect();
        // Urgency and lifetime are the category's: a day for an emergency, three for the rest.
        for (header, (urgency, hours, topic)) in headers.iter().zip([
            (PushUrgency::High, 24, "d1"),
            (PushUrgency::Normal, 72, "d2"),
            (PushUrgency::Low, 72, "d3"),
        ]) {
            assert_eq!((header.0, header.2), (urgency.word(), topic));
            let whole = SignedDuration::from_hours(hours).as_secs();
            assert!((whole - 60..=whole).contains(&header.1), "{header:?}");
        }
    }
    assert!(ears.0.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_key_that_browsers_do_not_know_is_refused_by_the_peer() {
    let peer = Peer::start();
    let stranger = peer.browser(&peer.config().door().unwrap().public_key).await;
    // The peer says 400 to every token that it does not know.
    let (mut running, _, _stop) = start(peer.config());
    let outcome = send(&mut running, outgoing(1, &[&stranger], Category::General)).await;
    assert!(refused(FailReason::GatewayFault)(&outcome), "{outcome:?}");
    assert!(peer.received(&stranger).await["messages"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn devices_that_are_gone_are_told_and_the_rest_still_get_it() {
    let peer = Peer::start();
    let config = peer.config();
    let key = config.door().unwrap().public_key;
    let (phone, expired, unknown) = (peer.browser(&key).await, peer.browser(&key).await, peer.browser(&key).await);
    peer.ask(&format!("/expire?hash={}", expired.hash)).await;
    peer.answers(&unknown, "404").await;
    let (mut running, ears, _stop) = start(config);
    let outcome = send(&mut running, outgoing(1, &[&expired, &phone, &unknown], Category::General)).await;
    assert!(matches!(outcome, AttemptOutcome::Accepted { .. }), "{outcome:?}");
    let mut gone = ears.0.lock().unwrap().clone();
    gone.sort();
    let mut expected = vec![expired.device.endpoint.clone(), unknown.device.endpoint.clone()];
    expected.sort();
    assert_eq!(gone, expected, "410 and 404");
    // None left: the message itself ends with that reason.
    let outcome = send(&mut running, outgoing(2, &[&expired], Category::General)).await;
    assert!(refused(FailReason::AppGone)(&outcome), "{outcome:?}");
    // An endpoint that is no push service is never asked.
    let elsewhere = Browser {
        device: Device { endpoint: "https://10.0.0.1/x".to_owned(), ..phone.device.clone() },
        hash: String::new(),
    };
    let outcome = send(&mut running, outgoing(3, &[&elsewhere], Category::General)).await;
    assert!(refused(FailReason::AppGone)(&outcome), "{outcome:?}");
}

#[tokio::test]
async fn a_service_that_wants_peace_gets_it_for_as_long_as_it_says() {
    let peer = Peer::start();
    let config = peer.config();
    let key = config.door().unwrap().public_key;
    let phone = peer.browser(&key).await;
    peer.answers(&phone, "429:2").await;
    let (mut running, _, _stop) = start(config);
    let outcome = send(&mut running, outgoing(1, &[&phone], Category::General)).await;
    assert!(matches!(outcome, AttemptOutcome::Accepted { .. }), "{outcome:?}");
    let received = peer.received(&phone).await;
    let at: Vec<i64> = received["requests"].as_array().unwrap().iter().map(|r| r["at"].as_i64().unwrap()).collect();
    assert_eq!(at.len(), 2);
    assert!(at[1] - at[0] >= 1_950, "Retry-After was 2 s, asked again after {} ms", at[1] - at[0]);
    // Again and again: it goes back to the queue, to be tried later.
    peer.answers(&phone, "429:1,503:1,429:1,500:1").await;
    let outcome = send(&mut running, outgoing(2, &[&phone], Category::General)).await;
    assert!(refused(FailReason::Throttled)(&outcome), "{outcome:?}");
}

#[tokio::test]
async fn a_service_that_is_away_or_silent_is_an_outcome_and_never_an_error() {
    let peer = Peer::start();
    let config = peer.config();
    let phone = peer.browser(&config.door().unwrap().public_key).await;
    for (answers, reason) in [("403", FailReason::Credentials), ("413", FailReason::ContentRefused)] {
        peer.answers(&phone, answers).await;
        let (mut running, _, _stop) = start(config.clone());
        let outcome = send(&mut running, outgoing(1, &[&phone], Category::General)).await;
        assert!(refused(reason)(&outcome), "{answers}: {outcome:?}");
    }
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let away = PushConfig { services: vec![format!("127.0.0.1:{port}")], ..config };
    let device = Device { endpoint: format!("http://127.0.0.1:{port}/notify/1"), ..phone.device.clone() };
    let lost = Browser { device, hash: String::new() };
    let (mut running, _, stop) = start(away);
    running.work.send(outgoing(2, &[&lost], Category::General)).await.unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    stop.cancel();
    let outcome =
        tokio::time::timeout(Duration::from_secs(10), running.outcomes.recv()).await.unwrap().unwrap().outcome;
    assert!(refused(FailReason::Throttled)(&outcome), "{outcome:?}");
}
