//! Texts over Twilio's HTTP API, or that of a carrier that speaks the same.
//!
//! A message is one post; its later words come to the web hooks, not here. What the carrier took stays `Accepted`, with
//! its SID as reference, until a hook says more.

mod client;
pub mod config;
mod run;

use std::sync::Arc;

pub use config::TwilioConfig;
use futures::future::BoxFuture;
use schoolbell_domain::channel::Channel;
use schoolbell_domain::clock::Clock;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use self::client::{Client, Reach};
use self::run::Sending;
use crate::{Capacity, Gateway, Health, InboundSink, Running, Unfetched};

/// One account.
pub struct TwilioGateway {
    name: String,
    config: TwilioConfig,
    client: Arc<Client>,
    clock: Arc<dyn Clock>,
}

impl TwilioGateway {
    /// `hooks`: where the carrier reaches our pages, without a slash at the end: `https://bell.example.org`.
    ///
    /// The error is that of [`TwilioConfig::verify`].
    pub fn new(name: &str, config: TwilioConfig, hooks: &str, clock: Arc<dyn Clock>) -> Result<Self, String> {
        config.verify()?;
        let client = Arc::new(Client::new(&config, format!("{hooks}/hooks/twilio/{name}/status"))?);
        Ok(Self { name: name.to_owned(), config, client, clock })
    }
}

impl Gateway for TwilioGateway {
    fn name(&self) -> &str {
        &self.name
    }

    fn kind(&self) -> &'static str {
        "twilio"
    }

    fn channel(&self) -> Channel {
        Channel::Sms
    }

    fn capacity(&self) -> Capacity {
        Capacity { window: self.config.window, per_second: self.config.per_second }
    }

    fn start(self: Arc<Self>, _sink: Arc<dyn InboundSink>, stop: CancellationToken) -> Running {
        let window = self.config.window;
        let (work, taken) = mpsc::channel(window);
        let (outcomes, heard) = mpsc::channel(window);
        let (up, health) = watch::channel(Health::Starting);
        let sending = Sending::new(self.client.clone(), self.clock.clone(), outcomes, stop);
        tokio::spawn(Arc::new(sending).run(taken, window, up));
        Running { work, outcomes: heard, health }
    }

    fn fetch<'a>(&'a self, address: &'a str, most: usize) -> BoxFuture<'a, Result<Vec<u8>, Unfetched>> {
        Box::pin(self.client.fetch(address, most))
    }

    fn check(&self) -> BoxFuture<'_, Result<String, String>> {
        Box::pin(async move {
            match self.client.probe().await {
                Reach::Open => Ok(format!("{} answers, the log-in holds", self.config.base_url)),
                Reach::Closed(why) => Err(why),
            }
        })
    }
}
