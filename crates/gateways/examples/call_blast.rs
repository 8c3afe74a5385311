//! Many calls at once over one trunk, measured: `cargo run --example call_blast -- HOST:PORT CALLS A_SECOND SECONDS`.
//!
//! Every call plays SECONDS of message. Any callee will do that answers, for example sipp with a scenario that plays audio back. It
//! prints the calls that went well, the packets sent and how many of them were late, and the memory and time it took.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use jiff::Timestamp;
use schoolbell_domain::delivery::settle::AttemptOutcome;
use schoolbell_domain::ids::DeliveryId;
use schoolbell_domain::people::Address;
use schoolbell_gateways::sip::{SipConfig, SipGateway};
use schoolbell_gateways::voice::{Mute, Prompts, Sound, Voicing};
use schoolbell_gateways::{
    Content, Gateway, HeardCall, HeardReceipt, HeardText, InboundSink, NotKept, Outgoing, Right, Running,
};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

struct Tone(Arc<Prompts>);

impl Voicing for Tone {
    fn prompts(&self, _: Arc<Content>) -> BoxFuture<'_, Result<Arc<Prompts>, Mute>> {
        Box::pin(async { Ok(self.0.clone()) })
    }
}

struct Ear(mpsc::UnboundedSender<HeardCall>);

impl InboundSink for Ear {
    fn gone<'a>(&'a self, _: &'a str, _: Vec<String>) -> BoxFuture<'a, Result<(), NotKept>> {
        Box::pin(async { Ok(()) })
    }

    fn receipts<'a>(&'a self, _: &'a str, _: Vec<HeardReceipt>) -> BoxFuture<'a, Result<(), NotKept>> {
        Box::pin(async { Ok(()) })
    }
    fn text<'a>(&'a self, _: &'a str, _: HeardText) -> BoxFuture<'a, Result<(), NotKept>> {
        Box::pin(async { Ok(()) })
    }
    fn call<'a>(&'a self, _: &'a str, heard: HeardCall) -> BoxFuture<'a, Result<(), NotKept>> {
        Box::pin(async move { self.0.send(heard).map_err(|error| NotKept(error.to_string())) })
    }
}

/// A saw of 200 Hz for so long; the other prompts are a breath.
fn prompts(seconds: usize) -> Prompts {
    let saw: Vec<i16> = (0..seconds * 8_000).map(|n| i16::try_from(n % 40).unwrap_or(0) * 200 - 4_000).collect();
    let breath = Sound::of(&[0; 1_600]);
    Prompts {
        message: Sound::of(&saw),
        menu: vec![('1', breath.clone())],
        voicemail: Sound::of(&saw),
        confirmed: breath.clone(),
        stopped: breath.clone(),
        connecting: breath.clone(),
        not_connected: breath,
        office: None,
        other: None,
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [target, calls, a_second, seconds] = words.as_slice() else {
        return Err("write: call_blast HOST:PORT CALLS A_SECOND SECONDS".into());
    };
    let target: SocketAddr = target.parse()?;
    let (calls, a_second, seconds): (usize, u64, usize) = (calls.parse()?, a_second.parse()?, seconds.parse()?);
    let prompts = prompts(seconds);
    let config = SipConfig {
        listen: SocketAddr::new(target.ip(), 0),
        lines: calls,
        options_s: 0.0,
        audio_threads: 2,
        ..SipConfig::of(&target.ip().to_string(), target.port(), "+15125550100")
    };
    let gateway = Arc::new(SipGateway::new("blast", config, Arc::new(Tone(Arc::new(prompts))))?);
    let (ear, mut ended) = mpsc::unbounded_channel();
    let Running { work, mut outcomes, health: _health } =
        gateway.clone().start(Arc::new(Ear(ear)), CancellationToken::new());
    let began = Instant::now();
    let feed = tokio::spawn(async move {
        for number in 0..calls {
            let sent = work.send(outgoing(number)).await;
            if sent.is_err() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(1_000 / a_second)).await;
        }
    });
    let (mut answered, mut refused) = (0_usize, Vec::new());
    while answered + refused.len() < calls {
        match outcomes.recv().await.ok_or("the gateway ended")?.outcome {
            AttemptOutcome::Accepted { .. } => answered += 1,
            AttemptOutcome::Refused { code, .. } | AttemptOutcome::Unknown { code } => refused.push(code),
        }
    }
    feed.await?;
    let set_up = began.elapsed();
    for _ in 0..answered {
        ended.recv().await.ok_or("a call has no end")?;
    }
    let steadiness = gateway.steadiness();
    let (sent, late) = (steadiness.packets.load(Ordering::Relaxed), steadiness.late.load(Ordering::Relaxed));
    println!("{answered} answered, {} refused {:?}, all up after {set_up:?}", refused.len(), refused.first());
    println!("{sent} packets, {late} late by more than 20 ms, {:?} in all", began.elapsed());
    let status = std::fs::read_to_string("/proc/self/status")?;
    status.lines().filter(|line| line.starts_with("VmHWM")).for_each(|line| println!("{line}"));
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let ticks: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2).collect();
    println!("processor time in hundredths of a second, user and system: {ticks:?}");
    Ok(())
}

fn outgoing(number: usize) -> Outgoing {
    let content =
        Content { subject: String::new(), body: "School is closed.".to_owned(), html: None, language: "en".to_owned() };
    Outgoing {
        from: None,
        delivery: DeliveryId::from_raw(i64::try_from(number).unwrap_or(i64::MAX)),
        attempt: 1,
        to: Address::from_stored(&format!("+1370{number:07}")).unwrap_or_else(|| unreachable!("a number")),
        content: Arc::new(content),
        urgent: false,
        expires_at: Timestamp::MAX,
        unsubscribe_url: None,
        notice: None,
        right: Right::default(),
    }
}
