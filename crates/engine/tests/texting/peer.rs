//! The independent message centre of `tests/peers/smsc.mjs`.

use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use schoolbell_gateways::Gateway;
use schoolbell_gateways::smpp::{SmppConfig, SmppGateway};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

const PATIENCE: Duration = Duration::from_mins(1);

/// The peer. Ends with its handle.
pub struct Smsc {
    _child: Child,
    orders: ChildStdin,
    events: Lines<BufReader<ChildStdout>>,
    seen: Vec<Value>,
    port: u16,
}

impl Smsc {
    pub async fn start(settings: Value) -> Self {
        let peers = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/peers");
        assert!(
            peers.join("node_modules/smpp/package.json").exists(),
            "the message centre is not installed; run `npm ci` in tests/peers (scripts/test does)"
        );
        let mut child = Command::new("node")
            .arg(peers.join("smsc.mjs"))
            .arg(settings.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("`node` was not found on PATH; install Node 18 or newer");
        let orders = child.stdin.take().unwrap();
        let events = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut smsc = Self { _child: child, orders, events, seen: Vec::new(), port: 0 };
        let port = smsc.event("listening").await["port"].as_u64().unwrap();
        smsc.port = u16::try_from(port).unwrap();
        smsc
    }

    pub fn gateway(&self) -> Arc<dyn Gateway> {
        let config = SmppConfig {
            per_second: 1_000.0,
            reconnect_s: 0.05,
            retry_login_s: 0.05,
            join_wait_s: 20.0,
            ..SmppConfig::of("127.0.0.1", self.port, ("school", "secret"), "68453")
        };
        Arc::new(SmppGateway::new("texts", config).unwrap())
    }

    pub async fn tell(&mut self, order: Value) {
        self.orders.write_all(format!("{order}\n").as_bytes()).await.unwrap();
    }

    /// The next event of this name that nobody has asked for yet.
    pub async fn event(&mut self, name: &str) -> Value {
        if let Some(at) = self.seen.iter().position(|event| event["event"] == name) {
            return self.seen.remove(at);
        }
        let next = async {
            loop {
                let line = self.events.next_line().await.unwrap().expect("the message centre lives");
                let event: Value = serde_json::from_str(&line).unwrap();
                if event["event"] == name {
                    return event;
                }
                self.seen.push(event);
            }
        };
        tokio::time::timeout(PATIENCE, next).await.unwrap_or_else(|_| unreachable!("waited too long for {name}"))
    }

    /// A phone texts one of our numbers; returns once it is acknowledged.
    pub async fn phone_says(&mut self, from: &str, to: &str, text: &str) {
        let pdu = from_phone(from, to, &json!({ "message": text }));
        self.deliver(pdu).await;
    }

    pub async fn deliver(&mut self, pdu: Value) {
        self.tell(json!({ "do": "deliver", "tag": "phone", "pdu": pdu })).await;
        loop {
            let answer = self.event("deliver_resp").await;
            if answer["tag"] == "phone" {
                assert_eq!(answer["status"], 0);
                return;
            }
        }
    }
}

/// A `deliver_sm` as a carrier makes one: digits without the plus.
pub fn from_phone(from: &str, to: &str, short_message: &Value) -> Value {
    json!({
        "source_addr": from.trim_start_matches('+'), "source_addr_ton": 1, "source_addr_npi": 1,
        "destination_addr": to.trim_start_matches('+'), "short_message": short_message,
    })
}
