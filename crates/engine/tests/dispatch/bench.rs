//! A running engine on a fresh database, with a clock that the test moves.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use schoolbell_domain::channel::Channel;
use schoolbell_domain::clock::Clock;
use schoolbell_domain::consent::{ConsentEvent, ConsentEventKind, Program};
use schoolbell_domain::delivery::DeliveryState;
use schoolbell_domain::delivery::plan::Basis;
use schoolbell_domain::ids::{ConsentEventId, ContentId, DeliveryId, IdMaker, OriginId};
use schoolbell_domain::language::Language;
use schoolbell_domain::people::Address;
use schoolbell_engine::{Engine, Queue};
use schoolbell_gateways::Gateway;
use schoolbell_store::write::consent::NewConsentEvent;
use schoolbell_store::write::content::NewContent;
use schoolbell_store::write::deliveries::{NewDelivery, Opening, OriginKind};
use schoolbell_store::{Db, StoreError, StoreResult, read, write};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub struct FakeClock(Mutex<Timestamp>);

impl FakeClock {
    pub fn advance(&self, by: SignedDuration) {
        *self.0.lock().unwrap() += by;
    }
}

impl Clock for FakeClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

/// A database with an engine over it; `start` sets it running.
pub struct Bench {
    pub db: Db,
    pub engine: Engine,
    pub clock: Arc<FakeClock>,
    pub ids: IdMaker,
    pub origin: OriginId,
}

pub struct Started {
    pub stop: CancellationToken,
    pub ended: JoinHandle<StoreResult<()>>,
}

impl Started {
    pub async fn end(self) {
        self.stop.cancel();
        self.ended.await.unwrap().unwrap();
    }
}

impl Bench {
    pub fn new(db: Db) -> Self {
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let clock = Arc::new(FakeClock(Mutex::new(now)));
        let ids = IdMaker::new(9);
        let origin = OriginId::from_raw(ids.next(now));
        Self { engine: Engine::new(db.clone(), clock.clone(), 1), db, clock, ids, origin }
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub fn id(&self) -> i64 {
        self.ids.next(self.now())
    }

    pub fn start(&self, gateway: Arc<dyn Gateway>) -> Started {
        self.start_all(vec![gateway])
    }

    pub fn start_all(&self, gateways: Vec<Arc<dyn Gateway>>) -> Started {
        let stop = CancellationToken::new();
        let ended = tokio::spawn(schoolbell_engine::run(self.engine.clone(), gateways, stop.clone()));
        Started { stop, ended }
    }

    /// Waits for so many gateways: a preview reckons with those that are up.
    pub async fn until_up(&self, gateways: usize) {
        let up = async || {
            let all = read::gateways::all(&mut self.db.read().await.unwrap()).await.unwrap();
            all.iter().filter(|gateway| gateway.state == "up").count()
        };
        while up().await < gateways {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }

    /// `n` queued deliveries of General on the channel, to numbers or mailboxes of their own.
    pub async fn queue(&self, channel: Channel, n: usize, change: impl Fn(&mut NewDelivery)) -> Vec<NewDelivery> {
        let text = NewContent {
            id: ContentId::from_raw(self.id()),
            channel,
            language: Language::of("en"),
            subject: "Schools close early".to_owned(),
            body: "Schools close at noon.".to_owned(),
            html: None,
            segments: 1,
        };
        let mut tx = self.db.begin().await.unwrap();
        let content = write::content::intern(&mut tx, self.origin, &[text]).await.unwrap();
        let mut rows: Vec<_> = (0..n).map(|n| self.row(channel, n, content[0])).collect();
        rows.iter_mut().for_each(change);
        write::deliveries::insert(&mut tx, &rows).await.unwrap();
        tx.commit().await.unwrap();
        self.engine.wake.now(Queue::Deliveries);
        rows
    }

    fn row(&self, channel: Channel, n: usize, content: ContentId) -> NewDelivery {
        let address = match channel {
            Channel::Email => format!("family{n}@example.org"),
            Channel::Voice | Channel::Sms | Channel::Push => format!("+1370{n:07}"),
        };
        NewDelivery {
            id: DeliveryId::from_raw(self.id()),
            origin: self.origin,
            origin_kind: OriginKind::Broadcast,
            channel,
            person: None,
            contact_point: None,
            school: None,
            address: Address::from_stored(&address),
            merge_group: 0,
            children: vec![],
            content: Some(content),
            basis: Some(Basis::Provided),
            opening: Opening::Queued { not_before: self.now() },
            priority: 50,
            urgent: false,
            expires_at: self.now() + SignedDuration::from_hours(72),
            created_at: self.now(),
        }
    }

    /// An entry of the ledger.
    pub async fn consent(&self, number: &str, program: Program, kind: ConsentEventKind) {
        let event = NewConsentEvent {
            number: number.to_owned(),
            program,
            event: ConsentEvent {
                id: ConsentEventId::from_raw(self.id()),
                kind,
                at: self.now(),
                actor: "test".to_owned(),
                evidence: "{}".to_owned(),
            },
        };
        let recorded = self.db.write("consent", async |tx| write::consent::record(tx, &[event]).await).await;
        recorded.map_err(|error: StoreError| error).unwrap();
    }

    pub async fn state(&self, id: DeliveryId) -> DeliveryState {
        let mut tx = self.db.begin().await.unwrap();
        write::queue::lock(&mut tx, &[id]).await.unwrap()[0].state
    }

    pub async fn counts(&self) -> read::tallies::OpenCounts {
        read::tallies::open_counts(&mut self.db.read().await.unwrap(), self.origin).await.unwrap()
    }

    /// The counters against a count of the rows: they must never part.
    pub async fn counters_agree(&self) {
        let mut reads = self.db.read().await.unwrap();
        let counted = read::tallies::counts(&mut reads, self.origin).await.unwrap();
        let total: i64 = counted.iter().map(|count| count.count).sum();
        let ids = self.all().await;
        assert_eq!(total, i64::try_from(ids.len()).unwrap());
        for count in &counted {
            let rows = ids.iter().filter(|(_, state)| *state == count.state).count();
            let tallied: i64 = counted.iter().filter(|other| other.state == count.state).map(|one| one.count).sum();
            assert_eq!(i64::try_from(rows).unwrap(), tallied, "{count:?}");
        }
    }

    /// Every delivery of the origin with its state.
    pub async fn all(&self) -> Vec<(DeliveryId, DeliveryState)> {
        let mut reads = self.db.read().await.unwrap();
        let rows = read::checks::states_of(&mut reads, self.origin).await.unwrap();
        rows.into_iter().collect()
    }

    /// Waits until nothing is due, in flight, waiting to be handled or to be run.
    pub async fn run_until_idle(&self) {
        let deadline = std::time::Instant::now() + Duration::from_secs(90);
        let mut quiet = 0;
        while quiet < 3 {
            quiet = if self.is_idle().await { quiet + 1 } else { 0 };
            assert!(std::time::Instant::now() < deadline, "not idle after 90 s: {:?}", self.counts().await);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    async fn is_idle(&self) -> bool {
        let mut reads = self.db.read().await.unwrap();
        let priorities = [5, 10, 20, 30, 50, 60, 70];
        for channel in Channel::ALL {
            if read::queue::is_due(&mut reads, channel, &priorities, self.now()).await.unwrap() {
                return false;
            }
        }
        read::queue::in_flight(&mut reads).await.unwrap() == 0
            && !read::inbound::is_waiting(&mut reads).await.unwrap()
            && read::jobs::due(&mut reads, self.now()).await.unwrap() == 0
    }
}
