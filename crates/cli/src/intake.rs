//! Mail that comes back: opens the door of the config and gives what comes to the engine.

use std::sync::Arc;

use anyhow::Context;
use futures::future::BoxFuture;
use schoolbell_engine::Engine;
use schoolbell_engine::returned::{self, BounceDoor};
use schoolbell_gateways::NotKept;
use schoolbell_gateways::intake::{self, MailSink};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::config::Config;

/// The door, open and not yet answering.
pub struct Intake {
    listener: Option<TcpListener>,
    maildir: Option<std::path::PathBuf>,
    hello: String,
    doors: Vec<BounceDoor>,
}

/// Opens what the config names; nothing if no gateway has a bounce address.
pub async fn open(config: &Config) -> anyhow::Result<Intake> {
    let section = &config.mail.intake;
    let listener = match section.listen {
        None => None,
        Some(address) => Some(
            TcpListener::bind(address.0)
                .await
                .with_context(|| format!("{} cannot be listened on, as `listen` in [mail.intake]", address.0))?,
        ),
    };
    let doors: Vec<_> = config.gateways.iter().filter_map(|(name, gateway)| gateway.bounce_door(name)).collect();
    if doors.is_empty() && (listener.is_some() || section.maildir.is_some()) {
        tracing::warn!("[mail.intake] takes nothing: no gateway has [gateways.NAME.bounces]");
    }
    let hello = config.web.public_url.0.split("://").nth(1).unwrap_or("localhost").to_owned();
    Ok(Intake { listener, maildir: section.maildir.as_ref().map(|folder| config.path(folder)), hello, doors })
}

impl Intake {
    /// Takes mail until `stop`.
    pub fn start(self, engine: Engine, stop: &CancellationToken) {
        let sink: Arc<dyn MailSink> = Arc::new(Reader { engine, doors: self.doors });
        if let Some(listener) = self.listener {
            tokio::spawn(intake::listen(listener, self.hello, sink.clone(), stop.clone()));
        }
        if let Some(folder) = self.maildir {
            tokio::spawn(intake::watch(folder, sink, stop.clone()));
        }
    }
}

struct Reader {
    engine: Engine,
    doors: Vec<BounceDoor>,
}

impl MailSink for Reader {
    fn takes(&self, recipient: &str) -> bool {
        returned::takes(&self.doors, recipient)
    }

    fn mail<'a>(&'a self, recipients: &'a [String], mail: &'a [u8]) -> BoxFuture<'a, Result<(), NotKept>> {
        Box::pin(async move {
            let kept = returned::receive(&self.engine, &self.doors, recipients, mail).await;
            kept.map(drop).map_err(|error| NotKept(error.to_string()))
        })
    }
}
