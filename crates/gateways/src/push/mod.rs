//! Notifications of the families' app: Web Push to the services of the browsers' makers (RFC 8030).
//!
//! One delivery goes to every device of an account and has arrived when one of them says so. What a service carries it
//! cannot read (`encrypt`), and it knows us by a signed token (`vapid`). A device that a service no longer knows is told to the sink.

mod client;
pub mod config;
mod encrypt;
mod run;
pub mod vapid;

use std::sync::Arc;

pub use config::PushConfig;
pub use encrypt::LONGEST;
use futures::future::BoxFuture;
use schoolbell_domain::category::PushUrgency;
use schoolbell_domain::channel::Channel;
use schoolbell_domain::clock::Clock;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use self::client::Client;
use self::run::Sending;
use crate::{Capacity, Gateway, Health, InboundSink, Running};

/// What the app shows, to whom, and how it tells that it did.
#[derive(Clone, PartialEq, Eq)]
pub struct Notice {
    /// At least one.
    pub devices: Vec<Device>,
    pub urgency: PushUrgency,
    /// At most 32 letters of base64url: a later one of the same topic takes the place of one that still waits.
    pub topic: String,
    /// What the app's worker reads, at most [`LONGEST`] bytes.
    pub payload: String,
    /// By which the app's receipt finds the delivery.
    pub reference: String,
}

/// One browser.
#[derive(Clone, PartialEq, Eq)]
pub struct Device {
    pub endpoint: String,
    /// base64url, as the browser gave them.
    pub public_key: String,
    pub auth: String,
}

impl std::fmt::Debug for Notice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Notice(to {} devices, {})", self.devices.len(), self.urgency.word())
    }
}

/// The app's notifications.
pub struct PushGateway {
    name: String,
    config: PushConfig,
    client: Arc<Client>,
    clock: Arc<dyn Clock>,
}

impl PushGateway {
    /// The error is that of [`PushConfig::verify`].
    pub fn new(name: &str, config: PushConfig, clock: Arc<dyn Clock>) -> Result<Self, String> {
        config.verify()?;
        let client = Arc::new(Client::new(&config)?);
        Ok(Self { name: name.to_owned(), config, client, clock })
    }
}

impl Gateway for PushGateway {
    fn name(&self) -> &str {
        &self.name
    }

    fn kind(&self) -> &'static str {
        "webpush"
    }

    fn channel(&self) -> Channel {
        Channel::Push
    }

    fn capacity(&self) -> Capacity {
        Capacity { window: self.config.window, per_second: self.config.per_second }
    }

    fn start(self: Arc<Self>, sink: Arc<dyn InboundSink>, stop: CancellationToken) -> Running {
        let window = self.config.window;
        let (work, taken) = mpsc::channel(window);
        let (outcomes, heard) = mpsc::channel(window);
        // There is no log-in: each service is met with each message.
        let (up, health) = watch::channel(Health::Up);
        let sending = Sending::new(self, (sink, outcomes), stop);
        tokio::spawn(Arc::new(sending).run(taken, window, up));
        Running { work, outcomes: heard, health }
    }

    fn check(&self) -> BoxFuture<'_, Result<String, String>> {
        Box::pin(async move {
            let door = self.config.door()?;
            let key = door.public_key.get(..12).unwrap_or_default().to_owned();
            Ok(format!("the key {key}… signs; messages may go to {}", door.services.join(", ")))
        })
    }
}
