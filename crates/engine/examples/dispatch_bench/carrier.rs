//! Who takes the deliveries: a carrier that is always there and answers at once, or a real one on loopback.

use std::sync::Arc;

use futures::future::BoxFuture;
use schoolbell_domain::channel::Channel;
use schoolbell_domain::delivery::receipt::ReceiptStatus;
use schoolbell_domain::delivery::settle::AttemptOutcome;
use schoolbell_engine::clock::SystemClock;
use schoolbell_gateways::smpp::{SmppConfig, SmppGateway};
use schoolbell_gateways::smtp::{SmtpConfig, SmtpGateway};
use schoolbell_gateways::{Capacity, Gateway, Health, HeardReceipt, InboundSink, Outcome, Outgoing, Running};
use serde_json::json;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

/// `instantly`, `smpp:PORT`, `smtp:PORT` or `smtp:PORT:KEY.pem`.
pub fn named(name: &str) -> Result<Arc<dyn Gateway>, Box<dyn std::error::Error>> {
    let mut parts = name.split(':');
    let (kind, port, key) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
    let port: u16 = port.map_or(Ok(0), str::parse)?;
    match kind {
        "instantly" => Ok(Arc::new(Instantly { window: 500 })),
        "smpp" => {
            let config: SmppConfig = serde_json::from_value(json!({
                "host": "127.0.0.1", "port": port, "system_id": "rig", "password": "rig", "source": "68453",
                "window": 500, "per_second": 1_000_000.0,
            }))?;
            Ok(Arc::new(SmppGateway::new("bench", config)?))
        }
        "smtp" => {
            let key = key.map(std::fs::read_to_string).transpose()?;
            let dkim = key.map(|key| json!({ "domain": "example.org", "selector": "bench", "private_key": key }));
            let config: SmtpConfig = serde_json::from_value(json!({
                "host": "127.0.0.1", "port": port, "tls": "off", "from": "Springfield Schools <alerts@example.org>",
                "connections": 10, "per_second": 1_000_000.0, "dkim": dkim,
            }))?;
            Ok(Arc::new(SmtpGateway::new("bench", config, Arc::new(SystemClock))?))
        }
        other => {
            Err(format!("no carrier `{other}`; write instantly, smpp:PORT, smtp:PORT or smtp:PORT:KEY.pem").into())
        }
    }
}

/// Takes everything at once and says "delivered" of it.
struct Instantly {
    window: usize,
}

impl Gateway for Instantly {
    fn name(&self) -> &'static str {
        "instantly"
    }

    fn kind(&self) -> &'static str {
        "bench"
    }

    fn channel(&self) -> Channel {
        Channel::Email
    }

    fn capacity(&self) -> Capacity {
        Capacity { window: self.window, per_second: f64::INFINITY }
    }

    fn start(self: Arc<Self>, sink: Arc<dyn InboundSink>, stop: CancellationToken) -> Running {
        let (work, mut taken) = mpsc::channel::<Outgoing>(self.window);
        let (outcomes_tx, outcomes) = mpsc::channel(self.window);
        let (up, health) = watch::channel(Health::Up);
        let (receipts_tx, mut receipts) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            let mut batch = Vec::new();
            while receipts.recv_many(&mut batch, 1_000).await > 0 {
                if sink.receipts("instantly", std::mem::take(&mut batch)).await.is_err() {
                    return;
                }
            }
        });
        tokio::spawn(async move {
            while let Some(Some(outgoing)) = stop.run_until_cancelled(taken.recv()).await {
                let reference = outgoing.delivery.to_string();
                let outcome = AttemptOutcome::Accepted { references: vec![reference.clone()] };
                let outcome = Outcome { delivery: outgoing.delivery, attempt: outgoing.attempt, outcome };
                let receipt =
                    HeardReceipt { reference, status: ReceiptStatus::Delivered, raw: "stat:DELIVRD".to_owned() };
                if outcomes_tx.send(outcome).await.is_err() || receipts_tx.send(receipt).is_err() {
                    return;
                }
            }
            drop(up);
        });
        Running { work, outcomes, health }
    }

    fn check(&self) -> BoxFuture<'_, Result<String, String>> {
        Box::pin(async { Ok("a carrier that is always there".to_owned()) })
    }
}
