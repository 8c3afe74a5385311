//! Phone calls over a SIP trunk: any carrier's, by registration or by our address, with G.711 audio.
//!
//! `trunk` speaks with the carrier, `run` decides when a call may begin, `call` follows one, `media` sends the audio of
//! all. What an operator must know of carriers stands in `docs/src/carriers/sip.md`.

mod call;
pub mod config;
mod health;
mod line;
mod media;
mod office;
mod rtp;
mod run;
mod sockets;
mod talk;
mod trunk;
mod visit;
mod visitors;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::future::BoxFuture;
use schoolbell_domain::channel::Channel;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

pub use config::{NumberFormat, SipConfig, Transfer, Transport};
pub use media::Steadiness;

use self::run::Desk;
use self::trunk::Trunk;
use crate::reception::Reception;
use crate::voice::Voicing;
use crate::{Capacity, Gateway, Health, InboundSink, Running};

/// One trunk.
pub struct SipGateway {
    name: String,
    config: SipConfig,
    voicing: Arc<dyn Voicing>,
    /// Who answers calls that come in; without one they are declined.
    reception: Option<Arc<dyn Reception>>,
    /// Calls in which somebody talks now.
    talking: Arc<AtomicUsize>,
    steadiness: Arc<Steadiness>,
}

impl SipGateway {
    /// Fails with the operator's sentence if a setting cannot be.
    pub fn new(name: &str, config: SipConfig, voicing: Arc<dyn Voicing>) -> Result<Self, String> {
        config.verify()?;
        let (talking, steadiness) = (Arc::default(), Arc::default());
        Ok(Self { name: name.to_owned(), config, voicing, reception: None, talking, steadiness })
    }

    /// The same trunk, which answers calls that come in, where its settings keep lines for them.
    #[must_use]
    pub fn answered_by(self, reception: Arc<dyn Reception>) -> Self {
        Self { reception: Some(reception), ..self }
    }

    /// How steady the audio has been since the start.
    pub fn steadiness(&self) -> &Steadiness {
        &self.steadiness
    }
}

/// FNV-1a, 32 bits: numbers that differ from call to call.
fn seed_of(name: &str) -> u32 {
    name.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

impl Gateway for SipGateway {
    fn name(&self) -> &str {
        &self.name
    }

    fn kind(&self) -> &'static str {
        "sip"
    }

    fn channel(&self) -> Channel {
        Channel::Voice
    }

    fn capacity(&self) -> Capacity {
        let free = self.config.at_work().saturating_sub(self.talking.load(Ordering::Relaxed));
        Capacity { window: free, per_second: self.config.per_second }
    }

    fn lines(&self) -> Option<usize> {
        Some(self.config.call_lines())
    }

    fn start(self: Arc<Self>, sink: Arc<dyn InboundSink>, stop: CancellationToken) -> Running {
        let lines = self.config.call_lines();
        let (work, taken) = mpsc::channel(lines);
        let (outcomes, heard) = mpsc::channel(2 * lines + 64);
        let (up, health) = watch::channel(Health::Starting);
        let desk = Desk::new(self, sink, outcomes, stop);
        tokio::spawn(desk.run(taken, up));
        Running { work, outcomes: heard, health }
    }

    fn check(&self) -> BoxFuture<'_, Result<String, String>> {
        Box::pin(async {
            // Any free port: the running program has the configured one.
            let mut config = self.config.clone();
            config.listen.set_port(0);
            let trunk = Trunk::open(&config).await.map_err(|no| no.sentence().to_owned())?;
            trunk.look().await.map_err(|no| no.sentence().to_owned())?;
            let server = config.server();
            Ok(match (config.registers(), config.options_s > 0.0) {
                (true, _) => format!("{server} registered us; {} lines", config.lines),
                (false, true) => format!("{server} answers; {} lines", config.lines),
                (false, false) => format!("{server} is never asked whether it is there (options_s = 0)"),
            })
        })
    }
}
