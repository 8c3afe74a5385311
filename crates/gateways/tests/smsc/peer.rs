//! The independent message centre of `tests/peers/smsc.mjs`, started as a process.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use schoolbell_gateways::smpp::SmppConfig;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// Everything here happens within milliseconds; this is for a machine that is busy.
const PATIENCE: Duration = Duration::from_mins(1);

pub async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.unwrap_or_else(|_| unreachable!("waited too long for {what}"))
}

/// The peer. Ends with its handle.
pub struct Smsc {
    _child: Child,
    orders: ChildStdin,
    events: Lines<BufReader<ChildStdout>>,
    /// What it said that nobody has asked for yet.
    pub seen: Vec<Value>,
    pub port: u16,
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
        let orders = child.stdin.take().expect("stdin is piped");
        let events = BufReader::new(child.stdout.take().expect("stdout is piped")).lines();
        let mut smsc = Self { _child: child, orders, events, seen: Vec::new(), port: 0 };
        let port = smsc.event("listening").await["port"].as_u64().and_then(|port| u16::try_from(port).ok());
        smsc.port = port.expect("a port");
        smsc
    }

    pub async fn tell(&mut self, order: Value) {
        self.orders.write_all(format!("{order}\n").as_bytes()).await.expect("the message centre lives");
    }

    /// The next event of this name that nobody has asked for yet.
    pub async fn event(&mut self, name: &str) -> Value {
        if let Some(at) = self.seen.iter().position(|event| event["event"] == name) {
            return self.seen.remove(at);
        }
        soon(name, async {
            loop {
                let line = self.events.next_line().await.expect("readable").expect("the message centre lives");
                let event: Value = serde_json::from_str(&line).expect("it writes JSON");
                if event["event"] == name {
                    return event;
                }
                self.seen.push(event);
            }
        })
        .await
    }

    pub fn config(&self) -> SmppConfig {
        SmppConfig {
            per_second: 1_000.0,
            reconnect_s: 0.05,
            retry_login_s: 0.05,
            join_wait_s: 20.0,
            ..SmppConfig::of("127.0.0.1", self.port, ("school", "secret"), "68453")
        }
    }
}
