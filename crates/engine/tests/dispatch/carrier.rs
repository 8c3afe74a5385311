//! A carrier that does what the test says, behind the same trait as the real ones, and remembers what it took.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use futures::future::BoxFuture;
use schoolbell_domain::channel::Channel;
use schoolbell_domain::delivery::settle::AttemptOutcome;
use schoolbell_gateways::{Capacity, Gateway, Health, InboundSink, Outcome, Outgoing, Running};
use tokio::sync::{Semaphore, mpsc, watch};
use tokio_util::sync::CancellationToken;

/// Says what becomes of one attempt; `None` keeps it for ever.
pub type Answer = dyn Fn(&Outgoing) -> Option<AttemptOutcome> + Send + Sync;

pub struct Carrier {
    pub name: &'static str,
    pub channel: Channel,
    pub capacity: Capacity,
    answer: Box<Answer>,
    pub took: Mutex<Vec<Outgoing>>,
    pub sink: Mutex<Option<Arc<dyn InboundSink>>>,
    pub health: watch::Sender<Health>,
    /// One permit lets one delivery through.
    pub gate: Semaphore,
}

impl Carrier {
    pub fn new(
        channel: Channel,
        answer: impl Fn(&Outgoing) -> Option<AttemptOutcome> + Send + Sync + 'static,
    ) -> Arc<Self> {
        Self::with(channel, Capacity { window: 100, per_second: 1e9 }, answer)
    }

    pub fn with(
        channel: Channel,
        capacity: Capacity,
        answer: impl Fn(&Outgoing) -> Option<AttemptOutcome> + Send + Sync + 'static,
    ) -> Arc<Self> {
        Self::build("carrier", channel, capacity, answer)
    }

    fn build(
        name: &'static str,
        channel: Channel,
        capacity: Capacity,
        answer: impl Fn(&Outgoing) -> Option<AttemptOutcome> + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self {
            name,
            channel,
            capacity,
            answer: Box::new(answer),
            took: Mutex::default(),
            sink: Mutex::default(),
            health: watch::channel(Health::Up).0,
            gate: Semaphore::new(Semaphore::MAX_PERMITS),
        })
    }

    pub fn named(
        name: &'static str,
        channel: Channel,
        answer: impl Fn(&Outgoing) -> Option<AttemptOutcome> + Send + Sync + 'static,
    ) -> Arc<Self> {
        Self::build(name, channel, Capacity { window: 100, per_second: 1e9 }, answer)
    }

    /// Nothing more passes until the test adds permits.
    pub fn close_gate(&self) {
        self.gate.forget_permits(Semaphore::MAX_PERMITS);
    }

    /// Where the engine listens, once it has started the gateway.
    pub async fn sink(&self) -> Arc<dyn InboundSink> {
        loop {
            let sink = self.sink.lock().unwrap().clone();
            match sink {
                Some(sink) => return sink,
                None => tokio::time::sleep(std::time::Duration::from_millis(1)).await,
            }
        }
    }

    pub fn took(&self) -> Vec<Outgoing> {
        self.took.lock().unwrap().clone()
    }
}

/// Takes it in one part under its own id.
#[expect(clippy::unnecessary_wraps, reason = "it stands where an answer may be missing")]
pub fn accepted(outgoing: &Outgoing) -> Option<AttemptOutcome> {
    Some(AttemptOutcome::Accepted { references: vec![reference(outgoing)] })
}

pub fn reference(outgoing: &Outgoing) -> String {
    format!("{}-{}", outgoing.delivery, outgoing.attempt)
}

impl Gateway for Carrier {
    fn name(&self) -> &str {
        self.name
    }

    fn kind(&self) -> &'static str {
        "test"
    }

    fn channel(&self) -> Channel {
        self.channel
    }

    fn capacity(&self) -> Capacity {
        self.capacity
    }

    fn start(self: Arc<Self>, sink: Arc<dyn InboundSink>, stop: CancellationToken) -> Running {
        *self.sink.lock().unwrap() = Some(sink);
        let (work, mut taken) = mpsc::channel::<Outgoing>(self.capacity.window);
        let (outcomes_tx, outcomes) = mpsc::channel(self.capacity.window);
        let health = self.health.subscribe();
        tokio::spawn(async move {
            let mut kept = VecDeque::new();
            while let Some(Some(outgoing)) = stop.run_until_cancelled(taken.recv()).await {
                self.gate.acquire().await.unwrap().forget();
                self.took.lock().unwrap().push(outgoing.clone());
                match (self.answer)(&outgoing) {
                    Some(outcome) => {
                        let outcome = Outcome { delivery: outgoing.delivery, attempt: outgoing.attempt, outcome };
                        if outcomes_tx.send(outcome).await.is_err() {
                            return;
                        }
                    }
                    None => kept.push_back(outgoing),
                }
            }
        });
        Running { work, outcomes, health }
    }

    fn check(&self) -> BoxFuture<'_, Result<String, String>> {
        Box::pin(async { Ok("a carrier of the tests".to_owned()) })
    }
}
