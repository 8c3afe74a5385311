//! The way of a delivery from its row to the carrier and back.
//!
//! One `lane` per gateway: claim → **commit** → hand over → what the carrier says → settle → **commit**. A turn of the
//! lane settles and claims in one transaction, while the gateway works on what it has. `sweep` sees to what no
//! answer settles: lost leases, expiry, receipts that overtook.

mod claim;
mod feed;
mod hold;
mod hours;
mod lane;
mod rate;
pub(crate) mod settle;
pub(crate) mod sweep;

use std::sync::Arc;

use schoolbell_domain::category::RULES;
use schoolbell_gateways::{Gateway, InboundSink};
use schoolbell_store::StoreResult;
use schoolbell_store::write::deliveries::{PRIORITY_INVITATION, PRIORITY_REPLY, PRIORITY_TEXT};
use schoolbell_store::write::gateways::{self, GatewayEntry};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::Engine;
use crate::roles::{Role, Roles};

/// Feeds gateways from the rows and settles what they say.
pub struct Dispatcher {
    engine: Engine,
    gateways: Vec<Arc<dyn Gateway>>,
}

impl Dispatcher {
    pub fn new(engine: Engine, gateways: Vec<Arc<dyn Gateway>>) -> Self {
        Self { engine, gateways }
    }

    /// Enters the gateways of the configuration, so that pages and plans know them.
    pub async fn register(&self) -> StoreResult<()> {
        let now = self.engine.now();
        let names: Vec<&str> = self.gateways.iter().map(|gateway| gateway.name()).collect();
        self.engine
            .db
            .write("register gateways", async |tx| {
                for gateway in &self.gateways {
                    let entry = GatewayEntry {
                        name: gateway.name(),
                        channel: gateway.channel(),
                        kind: gateway.kind(),
                        per_second: gateway.capacity().per_second,
                        lines: gateway.lines().and_then(|lines| i64::try_from(lines).ok()),
                    };
                    gateways::register(tx, &entry, now).await?;
                }
                gateways::retire_others(tx, &names, now).await
            })
            .await
    }

    /// Runs the lane of every gateway that these roles may and this node does hold, until `stop`; then nothing new is
    /// claimed, and what is at work is settled before it returns.
    pub async fn run(self, roles: &Roles, sink: Arc<dyn InboundSink>, stop: CancellationToken) {
        let mut lanes = JoinSet::new();
        for gateway in self.gateways.into_iter().filter(|gateway| roles.has(Role::of(gateway.channel()))) {
            lanes.spawn(hold::run(self.engine.clone(), gateway, sink.clone(), stop.clone()));
        }
        while let Some(ended) = lanes.join_next().await {
            if let Err(error) = ended {
                tracing::error!(%error, "a lane broke off; its deliveries wait for their leases");
            }
        }
    }
}

/// Every priority a delivery can have, the first to leave first. A closed list, so that a claim can ask for one after
/// the other and held rows of one never hide due rows of another.
pub(crate) fn priorities() -> Vec<i64> {
    let mut priorities: Vec<i64> =
        RULES.iter().map(|rule| rule.priority).chain([PRIORITY_REPLY, PRIORITY_TEXT, PRIORITY_INVITATION]).collect();
    priorities.sort_unstable();
    priorities.dedup();
    priorities
}
