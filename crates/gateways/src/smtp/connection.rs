//! One connection of the pool: opens when it is called, sends mail after mail, closes when idle, old or used up.

use std::sync::Arc;

use schoolbell_domain::delivery::reason::FailReason;
use schoolbell_domain::delivery::settle::AttemptOutcome;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::time::{Duration, Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::Relay;
use super::fleet::Fleet;
use super::message::Prepared;
use super::router::Ready;
use super::session::Session;
use super::transaction::{After, Sent};
use crate::{Outcome, Outgoing};

/// What is at work when we stop may take so much longer; a relay that has the mail usually says so within it.
const GRACE: Duration = Duration::from_secs(10);

pub(super) struct Connection {
    pub relay: Arc<Relay>,
    pub fleet: Arc<Fleet>,
    pub ready: mpsc::Sender<Ready>,
    pub open: Arc<Semaphore>,
    pub outcomes: mpsc::Sender<Outcome>,
    pub stop: CancellationToken,
}

/// What comes next on an open session.
enum Next {
    Mail(Outgoing),
    /// Close politely.
    Enough,
    /// The relay hung up.
    Dead,
    /// The router has gone.
    End,
}

impl Connection {
    pub(super) async fn run(self) {
        loop {
            tokio::select! {
                () = self.ready.closed() => return,
                called = self.open.acquire() => match called {
                    Ok(permit) => permit.forget(),
                    Err(_) => return,
                },
            }
            let opened = tokio::select! {
                () = self.ready.closed() => return,
                opened = self.relay.open() => opened,
            };
            match opened {
                Ok(session) => {
                    self.fleet.opened();
                    self.serve(session).await;
                }
                Err(trouble) => {
                    tracing::warn!(gateway = self.relay.name, %trouble, "no session with the mail relay");
                    self.fleet.not_opened(&trouble.to_string());
                }
            }
        }
    }

    /// Sends until the session ends, one way or another.
    async fn serve(&self, mut session: Session) {
        let config = &self.relay.config;
        let until = Instant::now() + Duration::from_secs(config.connection_age_s);
        let mut left = config.messages_per_connection;
        loop {
            let enough = left == 0 || Instant::now() >= until;
            let next = if enough { Next::Enough } else { self.next(&mut session).await };
            match next {
                Next::Mail(outgoing) => {
                    left -= 1;
                    let Some(open) = self.deliver(session, outgoing).await else {
                        self.fleet.broke();
                        return;
                    };
                    session = open;
                }
                Next::Enough | Next::End => {
                    self.fleet.closed();
                    session.quit().await;
                    return;
                }
                Next::Dead => {
                    self.fleet.broke();
                    return;
                }
            }
        }
    }

    async fn next(&self, session: &mut Session) -> Next {
        let (slot, mut given) = oneshot::channel();
        if self.ready.send(slot).await.is_err() {
            return Next::End;
        }
        let ended = tokio::select! {
            outgoing = &mut given => return outgoing.map_or(Next::End, Next::Mail),
            () = sleep(Duration::from_secs(self.relay.config.idle_s)) => Next::Enough,
            () = session.wire.disturbed() => Next::Dead,
        };
        // The router may have given a mail at this very moment; it must not be lost.
        given.close();
        given.try_recv().map_or(ended, Next::Mail)
    }

    /// Sends one mail and reports what became of it; gives the session back if it can send more.
    async fn deliver(&self, mut session: Session, outgoing: Outgoing) -> Option<Session> {
        let mail = match self.relay.prepare(&outgoing).await {
            Ok(mail) => mail,
            Err((reason, code)) => {
                self.report(&outgoing, AttemptOutcome::Refused { reason, code }).await;
                return Some(session);
            }
        };
        let mut sent = self.send(&mut session, &mail).await;
        if sent.session == After::WasDead {
            // The relay had closed an idle connection unseen; nothing of this mail was heard, so a fresh one may try.
            match self.relay.open().await {
                Ok(fresh) => {
                    session = fresh;
                    sent = self.send(&mut session, &mail).await;
                }
                Err(trouble) => {
                    let code = trouble.to_string();
                    sent.outcome = AttemptOutcome::Refused { reason: FailReason::GatewayAway, code };
                }
            }
        }
        self.report(&outgoing, sent.outcome).await;
        (sent.session == After::Usable).then_some(session)
    }

    async fn send(&self, session: &mut Session, mail: &Prepared) -> Sent {
        let grace = async {
            self.stop.cancelled().await;
            sleep(GRACE).await;
        };
        let sent = tokio::select! {
            sent = session.send(mail) => Some(sent),
            () = grace => None,
        };
        sent.unwrap_or_else(|| Sent {
            outcome: session.broken_off("we stopped before the relay answered".to_owned()),
            session: After::Gone,
        })
    }

    async fn report(&self, outgoing: &Outgoing, outcome: AttemptOutcome) {
        let outcome = Outcome { delivery: outgoing.delivery, attempt: outgoing.attempt, outcome };
        if self.outcomes.send(outcome).await.is_err() {
            tracing::debug!(gateway = self.relay.name, "nobody waits for the outcome any more");
        }
    }
}
