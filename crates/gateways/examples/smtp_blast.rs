//! How fast the SMTP gateway is, without a database: `smtp_blast PORT [COUNT] [CONNECTIONS] [DKIM.pem] [BYTES]`.
//!
//! Sends COUNT mails of about BYTES to a sink on loopback and prints one line of JSON. Run it beside `smtp-source` into
//! the same sink.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use jiff::Timestamp;
use schoolbell_domain::clock::Clock;
use schoolbell_domain::delivery::settle::AttemptOutcome;
use schoolbell_domain::ids::DeliveryId;
use schoolbell_domain::people::Address;
use schoolbell_gateways::secret::Secret;
use schoolbell_gateways::smtp::{DkimConfig, SmtpConfig, SmtpGateway, Tls};
use schoolbell_gateways::{
    Content, Gateway, HeardCall, HeardReceipt, HeardText, InboundSink, NotKept, Outgoing, Running,
};
use tokio_util::sync::CancellationToken;

struct System;

impl Clock for System {
    #[expect(clippy::disallowed_methods, reason = "a measuring program has no other clock")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
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

fn content(bytes: usize) -> Arc<Content> {
    let line = "Please check the parent portal for the lunch menu, the bus routes and the calendar.\n";
    let half = line.repeat(bytes / 2 / line.len());
    Arc::new(Content {
        subject: "School closed today / Escuela cerrada hoy ❄".to_owned(),
        html: Some(format!("<!doctype html><html lang=\"en\"><body><p>{half}</p></body></html>")),
        body: half,
        language: "en".to_owned(),
    })
}

fn outgoing(number: i64, content: &Arc<Content>) -> Option<Outgoing> {
    Some(Outgoing {
        from: None,
        delivery: DeliveryId::from_raw(number),
        attempt: 1,
        to: Address::from_stored(&format!("parent{number}@family.example.org"))?,
        content: content.clone(),
        urgent: false,
        expires_at: Timestamp::MAX,
        unsubscribe_url: Some(format!("https://school.example.org/u/{number}")),
        notice: None,
        right: schoolbell_gateways::Right::default(),
    })
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let port: u16 = arguments.next().ok_or("smtp_blast PORT [COUNT] [CONNECTIONS] [DKIM.pem] [BYTES]")?.parse()?;
    let count: i64 = arguments.next().map_or(Ok(20_000), |text| text.parse())?;
    let connections: usize = arguments.next().map_or(Ok(10), |text| text.parse())?;
    let key = arguments.next().filter(|path| path != "-").map(std::fs::read_to_string).transpose()?;
    let bytes: usize = arguments.next().map_or(Ok(3000), |text| text.parse())?;
    let mut config = SmtpConfig::new("127.0.0.1", "Lincoln Elementary <alerts@school.example.org>");
    config.port = Some(port);
    config.tls = Tls::Off;
    config.connections = connections;
    config.messages_per_connection = u32::MAX;
    config.dkim = key.map(|pem| DkimConfig {
        domain: "school.example.org".to_owned(),
        selector: "s1".to_owned(),
        private_key: Secret::new(pem),
    });
    let dkim = config.dkim.is_some();
    let gateway = Arc::new(SmtpGateway::new("blast", config, Arc::new(System))?);
    let content = content(bytes);
    let began = Instant::now();
    let (accepted, other) = send(gateway, count, &content).await?;
    let seconds = began.elapsed().as_secs_f64();
    let rate = f64::from(u32::try_from(accepted)?) / seconds;
    println!(
        "{{\"connections\":{connections},\"dkim\":{dkim},\"accepted\":{accepted},\"other\":{other},\"wall_s\":{seconds:.3},\"per_s\":{rate:.0}}}"
    );
    Ok(())
}

/// How many were accepted, and how many not.
async fn send(
    gateway: Arc<SmtpGateway>,
    count: i64,
    content: &Arc<Content>,
) -> Result<(i64, i64), Box<dyn std::error::Error>> {
    let Running { work, mut outcomes, health: _health } = gateway.start(Arc::new(Deaf), CancellationToken::new());
    let content = content.clone();
    let feed = tokio::spawn(async move {
        for number in 0..count {
            let Some(outgoing) = outgoing(number, &content) else { return };
            if work.send(outgoing).await.is_err() {
                return;
            }
        }
    });
    let (mut accepted, mut other) = (0, 0);
    while accepted + other < count {
        let heard = tokio::time::timeout(Duration::from_mins(1), outcomes.recv()).await?;
        match heard.ok_or("the gateway ended early")?.outcome {
            AttemptOutcome::Accepted { .. } => accepted += 1,
            AttemptOutcome::Refused { .. } | AttemptOutcome::Unknown { .. } => other += 1,
        }
    }
    feed.await?;
    Ok((accepted, other))
}
