//! The message centre, and an ear that remembers.

mod peer;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

pub use self::peer::{Smsc, soon};
use futures::future::BoxFuture;
use jiff::Timestamp;
use schoolbell_domain::delivery::settle::AttemptOutcome;
use schoolbell_domain::ids::DeliveryId;
use schoolbell_domain::people::Address;
use schoolbell_domain::phone::Phone;
use schoolbell_gateways::smpp::{SmppConfig, SmppGateway};
use schoolbell_gateways::{
    Content, Gateway, Health, HeardCall, HeardReceipt, HeardText, InboundSink, NotKept, Outcome, Outgoing, Running,
};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

impl Smsc {
    /// Has it said this already? Looks only at what was read so far.
    pub fn has_seen(&self, name: &str) -> bool {
        self.seen.iter().any(|event| event["event"] == name)
    }
}

/// What the gateway heard, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    Receipts(Vec<HeardReceipt>),
    Text { from: String, to: String, body: String },
}

struct Ear {
    kept: mpsc::UnboundedSender<Kept>,
    refusals: AtomicUsize,
    /// Held while the sink must not answer.
    gate: Arc<tokio::sync::Mutex<()>>,
}

impl Ear {
    async fn keep(&self, kept: Kept) -> Result<(), NotKept> {
        let _open = self.gate.lock().await;
        let refused = self.refusals.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        if refused.is_ok() {
            return Err(NotKept("the database is locked".to_owned()));
        }
        self.kept.send(kept).map_err(|error| NotKept(error.to_string()))
    }
}

impl InboundSink for Ear {
    fn gone<'a>(&'a self, _: &'a str, _: Vec<String>) -> BoxFuture<'a, Result<(), NotKept>> {
        Box::pin(async { Ok(()) })
    }

    fn receipts<'a>(&'a self, _: &'a str, heard: Vec<HeardReceipt>) -> BoxFuture<'a, Result<(), NotKept>> {
        Box::pin(self.keep(Kept::Receipts(heard)))
    }

    fn text<'a>(&'a self, _: &'a str, heard: HeardText) -> BoxFuture<'a, Result<(), NotKept>> {
        Box::pin(self.keep(Kept::Text { from: heard.from, to: heard.to, body: heard.body }))
    }

    fn call<'a>(&'a self, _: &'a str, _: HeardCall) -> BoxFuture<'a, Result<(), NotKept>> {
        Box::pin(async { Err(NotKept("no calls here".to_owned())) })
    }
}

/// A gateway at work.
pub struct Desk {
    pub running: Running,
    pub stop: CancellationToken,
    kept: mpsc::UnboundedReceiver<Kept>,
    ear: Arc<Ear>,
    sent: Mutex<i64>,
}

impl Desk {
    pub fn open(config: SmppConfig) -> Self {
        let (sender, kept) = mpsc::unbounded_channel();
        let ear = Arc::new(Ear { kept: sender, refusals: AtomicUsize::new(0), gate: Arc::default() });
        let stop = CancellationToken::new();
        let gateway = Arc::new(SmppGateway::new("texts", config).expect("a config that can be"));
        let running = gateway.start(Arc::clone(&ear) as Arc<dyn InboundSink>, stop.clone());
        Self { running, stop, kept, ear, sent: Mutex::new(0) }
    }

    /// The sink fails so many times.
    pub fn refuse_next(&self, times: usize) {
        self.ear.refusals.store(times, Ordering::SeqCst);
    }

    /// The sink does not answer while this lives.
    pub async fn hold_sink(&self) -> tokio::sync::OwnedMutexGuard<()> {
        Arc::clone(&self.ear.gate).lock_owned().await
    }

    pub async fn until_up(&mut self) {
        let up = self.running.health.wait_for(|health| *health == Health::Up);
        soon("a session", up).await.expect("the gateway lives");
    }

    /// Waits for `Away` and gives its sentence.
    pub async fn until_away(&mut self) -> String {
        let away = self.running.health.wait_for(|health| matches!(health, Health::Away(_)));
        match &*soon("the end of a session", away).await.expect("the gateway lives") {
            Health::Away(sentence) => sentence.clone(),
            Health::Starting | Health::Up => unreachable!("waited for Away"),
        }
    }

    pub async fn send(&self, to: &str, body: &str) -> DeliveryId {
        self.send_as(to, body, false).await
    }

    pub async fn send_as(&self, to: &str, body: &str, urgent: bool) -> DeliveryId {
        let delivery = {
            let mut sent = self.sent.lock().expect("no test panics with it");
            *sent += 1;
            DeliveryId::from_raw(*sent)
        };
        let outgoing = Outgoing {
            from: None,
            delivery,
            attempt: 3,
            to: Address::Phone(Phone::from_e164(to).expect("E.164")),
            content: Arc::new(Content {
                subject: String::new(),
                body: body.to_owned(),
                html: None,
                language: "en".to_owned(),
            }),
            urgent,
            expires_at: "2031-05-06T07:08:09Z".parse::<Timestamp>().expect("an instant"),
            unsubscribe_url: None,
            notice: None,
            right: schoolbell_gateways::Right::default(),
        };
        soon("room in the channel", self.running.work.send(outgoing)).await.expect("the gateway lives");
        delivery
    }

    pub async fn outcome(&mut self) -> Outcome {
        soon("an outcome", self.running.outcomes.recv()).await.expect("the gateway lives")
    }

    /// The references of the next outcome, which must be an acceptance.
    pub async fn accepted(&mut self) -> Vec<String> {
        match self.outcome().await.outcome {
            AttemptOutcome::Accepted { references } => references,
            other @ (AttemptOutcome::Refused { .. } | AttemptOutcome::Unknown { .. }) => {
                unreachable!("not accepted: {other:?}")
            }
        }
    }

    pub async fn kept(&mut self) -> Kept {
        soon("something kept", self.kept.recv()).await.expect("the gateway lives")
    }

    /// The next kept receipts, one by one over batches.
    pub async fn receipts(&mut self, count: usize) -> Vec<HeardReceipt> {
        let mut all = Vec::new();
        while all.len() < count {
            match self.kept().await {
                Kept::Receipts(receipts) => all.extend(receipts),
                Kept::Text { .. } => unreachable!("a text among the receipts"),
            }
        }
        all
    }

    pub fn nothing_kept(&mut self) -> bool {
        self.kept.try_recv().is_err()
    }

    /// Stops it; no outcome may be left over.
    pub async fn close(mut self) {
        self.stop.cancel();
        let extra = soon("the end", self.running.outcomes.recv()).await;
        assert_eq!(extra, None, "an outcome too many");
    }
}

/// A text from a phone, as the peer wants it.
pub fn from_phone(text: &str) -> Value {
    json!({
        "source_addr": "15125550143", "source_addr_ton": 1, "source_addr_npi": 1, "destination_addr": "68453",
        "short_message": { "message": text }
    })
}
