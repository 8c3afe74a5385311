//! How quick it is: `scripts/bench texting` runs these and prints what they saw; they judge nothing.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use schoolbell_domain::channel::Channel;
use schoolbell_domain::conversation::text::{Direction, Text};
use schoolbell_domain::delivery::StateKind;
use schoolbell_domain::ids::{ConversationId, TextId};
use schoolbell_gateways::drill::{DrillConfig, DrillGateway};
use schoolbell_store::read::threads;
use schoolbell_store::testing::sqlite;
use schoolbell_store::write::threads::{Standing, append, open};
use schoolbell_store::{Db, StoreResult};

use crate::world::{MARTA, MATEO, OAK, ROBERT, SARAH, World};

/// So many threads of one inbox, the worst there could be.
const THREADS: i64 = 50_000;

async fn fill(db: &Db, world: &World, from: Timestamp) -> StoreResult<()> {
    let mut tx = db.begin().await?;
    for number in 0..THREADS {
        let mut thread = Standing {
            id: ConversationId::from_raw(1_000 + number),
            student: SARAH,
            person: ROBERT,
            school: OAK,
            user: world.bell.user.unwrap(),
            our_number: "+13705550009".to_owned(),
            their_number: format!("+1373{number:07}"),
            head_hash: String::new(),
        };
        open(&mut tx, &thread, from).await?;
        let text = Text {
            id: TextId::from_raw(1_000 + number),
            conversation: thread.id,
            direction: if number % 1_000 == 0 { Direction::In } else { Direction::Out },
            author: "Mrs. Bell".to_owned(),
            body: "See you at 1:00. - Mrs. Bell".to_owned(),
            at: from + SignedDuration::from_secs(number),
            detail: "{}".to_owned(),
        };
        append(&mut tx, &mut thread, &text, false).await?;
    }
    tx.commit().await
}

#[tokio::test]
#[ignore = "measures; scripts/bench texting runs it"]
async fn measure_an_inbox_of_fifty_thousand_threads() {
    let file = sqlite().await.unwrap();
    let world = World::build(file.db.clone()).await;
    fill(&file.db, &world, world.engine.now()).await.unwrap();
    let mut slowest = Duration::ZERO;
    for _ in 0..20 {
        let began = Instant::now();
        let mut reads = world.engine.reader().read().await.unwrap();
        let user = world.bell.user.unwrap();
        assert_eq!(threads::inbox(&mut reads, user, None, 50).await.unwrap().len(), 100);
        slowest = slowest.max(began.elapsed());
    }
    println!("the inbox of {THREADS} threads: slowest of 20 looks {slowest:?}");
}

#[tokio::test]
#[ignore = "measures; scripts/bench texting runs it"]
async fn measure_from_send_to_shown_at_twenty_texts_a_second() {
    let file = sqlite().await.unwrap();
    let world = Arc::new(World::build(file.db.clone()).await.opted_in().await);
    let config = DrillConfig { speed: 10_000.0, per_second: 1_000.0, ..DrillConfig::of(Channel::Sms) };
    let running = world.start(Arc::new(DrillGateway::new("texts", config)));
    let mut waits = Vec::new();
    for number in 0..200 {
        let world = Arc::clone(&world);
        waits.push(tokio::spawn(async move {
            let began = Instant::now();
            let to = if number % 2 == 0 { (SARAH, ROBERT) } else { (MATEO, MARTA) };
            let sent = world.text(&world.bell, to, "See you at 1:00. - Mrs. Bell").await.unwrap();
            loop {
                let texts = world.texts(sent.thread).await;
                let state = texts.iter().find(|line| line.link.text.id == sent.text).and_then(|line| line.state);
                if state.is_some_and(|state| !matches!(state.kind(), StateKind::Queued | StateKind::Sending)) {
                    return began.elapsed();
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let mut times = Vec::new();
    for wait in waits {
        times.push(wait.await.unwrap());
    }
    times.sort_unstable();
    println!("text out to text shown, 20 a second: p50 {:?}, p95 {:?}, most {:?}", times[100], times[190], times[199]);
    running.end().await;
}
