//! The loop of one gateway. Each turn is one transaction that settles what was heard and claims what may follow.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use schoolbell_domain::ids::DeliveryId;
use schoolbell_gateways::{Gateway, Health, InboundSink, Right, Running};
use schoolbell_store::write::gateways;
use schoolbell_store::write::queue::{self, Standing};
use schoolbell_store::write::tallies::{self, Moves};
use schoolbell_store::{Lease, StoreError, StoreResult, read};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::claim::{Ask, Contents, Found, LEASE, claim};
use super::feed::{Feed, Handing, Heard, listen};
use super::settle;
use crate::live::LiveEvent;
use crate::{Engine, Queue};

/// How long an idle lane waits before it looks again without having been woken.
const POLL: Duration = Duration::from_millis(250);
/// How long a turn waits for more answers, so that one commit serves many.
const LINGER: Duration = Duration::from_millis(2);
/// After this the gateway is told to stop, and after it once more the leases settle what is left.
const PATIENCE: Duration = Duration::from_secs(10);
/// Most deliveries claimed ahead of the gateway's window.
const MOST_AHEAD: usize = 512;

/// What one lane knows between its turns.
struct Lane {
    engine: Engine,
    gateway: Arc<dyn Gateway>,
    right: Right,
    /// No new work: the program ends, or another node has the gateway.
    stop: CancellationToken,
    contents: Contents,
    in_flight: HashMap<DeliveryId, Standing>,
    claimed: Option<mpsc::UnboundedSender<Handing>>,
    health: watch::Receiver<Health>,
    /// Of the machine's running time: a clock that is set back must not keep leases from being renewed.
    renewed_at: Instant,
    /// The next claim is worth a look: woken, or the last one did not drain the queue.
    look: bool,
    /// No claim before then: the rate is used up.
    rate_free_at: Instant,
}

/// Runs the gateway and its lane until `stop`. Nothing goes onto the wire once the right has ended.
pub(super) async fn run(
    engine: Engine,
    (gateway, right): (Arc<dyn Gateway>, Right),
    sink: Arc<dyn InboundSink>,
    stop: CancellationToken,
) {
    let stop_gateway = CancellationToken::new();
    let Running { work, outcomes, health } = gateway.clone().start(sink, stop_gateway.clone());
    // Neither can grow beyond what is in flight, which `room` bounds: one entry for each delivery that was claimed and
    // not settled. A bound here would only add a place to wait in, and the gateway must never wait for a commit.
    let (heard_tx, heard) = mpsc::unbounded_channel();
    let (claimed_tx, claimed) = mpsc::unbounded_channel();
    let feed = Feed {
        channel: gateway.channel(),
        halted: engine.halted.clone(),
        right: right.clone(),
        health: health.clone(),
        heard: heard_tx.clone(),
        stop: stop.clone(),
    };
    let lane = Lane {
        renewed_at: Instant::now(),
        engine,
        gateway,
        right,
        stop,
        contents: Contents::default(),
        in_flight: HashMap::new(),
        claimed: Some(claimed_tx),
        health,
        look: true,
        rate_free_at: Instant::now(),
    };
    tokio::join!(feed.run(claimed, work), listen(outcomes, heard_tx), lane.turns(heard, stop_gateway));
}

impl Lane {
    async fn turns(mut self, mut heard: mpsc::UnboundedReceiver<Heard>, stop_gateway: CancellationToken) {
        self.note_health().await;
        let mut batch = Vec::new();
        let stop = self.stop.clone();
        let mut hints = self.engine.wake.listen(Queue::Deliveries);
        while !stop.is_cancelled() {
            let pause = self.pause();
            tokio::select! {
                n = heard.recv_many(&mut batch, 4_000) => {
                    if n == 0 {
                        tracing::error!(gateway = self.gateway.name(), "the gateway ended by itself");
                        return;
                    }
                    self.linger(&mut heard, &mut batch).await;
                }
                changed = self.health.changed() => {
                    if changed.is_ok() {
                        self.note_health().await;
                    } else {
                        // The gateway drops its health when it ends; its answers still come.
                        tokio::time::sleep(POLL).await;
                    }
                }
                () = hints.wait(pause) => self.look = true,
                () = stop.cancelled() => break,
            }
            self.turn_until_kept(&mut batch).await;
        }
        self.finish(heard, batch, stop_gateway).await;
    }

    /// Settles what is still at work; claims nothing.
    async fn finish(
        mut self,
        mut heard: mpsc::UnboundedReceiver<Heard>,
        mut batch: Vec<Heard>,
        stop_gateway: CancellationToken,
    ) {
        // The feed gives back what it holds and drops the gateway's work.
        self.claimed = None;
        let mut deadline = Instant::now() + PATIENCE;
        loop {
            if !batch.is_empty() {
                self.turn_until_kept(&mut batch).await;
            }
            match tokio::time::timeout_at(deadline, heard.recv_many(&mut batch, 4_000)).await {
                Ok(0) => break,
                Ok(_) => {}
                Err(_) if stop_gateway.is_cancelled() => break,
                Err(_) => {
                    stop_gateway.cancel();
                    deadline = Instant::now() + PATIENCE;
                }
            }
        }
        stop_gateway.cancel();
        self.engine.held.release(self.in_flight.keys().copied());
        if !self.in_flight.is_empty() {
            let open = self.in_flight.len();
            tracing::warn!(gateway = self.gateway.name(), open, "answers are missing; their leases will settle them");
        }
    }

    /// Waits a moment for more answers while there are more to come.
    async fn linger(&self, heard: &mut mpsc::UnboundedReceiver<Heard>, batch: &mut Vec<Heard>) {
        if batch.len() < self.in_flight.len() {
            tokio::time::sleep(LINGER).await;
            while batch.len() < 8_000 {
                match heard.try_recv() {
                    Ok(one) => batch.push(one),
                    Err(_) => break,
                }
            }
        }
    }

    /// One turn; while the database cannot take it, again and again: an answer is never dropped.
    async fn turn_until_kept(&mut self, batch: &mut Vec<Heard>) {
        let mut wait = Duration::from_millis(50);
        loop {
            let turned = self.turn(batch).await;
            self.engine.room.note(self.gateway.name(), self.engine.now(), &turned);
            match turned {
                Ok(()) => {
                    batch.clear();
                    return;
                }
                Err(error) => {
                    tracing::warn!(gateway = self.gateway.name(), %error, "a turn was not kept and is tried again");
                    if self.stop.is_cancelled() {
                        // The gateway closes even while answers wait for the database.
                        self.claimed = None;
                    }
                    if batch.is_empty() && self.claimed.is_none() {
                        return;
                    }
                    tokio::time::sleep(wait).await;
                    wait = (wait * 2).min(Duration::from_secs(1));
                }
            }
        }
    }

    async fn turn(&mut self, batch: &[Heard]) -> StoreResult<()> {
        let room = self.room(batch.len());
        self.keep_leases().await?;
        if batch.is_empty() && (room == 0 || !self.is_due().await?) {
            self.look = false;
            return Ok(());
        }
        let answers: Vec<(Standing, Heard)> = batch
            .iter()
            .filter_map(|heard| Some((self.in_flight.get(&heard.delivery())?.clone(), heard.clone())))
            .filter(|(standing, heard)| standing.attempts == heard.attempt())
            .collect();
        let (engine, name) = (self.engine.clone(), self.gateway.name().to_owned());
        let capacity = self.gateway.capacity();
        let ask = Ask {
            gateway: &name,
            channel: self.gateway.channel(),
            per_second: capacity.per_second,
            room,
            now: engine.now(),
            right: &self.right.clone(),
            public_url: engine.public_url.as_deref(),
        };
        let contents = &mut self.contents;
        let (found, moves) = engine
            .db
            .write("settle and claim", async |tx| {
                let mut moves = Moves::default();
                settle::apply(&engine, tx, &name, &answers, &mut moves).await?;
                let found = if room > 0 { claim(tx, &ask, contents, &mut moves).await? } else { Found::default() };
                tallies::apply(tx, &moves).await?;
                Ok::<_, StoreError>((found, moves))
            })
            .await?;
        for (standing, _) in &answers {
            self.in_flight.remove(&standing.id);
        }
        engine.held.release(answers.iter().map(|(standing, _)| standing.id));
        engine.touched.touch(moves.origins());
        self.hand_over(found, room);
        Ok(())
    }

    /// After the commit: the attempts are on record, so the gateway may have them.
    fn hand_over(&mut self, found: Found, room: usize) {
        let now = Instant::now();
        if room > 0 {
            self.look = !found.drained;
        }
        if let Some(wait) = found.rate_wait {
            self.rate_free_at = now + wait;
        }
        let Some(claimed) = &self.claimed else { return };
        self.engine.held.hold(found.taken.iter().map(|taken| taken.standing.id));
        for taken in found.taken {
            self.in_flight.insert(taken.standing.id, taken.standing);
            let handing = Handing { outgoing: taken.outgoing, not_before: now + taken.wait, is_reply: taken.is_reply };
            if claimed.send(handing).is_err() {
                tracing::error!(gateway = self.gateway.name(), "the feed is gone; leases will settle what was claimed");
            }
        }
    }

    /// How many may be claimed: what the window leaves, with a little ahead for the time of a turn, once it is worth a
    /// claim. What is claimed and not on the wire when the program is killed ends as unconfirmed, so it is kept small.
    fn room(&self, settling: usize) -> usize {
        let away = matches!(*self.health.borrow(), Health::Away(_));
        if self.claimed.is_none() || away || Instant::now() < self.rate_free_at {
            return 0;
        }
        let target = self.target();
        let room = target.saturating_sub(self.in_flight.len().saturating_sub(settling));
        if room * 4 >= target || self.in_flight.len() <= settling { room } else { 0 }
    }

    fn target(&self) -> usize {
        let capacity = self.gateway.capacity();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let while_a_turn_runs = (capacity.per_second / 50.0).ceil().clamp(1.0, 1e6) as usize;
        let window = capacity.window.max(1);
        window + while_a_turn_runs.min(window).min(MOST_AHEAD)
    }

    /// Looks without a write transaction, so that an idle lane costs nothing.
    async fn is_due(&mut self) -> StoreResult<bool> {
        let mut reads = self.engine.db.read().await?;
        let (channel, now) = (self.gateway.channel(), self.engine.now());
        let priorities = super::hours::priorities_at(&mut reads, channel, now).await?;
        read::queue::is_due(&mut reads, channel, &priorities, now).await
    }

    /// How long to wait for answers before the next look.
    fn pause(&self) -> Duration {
        let rate = self.rate_free_at.saturating_duration_since(Instant::now());
        if rate > Duration::ZERO {
            rate.min(POLL)
        } else if self.look && self.room(0) > 0 {
            Duration::ZERO
        } else {
            POLL
        }
    }

    async fn keep_leases(&mut self) -> StoreResult<()> {
        let (now, began) = (self.engine.now(), Instant::now());
        if self.in_flight.is_empty() || began < self.renewed_at + LEASE.unsigned_abs() / 4 {
            return Ok(());
        }
        let ids: Vec<DeliveryId> = self.in_flight.keys().copied().collect();
        self.engine
            .db
            .write("renew leases", async |tx| {
                let lease = Lease::of(tx, now, LEASE).await?;
                queue::renew(tx, &ids, lease.until).await
            })
            .await?;
        self.renewed_at = began;
        Ok(())
    }

    async fn note_health(&mut self) {
        let health = self.health.borrow_and_update().clone();
        let (state, detail) = match &health {
            Health::Starting => ("starting", ""),
            Health::Up => ("up", ""),
            Health::Away(why) => ("away", why.as_str()),
        };
        tracing::info!(gateway = self.gateway.name(), state, detail, "the gateway is {state}");
        let (now, name) = (self.engine.now(), self.gateway.name());
        let noted = self
            .engine
            .db
            .write("note health", async |tx| gateways::set_state(tx, name, state, detail, now).await)
            .await;
        if let Err(error) = noted {
            tracing::warn!(gateway = name, %error, "how the gateway is was not noted");
        }
        self.engine.live.tell(LiveEvent::Gateways);
        self.look = true;
    }
}
