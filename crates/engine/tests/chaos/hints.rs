//! Nodes tell each other what changed; without a word they find out all the same.

use std::sync::Arc;
use std::time::{Duration, Instant};

use schoolbell_domain::category::Category;
use schoolbell_engine::clock::SystemClock;
use schoolbell_engine::live::LiveEvent;
use schoolbell_engine::{Engine, Roles};
use schoolbell_store::testing::{drop_postgres, postgres, postgres_server};
use tokio_util::sync::CancellationToken;

use crate::district::District;
use crate::world;

const FAMILIES: i64 = 40;

/// How long it took from Send on one node to the first text of another, and to the first word to an open page.
struct Took {
    first_text: Duration,
    first_event: Duration,
}

async fn play(hinted: fn(Engine) -> Engine) -> Option<Vec<Took>> {
    let Some(server) = postgres_server() else {
        eprintln!("!! SKIPPED: needs PostgreSQL; run it under scripts/with-postgres");
        return None;
    };
    let (db, url) = postgres(&server).await.unwrap();
    let mut district = District::open(&url, FAMILIES, 0, hinted).await;
    let worker = hinted(Engine::join(db.clone(), Arc::new(SystemClock), "test", "work").await.unwrap());
    let (stop, roles) = (CancellationToken::new(), "dispatch,jobs".parse::<Roles>().unwrap());
    let gateway = world::gateway(district.smsc.port, 1_000.0);
    let ended = tokio::spawn(schoolbell_engine::run_as(worker, vec![gateway], roles, stop.clone()));
    // The gateway is up and everybody listens.
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    let mut took = Vec::new();
    for _ in 0..3 {
        took.push(send_once(&mut district).await);
    }
    stop.cancel();
    ended.await.unwrap().unwrap();
    district.end().await;
    drop_postgres(&server, db, &url).await.unwrap();
    Some(took)
}

async fn send_once(district: &mut District) -> Took {
    let submits = district.smsc.submits();
    let mut page = district.pages.live.listen();
    district.send(Category::General).await;
    let began = Instant::now();
    // Send itself is told to the page of its own node; what follows comes from the other.
    while page.try_recv().is_ok() {}
    let event = async {
        while !matches!(page.recv().await.unwrap(), LiveEvent::All | LiveEvent::Broadcast(_)) {}
        began.elapsed()
    };
    let text = async {
        while district.smsc.submits() == submits {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        began.elapsed()
    };
    let both = async { tokio::join!(text, event) };
    let (first_text, first_event) = tokio::time::timeout(Duration::from_secs(30), both).await.unwrap();
    let all = submits + usize::try_from(FAMILIES).unwrap();
    while district.smsc.submits() < all || district.to_send().await.unwrap() != Some(0) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(district.smsc.submits(), all);
    Took { first_text, first_event }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_sent_on_one_node_starts_on_another_at_once_and_an_open_page_follows() {
    let Some(took) = play(|engine| engine).await else { return };
    // Polling alone takes half a second on average, and two seconds for pages: the quickest of three tells them apart
    // also on a machine that is busy.
    let text = took.iter().map(|took| took.first_text).min().unwrap();
    let event = took.iter().map(|took| took.first_event).min().unwrap();
    println!("with hints: first text after {text:?}, first event after {event:?}");
    assert!(text < Duration::from_millis(400) && event < Duration::from_millis(800), "{text:?}, {event:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_word_between_the_nodes_everything_is_sent_and_an_open_page_follows() {
    let Some(took) = play(Engine::by_polling_alone).await else { return };
    for took in took {
        println!("by polling: first text after {:?}, first event after {:?}", took.first_text, took.first_event);
        assert!(took.first_event < Duration::from_secs(15));
    }
}
