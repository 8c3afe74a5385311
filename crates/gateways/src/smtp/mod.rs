//! E-mail to a relay: a client of our own that keeps connections open and pipelines, DKIM, and an outcome for every
//! mail.
//!
//! While the relay is away no work is taken, so rows stay queued in the database and not in our memory. An accepted mail
//! stays `Accepted`, with its Message-ID as reference, until a bounce says otherwise or the delivery expires: SMTP knows
//! no word for "delivered".

mod capabilities;
pub mod config;
mod connection;
mod dkim;
mod fleet;
mod message;
mod router;
mod session;
mod tls;
mod transaction;
mod trouble;
mod wire;

use std::sync::Arc;

pub use config::{BouncesConfig, DkimConfig, SmtpConfig, Tls};
pub use dkim::DnsRecord;
use futures::future::BoxFuture;
use schoolbell_domain::channel::Channel;
use schoolbell_domain::clock::Clock;
use schoolbell_domain::delivery::reason::FailReason;
use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;

use self::connection::Connection;
use self::dkim::Signers;
use self::fleet::Fleet;
use self::message::{Prepared, Writer};
use self::router::Router;
use self::session::{Opener, Session};
use self::tls::TlsClient;
use self::trouble::Trouble;
use crate::{Capacity, Gateway, InboundSink, Outgoing, Running};

/// One relay.
pub struct SmtpGateway {
    relay: Arc<Relay>,
}

/// What all connections to the relay share.
struct Relay {
    name: String,
    config: SmtpConfig,
    tls: Option<TlsClient>,
    hello: String,
    writer: Writer,
    signers: Signers,
    clock: Arc<dyn Clock>,
}

impl SmtpGateway {
    /// The error is that of [`SmtpConfig::verify`].
    pub fn new(name: impl Into<String>, config: SmtpConfig, clock: Arc<dyn Clock>) -> Result<Self, String> {
        config.verify()?;
        let writer = Writer::new(&config)?;
        let hello = config.hello.clone().unwrap_or_else(|| writer.own_domain().to_owned());
        let (tls, signers) = (tls::client(&config)?, Signers::new(&config)?);
        Ok(Self { relay: Arc::new(Relay { name: name.into(), config, tls, hello, writer, signers, clock }) })
    }

    /// What must stand in the DNS for our signatures to count, for `doctor` and the operator.
    pub fn dns_records(&self) -> Vec<DnsRecord> {
        self.relay.signers.records()
    }
}

impl Relay {
    async fn open(&self) -> Result<Session, Trouble> {
        Opener { config: &self.config, tls: self.tls.as_ref(), hello: &self.hello }.open().await
    }

    /// The signed mail of a delivery. Signing is work for a core, so it runs beside the async threads.
    async fn prepare(self: &Arc<Self>, outgoing: &Outgoing) -> Result<Prepared, (FailReason, String)> {
        if self.signers.is_empty() {
            return self.write(outgoing);
        }
        let (relay, outgoing) = (self.clone(), outgoing.clone());
        let signed = tokio::task::spawn_blocking(move || {
            let mut mail = relay.write(&outgoing)?;
            mail.bytes = relay
                .signers
                .sign(mail.bytes)
                .map_err(|why| (FailReason::GatewayFault, format!("the mail could not be signed: {why}")))?;
            Ok(mail)
        });
        signed.await.unwrap_or_else(|error| Err((FailReason::GatewayFault, format!("signing broke off: {error}"))))
    }

    fn write(&self, outgoing: &Outgoing) -> Result<Prepared, (FailReason, String)> {
        self.writer.write(outgoing, self.clock.now()).map_err(|unwritable| (unwritable.reason, unwritable.why))
    }
}

impl Gateway for SmtpGateway {
    fn name(&self) -> &str {
        &self.relay.name
    }

    fn kind(&self) -> &'static str {
        "smtp"
    }

    fn channel(&self) -> Channel {
        Channel::Email
    }

    fn capacity(&self) -> Capacity {
        // A second mail for each connection stands ready when the first is done.
        Capacity { window: 2 * self.relay.config.connections, per_second: self.relay.config.per_second }
    }

    fn start(self: Arc<Self>, _sink: Arc<dyn InboundSink>, stop: CancellationToken) -> Running {
        let connections = self.relay.config.connections.max(1);
        // No room beside the mail at work: what nobody can send yet stays queued.
        let (work, taken) = mpsc::channel(connections);
        let (outcomes, heard) = mpsc::channel(2 * connections);
        let (ready, waiting) = mpsc::channel(connections);
        let (fleet, health) = Fleet::new(connections);
        let (fleet, open) = (Arc::new(fleet), Arc::new(Semaphore::new(0)));
        for _ in 0..connections {
            let connection = Connection {
                relay: self.relay.clone(),
                fleet: fleet.clone(),
                ready: ready.clone(),
                open: open.clone(),
                outcomes: outcomes.clone(),
                stop: stop.clone(),
            };
            tokio::spawn(connection.run());
        }
        tokio::spawn(Router { work: taken, ready: waiting, outcomes, fleet, open, stop }.run());
        Running { work, outcomes: heard, health }
    }

    fn check(&self) -> BoxFuture<'_, Result<String, String>> {
        Box::pin(async move {
            let session = self.relay.open().await.map_err(|trouble| trouble.to_string())?;
            let config = &self.relay.config;
            let mut said = vec![format!("{}:{} answers", config.host, config.port())];
            said.push(session.wire.tls.clone().unwrap_or_else(|| "without TLS".to_owned()));
            if let Some(user) = &config.username {
                said.push(format!("logged in as {user}"));
            }
            if let Some(bytes) = session.can.max_size {
                said.push(format!("takes mails up to {} MB", bytes / 1_000_000));
            }
            if !session.can.pipelining {
                said.push("no PIPELINING, so it will be slow".to_owned());
            }
            session.quit().await;
            for record in self.dns_records() {
                said.push(format!("signs with {}", record.name));
            }
            Ok(said.join(", "))
        })
    }
}
