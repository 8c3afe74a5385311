//! Plays fates out in time: takes work while there is a free line, answers, and brings receipts and texts to the sink.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use schoolbell_domain::delivery::reason::FailReason;
use schoolbell_domain::delivery::settle::AttemptOutcome;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::DrillGateway;
use super::fate::{Answer, Fate, Word, fate};
use crate::{Health, HeardCall, HeardReceipt, HeardText, InboundSink, Outcome, Outgoing, Running};

/// Receipts brought to the sink in one call: one commit for all.
const RECEIPT_BATCH: usize = 200;
/// How long a carrier waits before it says again what we could not keep.
const SAY_AGAIN: Duration = Duration::from_secs(1);

/// What every task of one running drill shares.
struct Town {
    gateway: Arc<DrillGateway>,
    sink: Arc<dyn InboundSink>,
    outcomes: mpsc::Sender<Outcome>,
    receipts: mpsc::UnboundedSender<HeardReceipt>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

/// A line on which somebody talks; free again when it is dropped.
struct Talking(Option<Arc<AtomicUsize>>);

impl Talking {
    fn of(gateway: &DrillGateway, held: Duration) -> Self {
        let talking = (held > Duration::ZERO).then(|| gateway.talking.clone());
        if let Some(count) = &talking {
            count.fetch_add(1, Ordering::Relaxed);
        }
        Self(talking)
    }
}

impl Drop for Talking {
    fn drop(&mut self) {
        if let Some(count) = &self.0 {
            count.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

pub(super) fn start(gateway: Arc<DrillGateway>, sink: Arc<dyn InboundSink>, stop: CancellationToken) -> Running {
    let window = gateway.config.window.max(1);
    let (work, taken) = mpsc::channel(window);
    let (outcomes, outcomes_rx) = mpsc::channel(window);
    // One for each delivery that is being played out and has a task of its own anyway, which is larger.
    let (receipts, heard) = mpsc::unbounded_channel();
    let (up, health) = watch::channel(Health::Starting);
    let tasks = TaskTracker::new();
    let town = Arc::new(Town { gateway, sink, outcomes, receipts, stop, tasks: tasks.clone() });
    let bringer = Bringer { gateway: town.gateway.clone(), sink: town.sink.clone(), stop: town.stop.clone() };
    tasks.spawn(bringer.run(heard));
    tasks.spawn(town.run(taken, window, up));
    Running { work, outcomes: outcomes_rx, health }
}

impl Town {
    async fn run(self: Arc<Self>, mut taken: mpsc::Receiver<Outgoing>, window: usize, up: watch::Sender<Health>) {
        up.send_replace(Health::Up);
        let lines = Arc::new(Semaphore::new(window));
        loop {
            // A line first, the work after: what nobody can serve yet stays with the dispatcher.
            let Ok(line) = lines.clone().acquire_owned().await else { return };
            let next = tokio::select! {
                () = self.stop.cancelled() => None,
                next = taken.recv() => next,
            };
            let Some(outgoing) = next else { break };
            self.tasks.spawn(self.clone().play(outgoing, line));
        }
        // What stands in the channel was handed over, so it is owed an answer; nothing of it went out.
        taken.close();
        while let Some(outgoing) = taken.recv().await {
            self.answer(&outgoing, Answer::Refused(FailReason::GatewayAway, "drill stopped")).await;
        }
        // Dropping `up` with this task tells the dispatcher that it has ended; tasks at work hold the rest.
        drop(up);
    }

    async fn play(self: Arc<Self>, outgoing: Outgoing, line: OwnedSemaphorePermit) {
        let channel = self.gateway.config.channel;
        if self.gateway.config.show_codes
            && let Some(code) = code_of(&outgoing.content.subject)
        {
            tracing::warn!(code, "the drill's mailbox got a code to sign in with");
        }
        let fate = fate(channel, outgoing.to.expose(), &outgoing.content.body, outgoing.attempt);
        self.pass(fate.after).await;
        let talking = Talking::of(&self.gateway, fate.line_held);
        self.answer(&outgoing, fate.answer).await;
        let held = self.pass(fate.line_held);
        if fate.later.is_empty() {
            held.await;
            return;
        }
        let words = self.clone().say(outgoing, fate);
        let release = async move {
            held.await;
            drop((line, talking));
        };
        tokio::join!(words, release);
    }

    /// Lets time pass; a stop ends the wait at once.
    async fn pass(&self, life: Duration) {
        tokio::select! {
            () = self.stop.cancelled() => {}
            () = sleep(self.gateway.config.scaled(life)) => {}
        }
    }

    async fn answer(&self, outgoing: &Outgoing, answer: Answer) {
        let outcome = match answer {
            Answer::Accepted => AttemptOutcome::Accepted { references: vec![reference(outgoing)] },
            Answer::Refused(reason, code) => AttemptOutcome::Refused { reason, code: code.to_owned() },
            Answer::Broken(code) => AttemptOutcome::Unknown { code: code.to_owned() },
        };
        let outcome = Outcome { delivery: outgoing.delivery, attempt: outgoing.attempt, outcome };
        if self.outcomes.send(outcome).await.is_err() {
            tracing::debug!(gateway = self.gateway.name, "nobody waits for the outcome any more");
        }
    }

    /// Receipts and texts, each at its time after the answer. A stop leaves out what has not been said.
    async fn say(self: Arc<Self>, outgoing: Outgoing, fate: Fate) {
        let mut passed = Duration::ZERO;
        for (at, word) in fate.later {
            self.pass(at.saturating_sub(passed)).await;
            passed = at;
            if self.stop.is_cancelled() {
                return;
            }
            match word {
                Word::Receipt(status, raw) => {
                    let heard = HeardReceipt { reference: reference(&outgoing), status, raw: raw.to_owned() };
                    if self.receipts.send(heard).is_err() {
                        return;
                    }
                }
                Word::Text(body) => self.text_back(&outgoing, body, Vec::new()).await,
                Word::Picture(body) => self.text_back(&outgoing, body, vec![super::PICTURE.to_owned()]).await,
                Word::Call { status, party, keys, said } => {
                    let heard = HeardCall {
                        delivery: outgoing.delivery,
                        attempt: outgoing.attempt,
                        reference: reference(&outgoing),
                        status,
                        party,
                        talked_ms: u64::try_from(at.as_millis()).unwrap_or(u64::MAX),
                        keys: keys.to_owned(),
                        raw: said.to_owned(),
                    };
                    self.bring(heard).await;
                }
            }
        }
    }

    async fn bring(&self, heard: HeardCall) {
        while let Err(error) = self.sink.call(&self.gateway.name, heard.clone()).await {
            tracing::warn!(gateway = self.gateway.name, %error, "a call's record was not kept and is brought again");
            if !again(&self.stop).await {
                return;
            }
        }
    }

    async fn text_back(&self, outgoing: &Outgoing, body: &str, media: Vec<String>) {
        let config = &self.gateway.config;
        let to = outgoing.from.clone().unwrap_or_else(|| config.number.clone());
        let heard = HeardText { from: outgoing.to.expose().to_owned(), to, body: body.to_owned(), media };
        while let Err(error) = self.sink.text(&self.gateway.name, heard.clone()).await {
            tracing::warn!(gateway = self.gateway.name, %error, "a text was not kept and is sent again");
            if !again(&self.stop).await {
                return;
            }
        }
    }
}

/// Brings receipts to the sink in batches, in the order in which they were said.
struct Bringer {
    gateway: Arc<DrillGateway>,
    sink: Arc<dyn InboundSink>,
    stop: CancellationToken,
}

impl Bringer {
    async fn run(self, mut heard: mpsc::UnboundedReceiver<HeardReceipt>) {
        let mut batch = Vec::with_capacity(RECEIPT_BATCH);
        while heard.recv_many(&mut batch, RECEIPT_BATCH).await > 0 {
            while let Err(error) = self.sink.receipts(&self.gateway.name, batch.clone()).await {
                tracing::warn!(gateway = self.gateway.name, %error, "receipts were not kept and are sent again");
                if !again(&self.stop).await {
                    return;
                }
            }
            batch.clear();
        }
    }
}

/// The six digits with which the subject of a sign-in mail begins.
fn code_of(subject: &str) -> Option<&str> {
    let (code, _) = subject.split_once(' ')?;
    (code.len() == 6 && code.chars().all(|c| c.is_ascii_digit())).then_some(code)
}

/// Waits before saying something again; false once the drill stops.
async fn again(stop: &CancellationToken) -> bool {
    tokio::select! {
        () = stop.cancelled() => false,
        () = sleep(SAY_AGAIN) => true,
    }
}

/// The drill's message id: distinct for every attempt, and no counter to keep.
fn reference(outgoing: &Outgoing) -> String {
    format!("{}-{}", outgoing.delivery, outgoing.attempt)
}
