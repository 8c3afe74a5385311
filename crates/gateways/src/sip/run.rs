//! Decides when a call may begin: a free line, a free line into its exchange, a carrier that is there and not congested.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use schoolbell_domain::delivery::reason::FailReason;
use schoolbell_domain::delivery::settle::AttemptOutcome;
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;

use super::call::{Called, Dial, refused, ring};
use super::health;
use super::media::Pacer;
use super::trunk::Trunk;
use super::visitors;
use super::{SipGateway, config::SipConfig};
use crate::voice::HeardCall;
use crate::{Health, InboundSink, Outcome, Outgoing};

/// First pause after the carrier said that it is congested; it doubles up to half a minute.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// How long we wait before we bring a call's record again that could not be kept.
const SAY_AGAIN: Duration = Duration::from_secs(1);

/// What every call of the running gateway shares.
pub(super) struct Shared {
    gateway: Arc<SipGateway>,
    trunk: Arc<Trunk>,
    pacer: Pacer,
    sink: Arc<dyn InboundSink>,
    outcomes: mpsc::Sender<Outcome>,
    trouble: Arc<Notify>,
    stop: CancellationToken,
}

/// The gateway before its trunk is open.
pub(super) struct Desk {
    gateway: Arc<SipGateway>,
    sink: Arc<dyn InboundSink>,
    outcomes: mpsc::Sender<Outcome>,
    stop: CancellationToken,
}

/// A call that is over, for the desk.
struct Over {
    exchange: String,
    congested: bool,
    wait: Option<Duration>,
}

impl Desk {
    pub(super) fn new(
        gateway: Arc<SipGateway>,
        sink: Arc<dyn InboundSink>,
        outcomes: mpsc::Sender<Outcome>,
        stop: CancellationToken,
    ) -> Self {
        Self { gateway, sink, outcomes, stop }
    }

    pub(super) async fn run(self, mut taken: mpsc::Receiver<Outgoing>, up: watch::Sender<Health>) {
        let opened = self.open(&mut taken, &up).await;
        let Some(shared) = opened else {
            turn_back(&mut taken, &self.outcomes, FailReason::GatewayAway, "not called: stopped").await;
            return;
        };
        drop(self.outcomes);
        let over = self.stop.child_token();
        let keeper = health::keep(
            shared.trunk.clone(),
            self.gateway.name.clone(),
            up.clone(),
            shared.trouble.clone(),
            over.clone(),
        );
        let keeper = tokio::spawn(keeper);
        let visitors =
            tokio::spawn(visitors::receive(self.gateway.reception.clone(), shared.trunk.clone(), over.clone()));
        let health = up.subscribe();
        Calls::new(Arc::new(shared), health).run(taken).await;
        over.cancel();
        if let Err(error) = keeper.await {
            tracing::error!(%error, "the look at the carrier broke off");
        }
        if let Err(error) = visitors.await {
            tracing::error!(%error, "the reception of calls broke off");
        }
    }

    /// Opens the sockets, again and again: an address may come later than the program.
    async fn open(&self, taken: &mut mpsc::Receiver<Outgoing>, up: &watch::Sender<Health>) -> Option<Shared> {
        let config = &self.gateway.config;
        let mut wait = FIRST_PAUSE;
        loop {
            let opened = Trunk::open(config).await.map_err(|no| no.sentence().to_owned()).and_then(|trunk| {
                let pacer = Pacer::start(config.audio_threads, &self.gateway.steadiness);
                pacer.map(|pacer| (trunk, pacer)).map_err(|error| format!("no thread for the audio: {error}"))
            });
            match opened {
                Ok((trunk, pacer)) => {
                    return Some(Shared {
                        gateway: self.gateway.clone(),
                        trunk: Arc::new(trunk),
                        pacer,
                        sink: self.sink.clone(),
                        outcomes: self.outcomes.clone(),
                        trouble: Arc::new(Notify::new()),
                        stop: self.stop.clone(),
                    });
                }
                Err(sentence) => {
                    tracing::warn!(gateway = self.gateway.name, error = sentence, "the trunk could not be opened");
                    up.send_replace(Health::Away(sentence));
                }
            }
            turn_back_what_lies(taken, &self.outcomes).await;
            if taken.is_closed() && taken.is_empty() {
                return None;
            }
            self.stop.run_until_cancelled(sleep(wait)).await?;
            wait = (wait * 2).min(LONGEST_PAUSE);
        }
    }
}

/// How busy one exchange is: area code and prefix, which is a number without its last four digits.
#[derive(Default)]
struct Exchange {
    calls: usize,
    free_at: Option<Instant>,
}

fn exchange_of(number: &str) -> String {
    number.get(..number.len().saturating_sub(4)).unwrap_or(number).to_owned()
}

/// The calls of a running trunk.
struct Calls {
    shared: Arc<Shared>,
    health: watch::Receiver<Health>,
    waiting: VecDeque<Outgoing>,
    up: JoinSet<Over>,
    /// Whom each of them calls, for the case that its task breaks off.
    begun: HashMap<Id, Outgoing>,
    exchanges: HashMap<String, Exchange>,
    pause: Duration,
    paused_until: Instant,
}

impl Calls {
    fn new(shared: Arc<Shared>, health: watch::Receiver<Health>) -> Self {
        Self {
            shared,
            health,
            waiting: VecDeque::new(),
            up: JoinSet::new(),
            begun: HashMap::new(),
            exchanges: HashMap::new(),
            pause: FIRST_PAUSE,
            paused_until: Instant::now(),
        }
    }

    /// Until `stop`, or until the dispatcher drops its end and every call is over.
    async fn run(mut self, mut taken: mpsc::Receiver<Outgoing>) {
        let stop = self.shared.stop.clone();
        let mut open = true;
        while open || !self.waiting.is_empty() || !self.up.is_empty() {
            let again = self.begin_what_may().await;
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                Some(over) = self.up.join_next_with_id(), if !self.up.is_empty() => self.note(over).await,
                changed = self.health.changed() => if changed.is_err() { break },
                next = taken.recv(), if open && self.has_room() => match next {
                    Some(outgoing) => self.waiting.push_back(outgoing),
                    None => open = false,
                },
                () = sleep_until(again) => {}
            }
        }
        let outcomes = self.shared.outcomes.clone();
        for outgoing in self.waiting.drain(..) {
            answer(&outcomes, &outgoing, refused(FailReason::GatewayAway, "not called: stopped")).await;
        }
        turn_back(&mut taken, &outcomes, FailReason::GatewayAway, "not called: stopped").await;
        // Those that ring are cancelled, those that talk are hung up, and each says so.
        while self.up.join_next().await.is_some() {}
    }

    fn config(&self) -> &SipConfig {
        &self.shared.trunk.config
    }

    fn has_room(&self) -> bool {
        self.waiting.len() + self.up.len() < self.config().at_work()
    }

    /// Begins every call that may begin; answers when to look again without being woken.
    async fn begin_what_may(&mut self) -> Instant {
        let far = Instant::now() + Duration::from_hours(1);
        let away = match &*self.health.borrow() {
            Health::Up | Health::Starting => None,
            Health::Away(_) => Some(self.health.borrow().clone()),
        };
        if away.is_some() {
            let outcomes = self.shared.outcomes.clone();
            for outgoing in self.waiting.drain(..) {
                answer(&outcomes, &outgoing, refused(FailReason::GatewayAway, "not called: the carrier is away")).await;
            }
            return far;
        }
        let now = Instant::now();
        if *self.health.borrow() == Health::Starting || now < self.paused_until {
            return self.paused_until.max(now + Duration::from_millis(50));
        }
        let mut again = far;
        let mut put_off = VecDeque::new();
        while let Some(outgoing) = self.waiting.pop_front() {
            let exchange = exchange_of(outgoing.to.expose());
            match self.may_begin(&exchange, now) {
                Ok(()) => self.begin(outgoing, exchange, now),
                Err(at) => {
                    again = at.map_or(again, |at| again.min(at));
                    put_off.push_back(outgoing);
                }
            }
        }
        self.waiting = put_off;
        again
    }

    /// `Err` with the time at which to ask again; none where the end of a call tells.
    fn may_begin(&self, exchange: &str, now: Instant) -> Result<(), Option<Instant>> {
        if self.up.len() >= self.config().call_lines() {
            return Err(None);
        }
        let Some(busy) = self.exchanges.get(exchange) else { return Ok(()) };
        if self.config().exchange_lines.is_some_and(|most| busy.calls >= most) {
            return Err(None);
        }
        match busy.free_at {
            Some(at) if at > now => Err(Some(at)),
            Some(_) | None => Ok(()),
        }
    }

    fn begin(&mut self, outgoing: Outgoing, exchange: String, now: Instant) {
        let busy = self.exchanges.entry(exchange.clone()).or_default();
        busy.calls += 1;
        busy.free_at =
            self.shared.trunk.config.exchange_per_second.map(|rate| now + Duration::from_secs_f64(1.0 / rate));
        let (shared, called) = (self.shared.clone(), outgoing.clone());
        let call = self.up.spawn(async move {
            let (congested, wait) = shared.call(&called).await;
            Over { exchange, congested, wait }
        });
        self.begun.insert(call.id(), outgoing);
    }

    async fn note(&mut self, over: Result<(Id, Over), JoinError>) {
        let over = match over {
            Ok((id, over)) => {
                self.begun.remove(&id);
                over
            }
            Err(error) => {
                tracing::error!(%error, "a call broke off");
                let Some(outgoing) = self.begun.remove(&error.id()) else { return };
                // An answer that was given already stands; this one is then for a row that has gone on.
                let unknown = AttemptOutcome::Unknown { code: "the call broke off".to_owned() };
                answer(&self.shared.outcomes, &outgoing, unknown).await;
                Over { exchange: exchange_of(outgoing.to.expose()), congested: false, wait: None }
            }
        };
        if let Some(busy) = self.exchanges.get_mut(&over.exchange) {
            busy.calls = busy.calls.saturating_sub(1);
            if busy.calls == 0 && busy.free_at.is_none_or(|at| at <= Instant::now()) {
                self.exchanges.remove(&over.exchange);
            }
        }
        if over.congested {
            let pause = over.wait.unwrap_or(self.pause).min(LONGEST_PAUSE);
            self.paused_until = self.paused_until.max(Instant::now() + pause);
            self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        } else {
            self.pause = FIRST_PAUSE;
        }
    }
}

/// A line on which somebody talks; free again when it is dropped.
struct BusyLine(Arc<AtomicUsize>);

impl BusyLine {
    fn of(talking: &Arc<AtomicUsize>) -> Self {
        talking.fetch_add(1, Ordering::Relaxed);
        Self(talking.clone())
    }
}

impl Drop for BusyLine {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Shared {
    /// One call from the first look to its record; whether the carrier was congested, and how long it wants peace.
    async fn call(&self, outgoing: &Outgoing) -> (bool, Option<Duration>) {
        let prompts = match self.gateway.voicing.prompts(outgoing.content.clone()).await {
            Ok(prompts) => prompts,
            Err(error) => {
                self.answer(outgoing, refused(FailReason::GatewayFault, error.to_string())).await;
                return (false, None);
            }
        };
        if !outgoing.right.holds() {
            self.answer(outgoing, refused(FailReason::GatewayAway, "not called: another node has this trunk")).await;
            return (false, None);
        }
        let dial = Dial::of(outgoing, self.trunk.config.domain());
        match ring(&self.trunk, &dial, &self.stop).await {
            Called::Answered(up) => {
                let taken = AttemptOutcome::Accepted { references: vec![up.reference().to_owned()] };
                let line = BusyLine::of(&self.gateway.talking);
                self.answer(outgoing, taken).await;
                let talked = up.talk(&self.trunk, prompts, &self.pacer, &self.stop).await;
                drop(line);
                self.bring(HeardCall {
                    delivery: outgoing.delivery,
                    attempt: outgoing.attempt,
                    reference: dial.reference,
                    status: talked.status,
                    party: talked.party,
                    talked_ms: talked.length_ms,
                    keys: talked.keys,
                    raw: talked.said.to_owned(),
                })
                .await;
                (false, None)
            }
            Called::Ended(end, wait) => {
                let congested = end.reason == FailReason::Congestion;
                self.answer(outgoing, refused(end.reason, end.code)).await;
                (congested, wait)
            }
            Called::Silent => {
                self.trouble.notify_one();
                let code = format!("{} did not say a word", self.trunk.config.server());
                self.answer(outgoing, refused(FailReason::GatewayAway, code)).await;
                (false, None)
            }
            Called::Stopped => {
                self.answer(outgoing, refused(FailReason::GatewayAway, "cancelled: we are stopping")).await;
                (false, None)
            }
        }
    }

    async fn answer(&self, outgoing: &Outgoing, outcome: AttemptOutcome) {
        answer(&self.outcomes, outgoing, outcome).await;
    }

    /// Brings a call's record until it is kept; at the stop it is brought once more at the most.
    async fn bring(&self, heard: HeardCall) {
        while let Err(error) = self.sink.call(&self.gateway.name, heard.clone()).await {
            tracing::warn!(gateway = self.gateway.name, %error, "a call's record was not kept and is brought again");
            if self.stop.is_cancelled() {
                return;
            }
            sleep(SAY_AGAIN).await;
        }
    }
}

async fn answer(outcomes: &mpsc::Sender<Outcome>, outgoing: &Outgoing, outcome: AttemptOutcome) {
    let outcome = Outcome { delivery: outgoing.delivery, attempt: outgoing.attempt, outcome };
    // Nobody listens only when the dispatcher has ended; then the lease settles the row.
    drop(outcomes.send(outcome).await);
}

async fn turn_back_what_lies(taken: &mut mpsc::Receiver<Outgoing>, outcomes: &mpsc::Sender<Outcome>) {
    while let Ok(outgoing) = taken.try_recv() {
        answer(outcomes, &outgoing, refused(FailReason::GatewayAway, "not called: no trunk")).await;
    }
}

/// What stands in the channel was handed over, so it is owed an answer; nobody was called.
async fn turn_back(
    taken: &mut mpsc::Receiver<Outgoing>,
    outcomes: &mpsc::Sender<Outcome>,
    reason: FailReason,
    code: &str,
) {
    taken.close();
    while let Some(outgoing) = taken.recv().await {
        answer(outcomes, &outgoing, refused(reason, code)).await;
    }
}
