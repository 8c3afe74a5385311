//! The drill: a carrier of make-believe behind the same [`Gateway`] as the real ones, for `schoolbell demo`, for
//! exercises and for tests. It opens no socket; nothing leaves the machine.
//!
//! What happens to a call, text or mail is read off the address ([`fate`]), so that the same district gives the same
//! drill every time. `town` plays it out in time.

pub mod fate;
mod town;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::future::BoxFuture;
use schoolbell_domain::channel::Channel;
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use crate::{Capacity, Gateway, InboundSink, Running, Unfetched};

/// Where the picture stands that some phones send back, and its octets.
const PICTURE: &str = "drill:picture";
const PICTURE_OCTETS: &[u8] = include_bytes!("picture.png");

/// The settings of a drill gateway.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DrillConfig {
    /// The medium that it plays: `voice`, `sms`, `email` or `push`.
    pub channel: Channel,
    /// How many times faster than life: 1 rings as long as a phone does, 20 makes a minute pass in three seconds.
    pub speed: f64,
    /// Calls, texts or mails at work at once.
    pub window: usize,
    /// Deliveries a second that it takes.
    pub per_second: f64,
    /// Texts: the number that families see and answer to.
    pub number: String,
    /// E-mail: whether codes to sign in are told in the log, since no mailbox gets them. For the demo.
    pub show_codes: bool,
}

impl Default for DrillConfig {
    fn default() -> Self {
        Self {
            channel: Channel::Sms,
            speed: 1.0,
            window: 100,
            per_second: 100.0,
            number: "+15125550100".to_owned(),
            show_codes: false,
        }
    }
}

impl DrillConfig {
    /// The defaults of one channel: 24 lines for calls, 100 texts and 200 mails at once.
    pub fn of(channel: Channel) -> Self {
        let (window, per_second) = match channel {
            Channel::Voice => (24, 5.0),
            Channel::Sms => (100, 50.0),
            Channel::Email | Channel::Push => (200, 100.0),
        };
        Self { channel, window, per_second, ..Self::default() }
    }

    /// What is wrong with the settings, in the operator's words.
    pub fn verify(&self) -> Result<(), String> {
        if !(self.speed.is_finite() && (0.01..=100_000.0).contains(&self.speed)) {
            return Err(format!("speed = {}: write a number from 0.01 to 100000; 1 is as slow as life", self.speed));
        }
        if self.window == 0 {
            return Err("window = 0: write how many may be at work at once, for example 100".to_owned());
        }
        if !(self.per_second.is_finite() && self.per_second > 0.0) {
            return Err(format!("per_second = {}: write a number above 0", self.per_second));
        }
        Ok(())
    }

    /// `life` at this drill's speed.
    fn scaled(&self, life: Duration) -> Duration {
        // A speed that `verify` would refuse must not panic here.
        if self.speed.is_finite() && self.speed > 0.0 {
            Duration::try_from_secs_f64(life.as_secs_f64() / self.speed).unwrap_or(life)
        } else {
            life
        }
    }
}

/// A carrier of make-believe.
#[derive(Debug)]
pub struct DrillGateway {
    name: String,
    config: DrillConfig,
    /// Calls in which somebody talks now.
    talking: Arc<AtomicUsize>,
}

impl DrillGateway {
    pub fn new(name: impl Into<String>, config: DrillConfig) -> Self {
        Self { name: name.into(), config, talking: Arc::default() }
    }
}

impl Gateway for DrillGateway {
    fn name(&self) -> &str {
        &self.name
    }

    fn kind(&self) -> &'static str {
        "drill"
    }

    fn channel(&self) -> Channel {
        self.config.channel
    }

    fn capacity(&self) -> Capacity {
        let free = self.config.window.saturating_sub(self.talking.load(Ordering::Relaxed));
        Capacity { window: free, per_second: self.config.per_second }
    }

    fn lines(&self) -> Option<usize> {
        (self.config.channel == Channel::Voice).then_some(self.config.window)
    }

    fn start(self: Arc<Self>, sink: Arc<dyn InboundSink>, stop: CancellationToken) -> Running {
        town::start(self, sink, stop)
    }

    fn fetch<'a>(&'a self, address: &'a str, most: usize) -> BoxFuture<'a, Result<Vec<u8>, Unfetched>> {
        let there = address == PICTURE && PICTURE_OCTETS.len() <= most;
        let answer = if there {
            Ok(PICTURE_OCTETS.to_vec())
        } else {
            Err(Unfetched::Never("the drill has no such picture".to_owned()))
        };
        Box::pin(async move { answer })
    }

    fn check(&self) -> BoxFuture<'_, Result<String, String>> {
        Box::pin(async move {
            self.config.verify()?;
            Ok(format!("a drill for {}: nothing leaves this machine", self.config.channel.plain()))
        })
    }
}
