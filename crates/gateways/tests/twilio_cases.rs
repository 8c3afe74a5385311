//! Texts over HTTP against Twilio's own API description, served by prism, which refuses every request that it does not
//! allow; and against a carrier that says no in all its ways.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use schoolbell_domain::clock::Clock;
use schoolbell_domain::delivery::reason::FailReason;
use schoolbell_domain::delivery::settle::AttemptOutcome;
use schoolbell_domain::ids::DeliveryId;
use schoolbell_domain::people::Address;
use schoolbell_gateways::secret::Secret;
use schoolbell_gateways::twilio::{TwilioConfig, TwilioGateway};
use schoolbell_gateways::{
    Content, Gateway, Health, HeardCall, HeardReceipt, HeardText, InboundSink, NotKept, Outgoing, Running,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_util::sync::CancellationToken;

const ACCOUNT: &str = "AC0123456789abcdef0123456789abcdef";
const HOOKS: &str = "https://bell.example.org";

/// 2026-11-20T14:15:16Z.
struct Fixed;

impl Clock for Fixed {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(1_795_184_116).unwrap_or_default()
    }
}

struct Deaf;

impl InboundSink for Deaf {
    fn gone<'a>(&'a self, _: &'a str, _: Vec<String>) -> BoxFuture<'a, Result<(), NotKept>> {
        Box::pin(async { Ok(()) })
    }

    fn receipts<'a>(&'a self, _: &'a str, _: Vec<HeardReceipt>) -> BoxFuture<'a, Result<(), NotKept>> {
        Box::pin(async { Ok(()) })
    }
    fn text<'a>(&'a self, _: &'a str, _: HeardText) -> BoxFuture<'a, Result<(), NotKept>> {
        Box::pin(async { Ok(()) })
    }

    fn call<'a>(&'a self, _: &'a str, _: HeardCall) -> BoxFuture<'a, Result<(), NotKept>> {
        Box::pin(async { Err(NotKept("no calls here".to_owned())) })
    }
}

/// Prism, until the test ends.
struct Prism {
    child: Child,
    url: String,
}

impl Drop for Prism {
    fn drop(&mut self) {
        if let Err(error) = self.child.kill().and_then(|()| self.child.wait().map(drop)) {
            eprintln!("prism could not be ended: {error}");
        }
    }
}

fn peers() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/peers")
}

#[expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a missing peer ends the test with a sentence that says how to get it"
)]
async fn prism() -> Prism {
    let program = peers().join("node_modules/@stoplight/prism-cli/dist/index.js");
    assert!(program.exists(), "prism is missing; `scripts/setup` installs it");
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut command = Command::new("node");
    command.arg(program).args(["mock", "--errors", "-h", "127.0.0.1", "-p", &port.to_string()]);
    command.arg(peers().join("twilio/api_v2010_messages.json")).stdout(Stdio::null()).stderr(Stdio::null());
    let child = command.spawn().unwrap_or_else(|error| panic!("node is missing; `scripts/setup` installs it: {error}"));
    let from = Instant::now();
    while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
        assert!(from.elapsed() < Duration::from_mins(1), "prism does not listen after 60 s");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Prism { child, url: format!("http://127.0.0.1:{port}") }
}

fn config(base_url: &str) -> TwilioConfig {
    TwilioConfig {
        base_url: base_url.to_owned(),
        timeout_s: 5,
        ..TwilioConfig::new(ACCOUNT, Secret::new("a token of the tests"), "68453")
    }
}

#[expect(clippy::unwrap_used, reason = "fixtures")]
fn text(number: i64, body: &str) -> Outgoing {
    Outgoing {
        from: None,
        delivery: DeliveryId::from_raw(number),
        attempt: 1,
        to: Address::from_stored(&format!("+1370555{number:04}")).unwrap(),
        content: Arc::new(Content {
            subject: String::new(),
            body: body.to_owned(),
            html: None,
            language: "en".to_owned(),
        }),
        urgent: false,
        expires_at: Fixed.now() + SignedDuration::from_hours(72),
        unsubscribe_url: None,
        notice: None,
        right: schoolbell_gateways::Right::default(),
    }
}

#[expect(clippy::unwrap_used, reason = "fixtures")]
fn start(config: TwilioConfig) -> (Running, CancellationToken) {
    let stop = CancellationToken::new();
    let gateway = Arc::new(TwilioGateway::new("texts", config, HOOKS, Arc::new(Fixed)).unwrap());
    (gateway.start(Arc::new(Deaf), stop.clone()), stop)
}

#[expect(clippy::unwrap_used, reason = "fixtures")]
async fn send(running: &mut Running, texts: Vec<Outgoing>) -> Vec<AttemptOutcome> {
    let count = texts.len();
    for text in texts {
        running.work.send(text).await.unwrap();
    }
    let mut outcomes = Vec::new();
    for _ in 0..count {
        let heard = tokio::time::timeout(Duration::from_mins(1), running.outcomes.recv()).await.unwrap().unwrap();
        outcomes.push((heard.delivery, heard.outcome));
    }
    outcomes.sort_by_key(|(delivery, _)| *delivery);
    outcomes.into_iter().map(|(_, outcome)| outcome).collect()
}

#[tokio::test]
async fn every_request_satisfies_twilios_own_description() {
    let prism = prism().await;
    let long = "Año nuevo: la escuela Lincoln está cerrada 🏫 & abre mañana. ".repeat(12);
    for config in [
        config(&prism.url),
        TwilioConfig {
            from: None,
            messaging_service_sid: Some("MG0123456789abcdef0123456789abcdef".to_owned()),
            ..config(&prism.url)
        },
    ] {
        let (mut running, stop) = start(config.clone());
        let bodies = ["Schools close at noon.", &long, "=&%+ \r\n\"'", "ok"];
        let mut texts: Vec<_> = (1..).zip(bodies).map(|(number, body)| text(number, body)).collect();
        texts[3].expires_at = Fixed.now() + SignedDuration::from_secs(1);
        for outcome in send(&mut running, texts).await {
            // Prism answers 422 to what the description does not allow.
            assert!(
                matches!(&outcome, AttemptOutcome::Accepted { references } if references.len() == 1 && references[0].starts_with("SM")),
                "{outcome:?}"
            );
        }
        stop.cancel();
        let said = TwilioGateway::new("texts", config, HOOKS, Arc::new(Fixed)).unwrap().check().await;
        assert!(said.as_ref().is_ok_and(|said| said.contains("the log-in holds")), "{said:?}");
    }
    // The judge is awake: a text to nobody is refused.
    let (mut running, _stop) = start(TwilioConfig { account_sid: ACCOUNT.to_owned(), ..config(&prism.url) });
    let silent = reqwest_like(&prism.url, "ValidityPeriod=soon").await;
    assert!(silent.starts_with("HTTP/1.1 422"), "{silent}");
    running.health.wait_for(|health| *health == Health::Up).await.unwrap();
}

/// A request that the description does not allow, by hand.
#[expect(clippy::unwrap_used, reason = "fixtures")]
async fn reqwest_like(url: &str, form: &str) -> String {
    let host = url.trim_start_matches("http://");
    let mut wire = tokio::net::TcpStream::connect(host).await.unwrap();
    let request = format!(
        "POST /2010-04-01/Accounts/{ACCOUNT}/Messages.json HTTP/1.1\r\nHost: {host}\r\nAuthorization: Basic eDp5\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{form}",
        form.len()
    );
    wire.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    wire.read_to_string(&mut answer).await.unwrap();
    answer
}

/// A carrier that answers posts from a list, and everything else with 200; it remembers when it was asked.
struct Moody {
    url: String,
    asked: Arc<Mutex<Vec<(Instant, String)>>>,
}

#[expect(clippy::unwrap_used, reason = "fixtures")]
async fn moody(lines: &[(u16, &str, &str)]) -> Moody {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let lines: VecDeque<(u16, String, String)> =
        lines.iter().map(|(status, header, text)| (*status, (*header).to_owned(), (*text).to_owned())).collect();
    let lines = Arc::new(Mutex::new(lines));
    let asked = Arc::new(Mutex::new(Vec::new()));
    let memory = asked.clone();
    tokio::spawn(async move {
        loop {
            let (mut wire, _) = listener.accept().await.unwrap();
            let (lines, memory) = (lines.clone(), memory.clone());
            tokio::spawn(async move {
                let mut said = Vec::new();
                let mut chunk = [0_u8; 4096];
                loop {
                    let read = wire.read(&mut chunk).await.unwrap_or(0);
                    said.extend_from_slice(&chunk[..read]);
                    if read == 0 || is_whole(&said) {
                        break;
                    }
                }
                let said = String::from_utf8_lossy(&said).into_owned();
                let (status, header, text) = if said.starts_with("POST") {
                    memory.lock().unwrap().push((Instant::now(), said));
                    lines.lock().unwrap().pop_front().unwrap_or((201, String::new(), r#"{"sid":"SM9"}"#.to_owned()))
                } else {
                    (200, String::new(), "{}".to_owned())
                };
                if status == 0 {
                    return;
                }
                let answer = format!(
                    "HTTP/1.1 {status} x\r\n{header}Content-Length: {}\r\nConnection: close\r\n\r\n{text}",
                    text.len()
                );
                wire.write_all(answer.as_bytes()).await.unwrap_or_default();
            });
        }
    });
    Moody { url, asked }
}

fn is_whole(request: &[u8]) -> bool {
    let request = String::from_utf8_lossy(request);
    let Some((head, form)) = request.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
    form.len() >= length.unwrap_or(0)
}

#[tokio::test]
async fn what_the_carrier_refuses_becomes_the_right_reason() {
    let table: &[(u16, &str, AttemptOutcome)] = &[
        (400, r#"{"code":21610}"#, refused(FailReason::OptedOutAtCarrier, "21610 (HTTP 400)")),
        (400, r#"{"code":21211}"#, refused(FailReason::BadNumber, "21211 (HTTP 400)")),
        (400, r#"{"code":21408}"#, refused(FailReason::GatewayFault, "21408 (HTTP 400)")),
        (402, "", refused(FailReason::NoCredit, "HTTP 402")),
        (500, "", AttemptOutcome::Unknown { code: "HTTP 500".to_owned() }),
    ];
    for (status, body, outcome) in table {
        let carrier = moody(&[(*status, "", body)]).await;
        let (mut running, _stop) = start(config(&carrier.url));
        assert_eq!(send(&mut running, vec![text(1, "x")]).await, std::slice::from_ref(outcome), "{status} {body}");
        let asked = carrier.asked.lock().unwrap();
        let wanted = "StatusCallback=https%3A%2F%2Fbell.example.org%2Fhooks%2Ftwilio%2Ftexts%2Fstatus";
        assert!(asked[0].1.contains(wanted) && asked[0].1.contains("uthorization: Basic "), "{}", asked[0].1);
    }
    // The carrier hangs up after it heard the text: it may have gone out.
    let carrier = moody(&[(0, "", "")]).await;
    let (mut running, _stop) = start(config(&carrier.url));
    let outcomes = send(&mut running, vec![text(1, "x")]).await;
    assert!(matches!(outcomes[0], AttemptOutcome::Unknown { .. }), "{outcomes:?}");
}

fn refused(reason: FailReason, code: &str) -> AttemptOutcome {
    AttemptOutcome::Refused { reason, code: code.to_owned() }
}

#[tokio::test]
async fn after_too_many_requests_everybody_waits_as_long_as_the_carrier_asks_and_nothing_is_lost() {
    let busy = (429, "Retry-After: 2\r\n", r#"{"code":20429}"#);
    let carrier = moody(&[busy]).await;
    let (mut running, _stop) = start(TwilioConfig { window: 1, ..config(&carrier.url) });
    let outcomes = send(&mut running, vec![text(1, "a"), text(2, "b")]).await;
    assert!(outcomes.iter().all(|outcome| matches!(outcome, AttemptOutcome::Accepted { .. })), "{outcomes:?}");
    let asked: Vec<Instant> = carrier.asked.lock().unwrap().iter().map(|(at, _)| *at).collect();
    assert_eq!(asked.len(), 3, "the refused one goes again, once");
    assert!(asked[1] - asked[0] >= Duration::from_millis(1900), "{:?}", asked[1] - asked[0]);
}

#[tokio::test]
async fn a_refused_log_in_takes_the_gateway_away_with_a_sentence_for_the_operator() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut wire, _)) = listener.accept().await {
            let mut chunk = [0_u8; 4096];
            assert!(wire.read(&mut chunk).await.unwrap_or(0) > 0);
            let answer = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            wire.write_all(answer.as_bytes()).await.unwrap_or_default();
        }
    });
    let (mut running, stop) = start(config(&url));
    let away = running.health.wait_for(|health| matches!(health, Health::Away(_))).await.unwrap().clone();
    assert!(matches!(&away, Health::Away(why) if why.contains("auth_token")), "{away:?}");
    stop.cancel();
}
