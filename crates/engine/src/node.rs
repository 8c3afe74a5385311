//! This program among those on one database: its number, by which ids stay apart, and its name, under which it holds
//! gateways.

use std::time::Duration;

use jiff::SignedDuration;
use schoolbell_store::write::nodes::{self, NodeEntry};
use schoolbell_store::{Lease, StoreResult};
use tokio_util::sync::CancellationToken;

use crate::{Engine, dice};

/// A program that was not heard of for so long counts as gone.
const ALIVE: SignedDuration = SignedDuration::from_secs(60);
const TELL_EVERY: Duration = Duration::from_secs(10);

/// One start of a program.
#[derive(Debug, Clone)]
pub struct Node {
    number: u8,
    name: String,
    /// It stands in the table, and has to tell that it is alive.
    is_listed: bool,
}

impl Node {
    /// A program that is alone on its database, or has its number from elsewhere.
    pub(crate) fn unlisted(number: u8) -> Self {
        Self { number, name: name("unlisted"), is_listed: false }
    }

    pub const fn number(&self) -> u8 {
        self.number
    }

    /// Of this start alone: the machine, the process and four random bytes.
    pub fn name(&self) -> &str {
        &self.name
    }
}

fn name(of: &str) -> String {
    let token = dice::token();
    format!("{of} {} {}", std::process::id(), token.get(..8).unwrap_or_default())
}

/// Lists the program under a number that nobody has.
pub(crate) async fn join(engine: &Engine, machine: &str, roles: &str) -> StoreResult<Node> {
    let (name, now) = (name(machine), engine.now());
    let entry = NodeEntry { name: &name, roles, started_at: now };
    let number = engine
        .db
        .write("join", async |tx| {
            let lease = Lease::of(tx, now, ALIVE).await?;
            nodes::take(tx, &entry, lease).await
        })
        .await?;
    Ok(Node { number, name, is_listed: true })
}

/// Tells that this program is alive until `stop`, and at the end that it is gone.
pub(crate) async fn tell(engine: Engine, stop: CancellationToken) {
    if !engine.node.is_listed {
        return;
    }
    while stop.run_until_cancelled(tokio::time::sleep(TELL_EVERY)).await.is_some() {
        tell_once(&engine, ALIVE).await;
    }
    tell_once(&engine, SignedDuration::ZERO).await;
}

async fn tell_once(engine: &Engine, alive: SignedDuration) {
    let (now, node) = (engine.now(), &engine.node);
    let told = engine
        .db
        .write("tell that this node is alive", async |tx| {
            let lease = Lease::of(tx, now, alive).await?;
            nodes::keep(tx, (node.number, &node.name), lease.until).await
        })
        .await;
    match told {
        Ok(true) => {}
        Ok(false) => tracing::error!(node = node.name(), "another program has this one's number; start this one again"),
        Err(error) => tracing::warn!(%error, "it was not told that this node is alive"),
    }
}
