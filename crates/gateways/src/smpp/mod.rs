//! Text messages over SMPP 3.4: one transceiver session per gateway, kept up.
//!
//! What an operator must know of carriers stands in `docs/src/carriers/smpp.md`.

pub mod config;
mod flights;
mod hear;
mod join;
mod listen;
mod message;
mod pace;
mod push;
mod run;
mod session;
mod wire;

use std::sync::Arc;

use futures::future::BoxFuture;
use schoolbell_domain::channel::Channel;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

pub use config::{PartMark, SmppConfig, Tls};

use self::listen::Listener;
use self::message::Sender;
use self::session::{Account, Lines};
use crate::{Capacity, Gateway, Health, InboundSink, Running};

/// Packets between the session and the sink; more are put off, and the carrier sends them again.
const HEARING: usize = 8_192;

/// One SMPP account.
pub struct SmppGateway {
    name: String,
    config: SmppConfig,
    sender: Sender,
    seed: u64,
}

impl SmppGateway {
    /// Fails with the operator's sentence if a setting cannot be.
    pub fn new(name: &str, config: SmppConfig) -> Result<Self, String> {
        config.verify()?;
        let sender = Sender::new(&config)?;
        Ok(Self { name: name.to_owned(), config, sender, seed: seed_of(name) })
    }

    /// Seeds the jitter of reconnects. Left out, it follows from the name; several nodes should differ.
    #[must_use]
    pub fn with_dice(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }
}

/// FNV-1a.
fn seed_of(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

impl Gateway for SmppGateway {
    fn name(&self) -> &str {
        &self.name
    }

    fn kind(&self) -> &'static str {
        "smpp"
    }

    fn channel(&self) -> Channel {
        Channel::Sms
    }

    fn capacity(&self) -> Capacity {
        Capacity { window: self.config.window, per_second: self.config.per_second }
    }

    fn start(self: Arc<Self>, sink: Arc<dyn InboundSink>, stop: CancellationToken) -> Running {
        let window = self.config.window;
        let (work, taken) = mpsc::channel(window);
        // Room for all that can be under way or lie in the channel, so that the session never waits for the dispatcher.
        let (outcome_sender, outcomes) = mpsc::channel(2 * window + 64);
        let (health_sender, health) = watch::channel(Health::Starting);
        let (item_sender, items) = mpsc::channel(HEARING);
        // One for each packet that was let in, so `HEARING` bounds it too.
        let (verdict_sender, verdicts) = mpsc::unbounded_channel();
        let account = Account { name: self.name.clone(), config: self.config.clone(), sender: self.sender.clone() };
        let listener = Listener::new(&self.name, &self.config, sink, verdict_sender);
        let lines = Lines { work: taken, outcomes: outcome_sender, items: item_sender, verdicts, stop };
        tokio::spawn(listener.run(items));
        tokio::spawn(run::run(account, lines, health_sender, self.seed));
        Running { work, outcomes, health }
    }

    fn check(&self) -> BoxFuture<'_, Result<String, String>> {
        Box::pin(async {
            let bound = wire::bind(&self.config).await.map_err(|no| no.sentence().to_owned())?;
            let carrier = bound.carrier.clone();
            let secure = if self.config.tls.is_some() { "TLS" } else { "no TLS" };
            let said = format!(
                "{} accepted the log-in of `{}` and calls itself `{carrier}` ({secure})",
                self.config.server(),
                self.config.system_id
            );
            match wire::unbind(bound).await {
                Ok(()) => Ok(said),
                Err(error) => Ok(format!("{said}; it broke off at the log-out: {error}")),
            }
        })
    }
}
