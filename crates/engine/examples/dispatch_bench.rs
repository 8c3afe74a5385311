//! How many deliveries a second go from their rows to a carrier and back: claimed, attempted, settled, receipted, each
//! committed. The carrier answers at once, so that the figure is ours alone.
//!
//! ```sh
//! cargo run --release -p schoolbell-engine --example dispatch_bench -- sqlite:/tmp/bench.db 100000
//! scripts/with-postgres sh -c 'target/release/examples/dispatch_bench "$SCHOOLBELL_TEST_POSTGRES" 100000'
//! ```

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use jiff::SignedDuration;
use schoolbell_domain::channel::Channel;
use schoolbell_domain::clock::Clock;
use schoolbell_domain::delivery::plan::Basis;
use schoolbell_domain::delivery::receipt::ReceiptStatus;
use schoolbell_domain::delivery::settle::AttemptOutcome;
use schoolbell_domain::ids::{ContentId, DeliveryId, IdMaker, OriginId, SchoolId};
use schoolbell_domain::language::Language;
use schoolbell_domain::people::Address;
use schoolbell_engine::Engine;
use schoolbell_engine::clock::SystemClock;
use schoolbell_gateways::{Capacity, Gateway, Health, HeardReceipt, InboundSink, Outcome, Outgoing, Running};
use schoolbell_store::write::content::NewContent;
use schoolbell_store::write::deliveries::{NewDelivery, Opening, OriginKind};
use schoolbell_store::{Db, StoreError, Synchronous, migrate, read, write};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

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

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let url = args.next().ok_or("name a database, for example sqlite:/tmp/bench.db")?;
    let count: usize = args.next().map_or(Ok(100_000), |count| count.parse())?;
    let window: usize = args.next().map_or(Ok(500), |window| window.parse())?;
    let synchronous = if args.next().as_deref() == Some("full") { Synchronous::Full } else { Synchronous::Normal };
    let db = Db::open(&url, synchronous).await?;
    migrate::migrate(&db).await?;
    let clock = SystemClock;
    let ids = IdMaker::new(3);
    let origin = OriginId::from_raw(ids.next(clock.now()));

    let began = Instant::now();
    fill(&db, &ids, origin, count).await?;
    println!("insert   {:>9.0} rows/s", per_second(count, began.elapsed()));

    let engine = Engine::new(db.clone(), Arc::new(clock), 1);
    let stop = CancellationToken::new();
    let began = Instant::now();
    let running = tokio::spawn(schoolbell_engine::run(engine, vec![Arc::new(Instantly { window })], stop.clone()));
    let mut sent_after = None;
    loop {
        tokio::time::sleep(Duration::from_millis(20)).await;
        let open = read::tallies::open_counts(&mut db.read().await?, origin).await?;
        if open.to_send == 0 && sent_after.is_none() {
            sent_after = Some(began.elapsed());
        }
        if open.to_send == 0 && open.awaiting_receipt == 0 {
            break;
        }
    }
    let all = began.elapsed();
    println!("settled  {:>9.0} deliveries/s", per_second(count, sent_after.unwrap_or(all)));
    println!("receipts {:>9.0} deliveries/s, each with its receipt matched", per_second(count, all));
    println!(
        "{}",
        std::fs::read_to_string("/proc/self/status")?
            .lines()
            .filter(|line| line.starts_with("VmHWM"))
            .collect::<String>()
    );
    stop.cancel();
    running.await??;
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
fn per_second(count: usize, time: Duration) -> f64 {
    count as f64 / time.as_secs_f64()
}

async fn fill(db: &Db, ids: &IdMaker, origin: OriginId, count: usize) -> Result<(), StoreError> {
    let now = SystemClock.now();
    let text = NewContent {
        id: ContentId::from_raw(ids.next(now)),
        channel: Channel::Email,
        language: Language::of("en"),
        subject: "Schools close early".to_owned(),
        body: "Schools close at noon.".to_owned(),
        html: None,
        segments: 1,
    };
    let content = db.write("content", async |tx| write::content::intern(tx, origin, &[text]).await).await?;
    for page in (0..count).collect::<Vec<_>>().chunks(5_000) {
        let rows: Vec<_> = page
            .iter()
            .map(|n| NewDelivery {
                id: DeliveryId::from_raw(ids.next(now)),
                origin,
                origin_kind: OriginKind::Broadcast,
                channel: Channel::Email,
                person: None,
                contact_point: None,
                school: Some(SchoolId::from_raw(i64::try_from(n % 40).unwrap_or(0) + 1)),
                address: Address::from_stored(&format!("family{n}@example.org")),
                merge_group: 0,
                children: vec![],
                content: content.first().copied(),
                basis: Some(Basis::Provided),
                opening: Opening::Queued { not_before: now },
                priority: 50,
                urgent: false,
                expires_at: now + SignedDuration::from_hours(72),
                created_at: now,
            })
            .collect();
        db.write("rows", async |tx| write::deliveries::insert(tx, &rows).await).await?;
    }
    Ok(())
}
