//! The district of the tests on PostgreSQL: a server, a carrier, two nodes, and a program with the pages alone.

use std::sync::Arc;
use std::time::Duration;

use schoolbell_domain::category::Category;
use schoolbell_domain::delivery::DeliveryState;
use schoolbell_domain::ids::{BroadcastId, OriginId};
use schoolbell_engine::clock::SystemClock;
use schoolbell_engine::{Engine, Roles};
use schoolbell_store::{Db, StoreResult, Synchronous, read};
use tokio_util::sync::CancellationToken;

use crate::child::{Node, PER_SECOND};
use crate::smsc::Smsc;
use crate::world;

/// One broadcast, and the number in its text.
pub struct Sent {
    pub id: BroadcastId,
    pub notice: u32,
    pub category: Category,
}

pub struct District {
    pub url: String,
    pub smsc: Smsc,
    pub nodes: Vec<Node>,
    pub db: Db,
    /// It serves pages only: what it sends, the nodes send.
    pub pages: Engine,
    pub sent: Vec<Sent>,
    stop: CancellationToken,
}

impl District {
    /// `hinted` is the program with the pages as it is, or by polling alone.
    pub async fn open(url: &str, families: i64, nodes: usize, hinted: fn(Engine) -> Engine) -> Self {
        let smsc = Smsc::open().await;
        let db = Db::open(url, Synchronous::Full).await.unwrap();
        let setting_up = Engine::new(db.clone(), Arc::new(SystemClock), 250);
        world::build(&setting_up, &db, world::gateway(smsc.port, PER_SECOND), families).await;
        let pages = hinted(Engine::join(db.clone(), Arc::new(SystemClock), "chaos", "web").await.unwrap());
        let stop = CancellationToken::new();
        let web: Roles = "web".parse().unwrap();
        let gateways = vec![world::gateway(smsc.port, PER_SECOND)];
        tokio::spawn(schoolbell_engine::run_as(pages.clone(), gateways, web, stop.clone()));
        let nodes = (0..nodes).map(|_| Node::start(url, smsc.port)).collect();
        let district = Self { url: url.to_owned(), smsc, nodes, db, pages, sent: Vec::new(), stop };
        if !district.nodes.is_empty() {
            district.until_held().await;
        }
        district
    }

    /// Presses Send for every family.
    pub async fn send(&mut self, category: Category) {
        let notice = u32::try_from(self.sent.len()).unwrap() + 1;
        let body = format!("Notice {notice} of the school.");
        let id = world::send(&self.pages, category, &body).await;
        self.sent.push(Sent { id, notice, category });
    }

    /// The node that has the gateway; `None` while nobody has, or nobody can say.
    pub async fn holder(&self) -> Option<usize> {
        let name = self.held_by().await.ok()??;
        self.nodes.iter().position(|node| name.split(' ').any(|word| word == node.id().to_string()))
    }

    async fn held_by(&self) -> StoreResult<Option<String>> {
        let mut reads = self.db.read().await?;
        let gateway = read::gateways::all(&mut reads).await?.into_iter().find(|gateway| gateway.state == "up");
        Ok(gateway.and_then(|gateway| gateway.held_by))
    }

    pub async fn until_held(&self) {
        while self.holder().await.is_none() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// How many deliveries are being sent, by the rows.
    pub async fn in_flight(&self) -> StoreResult<i64> {
        read::queue::in_flight(&mut self.db.read().await?).await
    }

    /// How many deliveries of all broadcasts still wait or are being sent; `None` while one is being planned.
    pub async fn to_send(&self) -> StoreResult<Option<i64>> {
        let mut reads = self.db.read().await?;
        let mut open = 0;
        for sent in &self.sent {
            let standing = read::broadcasts::lookup_broadcast(&mut reads, sent.id).await?;
            if standing.is_some_and(|standing| standing.state.word() == "expanding") {
                return Ok(None);
            }
            open += read::tallies::open_counts(&mut reads, OriginId::from(sent.id)).await?.to_send;
        }
        Ok(Some(open))
    }

    /// Whether every receipt has reached its row: what the carrier took is delivered, or nobody knew its reference.
    pub async fn is_told(&self) -> bool {
        let mut reads = self.db.read().await.unwrap();
        for sent in &self.sent {
            let counts = read::tallies::counts(&mut reads, OriginId::from(sent.id)).await.unwrap();
            if counts.iter().any(|count| count.state == DeliveryState::Accepted && count.count > 0) {
                return false;
            }
        }
        true
    }

    pub async fn end(mut self) {
        self.nodes.iter_mut().for_each(Node::kill);
        self.stop.cancel();
        self.db.close().await;
    }
}
