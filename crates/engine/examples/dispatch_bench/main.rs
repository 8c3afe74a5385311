//! How many deliveries a second go from their rows to a carrier and back: claimed, attempted, settled, receipted, each
//! committed. One line of JSON at the end.
//!
//! The carrier answers at once, so that the figure is ours alone, unless one is named: `smpp:PORT` and `smtp:PORT` on
//! loopback, `smtp:PORT:KEY.pem` with DKIM. A relay gives no receipts: there, accepted is the end.
//!
//! ```sh
//! cargo run --release -p schoolbell-engine --example dispatch_bench -- sqlite:/tmp/bench.db 100000
//! cargo run --release -p schoolbell-engine --example dispatch_bench -- sqlite:/tmp/bench.db 100000 smpp:2775 full
//! scripts/with-postgres sh -c 'target/release/examples/dispatch_bench "$SCHOOLBELL_TEST_POSTGRES" 100000'
//! ```

mod carrier;

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::SignedDuration;
use schoolbell_domain::channel::Channel;
use schoolbell_domain::clock::Clock;
use schoolbell_domain::delivery::plan::Basis;
use schoolbell_domain::ids::{ContentId, DeliveryId, IdMaker, OriginId, SchoolId};
use schoolbell_domain::language::Language;
use schoolbell_domain::people::Address;
use schoolbell_engine::Engine;
use schoolbell_engine::clock::SystemClock;
use schoolbell_store::write::content::NewContent;
use schoolbell_store::write::deliveries::{NewDelivery, Opening, OriginKind};
use schoolbell_store::{Db, StoreError, Synchronous, migrate, read, write};
use tokio_util::sync::CancellationToken;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let url = args.next().ok_or("name a database, for example sqlite:/tmp/bench.db")?;
    let count: usize = args.next().map_or(Ok(100_000), |count| count.parse())?;
    let carrier = args.next().unwrap_or_else(|| "instantly".to_owned());
    let synchronous = if args.next().as_deref() == Some("full") { Synchronous::Full } else { Synchronous::Normal };
    let gateway = carrier::named(&carrier)?;
    let channel = gateway.channel();
    let db = Db::open(&url, synchronous).await?;
    migrate::migrate(&db).await?;
    let clock = SystemClock;
    let ids = IdMaker::new(3);
    let origin = OriginId::from_raw(ids.next(clock.now()));

    let began = Instant::now();
    fill(&db, &ids, origin, (channel, count)).await?;
    let inserted = began.elapsed();

    let engine = Engine::new(db.clone(), Arc::new(clock), 1);
    let stop = CancellationToken::new();
    let began = Instant::now();
    let running = tokio::spawn(schoolbell_engine::run(engine, vec![gateway], stop.clone()));
    let mut sent_after = None;
    loop {
        tokio::time::sleep(Duration::from_millis(20)).await;
        let open = read::tallies::open_counts(&mut db.read().await?, origin).await?;
        if open.to_send == 0 && sent_after.is_none() {
            sent_after = Some(began.elapsed());
        }
        if open.to_send == 0 && (open.awaiting_receipt == 0 || channel == Channel::Email && carrier != "instantly") {
            break;
        }
    }
    let all = began.elapsed();
    println!(
        "{{\"carrier\":\"{carrier}\",\"database\":\"{:?}\",\"synchronous\":\"{synchronous:?}\",\"deliveries\":{count},\
        \"inserted_per_s\":{:.0},\"settled_per_s\":{:.0},\"with_receipts_per_s\":{:.0},\"peak_mib\":{}}}",
        db.engine(),
        per_second(count, inserted),
        per_second(count, sent_after.unwrap_or(all)),
        per_second(count, all),
        peak_mib()?
    );
    stop.cancel();
    running.await??;
    Ok(())
}

fn peak_mib() -> std::io::Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    Ok(kib.unwrap_or(0) / 1024)
}

#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
fn per_second(count: usize, time: Duration) -> f64 {
    count as f64 / time.as_secs_f64()
}

async fn fill(db: &Db, ids: &IdMaker, origin: OriginId, (channel, count): (Channel, usize)) -> Result<(), StoreError> {
    let now = SystemClock.now();
    let sentence = "Schools close at noon today because of snow. Buses leave at 12:10, after-school care is closed. ";
    let text = if channel == Channel::Email { sentence.repeat(15) } else { sentence.to_owned() };
    let content = NewContent {
        id: ContentId::from_raw(ids.next(now)),
        channel,
        language: Language::of("en"),
        subject: if channel == Channel::Email { "Schools close early".to_owned() } else { String::new() },
        body: text.clone(),
        html: (channel == Channel::Email).then(|| format!("<!doctype html><html lang=\"en\"><p>{text}</p></html>")),
        segments: 1,
    };
    let content = db.write("content", async |tx| write::content::intern(tx, origin, &[content]).await).await?;
    for page in (0..count).collect::<Vec<_>>().chunks(5_000) {
        let rows: Vec<_> = page
            .iter()
            .map(|n| NewDelivery {
                id: DeliveryId::from_raw(ids.next(now)),
                origin,
                origin_kind: OriginKind::Broadcast,
                channel,
                person: None,
                contact_point: None,
                school: Some(SchoolId::from_raw(i64::try_from(n % 40).unwrap_or(0) + 1)),
                address: Address::from_stored(&address(channel, *n)),
                merge_group: 0,
                children: vec![],
                content: content.first().copied(),
                basis: Some(Basis::Emergency),
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

/// A mailbox, or a number of an area code that nobody has.
fn address(channel: Channel, n: usize) -> String {
    match channel {
        Channel::Email | Channel::Push => format!("family{n}@example.org"),
        Channel::Sms | Channel::Voice => format!("+1372{:07}", 2_000_000 + n),
    }
}
