//! How quick it is: `scripts/bench texting` runs these and prints what they saw; they judge nothing.

use std::sync::Arc;
use std::time::{Duration, Instant};

use schoolbell_domain::channel::Channel;
use schoolbell_domain::delivery::StateKind;
use schoolbell_gateways::drill::{DrillConfig, DrillGateway};
use schoolbell_store::testing::sqlite;

use crate::world::{MARTA, MATEO, ROBERT, SARAH, World};

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
