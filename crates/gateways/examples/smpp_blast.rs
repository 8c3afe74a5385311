//! Drives the SMPP gateway without a database, to see what the wire alone can do:
//!
//! `smpp_blast --connect 127.0.0.1:2775 --count 200000 --window 500 [--text TEXT] [--ids as_sent|decimal_of_hex|zero_padded]`
//!
//! Prints one line of JSON: outcomes by kind, submits a second, receipts kept and how many of them found their part.

use std::collections::{HashMap, HashSet};
use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use jiff::Timestamp;
use schoolbell_domain::delivery::settle::AttemptOutcome;
use schoolbell_domain::ids::DeliveryId;
use schoolbell_domain::people::Address;
use schoolbell_domain::phone::Phone;
use schoolbell_formats::smpp::ReceiptIds;
use schoolbell_gateways::smpp::{SmppConfig, SmppGateway};
use schoolbell_gateways::{
    Content, Gateway, HeardCall, HeardReceipt, HeardText, InboundSink, NotKept, Outgoing, Running,
};
use tokio_util::sync::CancellationToken;

const TEXT: &str = "Lincoln Elementary is closed today because of snow. Reply STOP to opt out.";

struct Settings {
    host: String,
    port: u16,
    count: u32,
    window: usize,
    text: String,
    ids: ReceiptIds,
}

impl Settings {
    fn read() -> Result<Self, String> {
        let given: Vec<String> = std::env::args().skip(1).collect();
        let value = |name: &str, default: &str| {
            let at = given.iter().position(|word| word == name);
            at.and_then(|at| given.get(at + 1)).cloned().unwrap_or_else(|| default.to_owned())
        };
        let connect = value("--connect", "127.0.0.1:2775");
        let (host, port) = connect.split_once(':').ok_or("--connect wants HOST:PORT")?;
        let number =
            |name: &str, default: &str| value(name, default).parse::<u32>().map_err(|error| format!("{name}: {error}"));
        Ok(Self {
            host: host.to_owned(),
            port: port.parse().map_err(|error| format!("--connect: {error}"))?,
            count: number("--count", "200000")?,
            window: usize::try_from(number("--window", "500")?).map_err(|error| error.to_string())?,
            text: value("--text", TEXT),
            ids: match value("--ids", "as_sent").as_str() {
                "as_sent" => ReceiptIds::AsSent,
                "decimal_of_hex" => ReceiptIds::DecimalOfHex,
                "zero_padded" => ReceiptIds::ZeroPadded,
                other => return Err(format!("--ids: `{other}` is not known")),
            },
        })
    }
}

#[derive(Default)]
struct Ear {
    heard: Mutex<Heard>,
}

#[derive(Default, Clone)]
struct Heard {
    receipts: usize,
    references: HashSet<String>,
}

impl InboundSink for Ear {
    fn gone<'a>(&'a self, _: &'a str, _: Vec<String>) -> BoxFuture<'a, Result<(), NotKept>> {
        Box::pin(async { Ok(()) })
    }

    fn receipts<'a>(&'a self, _: &'a str, heard: Vec<HeardReceipt>) -> BoxFuture<'a, Result<(), NotKept>> {
        Box::pin(async move {
            let mut all = self.heard.lock().map_err(|error| NotKept(error.to_string()))?;
            all.receipts += heard.len();
            all.references.extend(heard.into_iter().map(|receipt| receipt.reference));
            Ok(())
        })
    }

    fn text<'a>(&'a self, _: &'a str, _: HeardText) -> BoxFuture<'a, Result<(), NotKept>> {
        Box::pin(async { Ok(()) })
    }

    fn call<'a>(&'a self, _: &'a str, _: HeardCall) -> BoxFuture<'a, Result<(), NotKept>> {
        Box::pin(async { Err(NotKept("no calls here".to_owned())) })
    }
}

#[derive(Default)]
struct Tally {
    accepted: u64,
    refused: HashMap<String, u64>,
    unknown: u64,
    references: HashSet<String>,
    answers: HashSet<i64>,
    doubled: u64,
}

#[tokio::main]
async fn main() -> ExitCode {
    match blast().await {
        Ok(line) => {
            println!("{line}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("smpp_blast: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn blast() -> Result<String, String> {
    let settings = Settings::read()?;
    let config = SmppConfig {
        window: settings.window,
        per_second: 1_000_000.0,
        receipt_ids: settings.ids,
        reconnect_s: 0.2,
        ..SmppConfig::of(&settings.host, settings.port, ("school", "secret"), "68453")
    };
    let ear = Arc::new(Ear::default());
    let stop = CancellationToken::new();
    let gateway = Arc::new(SmppGateway::new("blast", config)?);
    let Running { work, mut outcomes, .. } = gateway.start(Arc::clone(&ear) as Arc<dyn InboundSink>, stop.clone());
    let began = Instant::now();
    let feeder = tokio::spawn(feed(work.clone(), settings.count, settings.text));
    let mut tally = Tally::default();
    for _ in 0..settings.count {
        let outcome = outcomes.recv().await.ok_or("the gateway ended")?;
        tally.doubled += u64::from(!tally.answers.insert(outcome.delivery.raw()));
        match outcome.outcome {
            AttemptOutcome::Accepted { references } => {
                tally.accepted += 1;
                tally.references.extend(references);
            }
            AttemptOutcome::Refused { reason, code } => {
                *tally.refused.entry(format!("{reason:?} {code}")).or_default() += 1;
            }
            AttemptOutcome::Unknown { .. } => tally.unknown += 1,
        }
    }
    let submitted = began.elapsed();
    feeder.await.map_err(|error| error.to_string())??;
    let heard = wait_for_receipts(&ear, tally.references.len()).await?;
    let with_receipts = began.elapsed();
    stop.cancel();
    drop(work);
    if outcomes.recv().await.is_some() {
        return Err("an outcome too many".to_owned());
    }
    let matched = heard.references.intersection(&tally.references).count();
    Ok(format!(
        "{{\"count\":{},\"accepted\":{},\"refused\":{:?},\"unknown\":{},\"doubled\":{},\"submits_per_s\":{:.0},\"references\":{},\
         \"receipts\":{},\"matched\":{matched},\"with_receipts_per_s\":{:.0}}}",
        settings.count,
        tally.accepted,
        tally.refused,
        tally.unknown,
        tally.doubled,
        f64::from(settings.count) / submitted.as_secs_f64(),
        tally.references.len(),
        heard.receipts,
        f64::from(settings.count) / with_receipts.as_secs_f64(),
    ))
}

async fn feed(work: tokio::sync::mpsc::Sender<Outgoing>, count: u32, text: String) -> Result<(), String> {
    let content = Arc::new(Content { subject: String::new(), body: text, html: None, language: "en".to_owned() });
    let expires_at = Timestamp::from_second(4_000_000_000).map_err(|error| error.to_string())?;
    for number in 0..count {
        let phone = Phone::from_e164(&format!("+1555{number:07}")).ok_or("not a number")?;
        let outgoing = Outgoing {
            from: None,
            delivery: DeliveryId::from_raw(i64::from(number)),
            attempt: 1,
            to: Address::Phone(phone),
            content: Arc::clone(&content),
            urgent: false,
            expires_at,
            unsubscribe_url: None,
            notice: None,
            right: schoolbell_gateways::Right::default(),
        };
        work.send(outgoing).await.map_err(|_| "the gateway ended")?;
    }
    Ok(())
}

/// All receipts that come, until there is one for each reference, or none came for two seconds.
async fn wait_for_receipts(ear: &Ear, wanted: usize) -> Result<Heard, String> {
    let mut last = (0, Instant::now());
    loop {
        let count = ear.heard.lock().map_err(|error| error.to_string())?.references.len();
        if count != last.0 {
            last = (count, Instant::now());
        }
        if count >= wanted || last.1.elapsed() > Duration::from_secs(2) {
            return Ok(ear.heard.lock().map_err(|error| error.to_string())?.clone());
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
