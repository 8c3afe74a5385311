//! A backup taken in mid-broadcast, restored after the original has finished: nothing of it goes out again by itself.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use schoolbell_domain::audience::{Audience, AudienceRule};
use schoolbell_domain::broadcast::{BroadcastState, Draft, Wording};
use schoolbell_domain::category::Category;
use schoolbell_domain::channel::Channel;
use schoolbell_domain::delivery::{DeliveryState, StateKind};
use schoolbell_domain::ids::{BroadcastId, JobId, UserId};
use schoolbell_domain::permission::{Grant, Role, Scope};
use schoolbell_domain::settings::DistrictSettings;
use schoolbell_engine::commands::release_held::release_held;
use schoolbell_engine::commands::restore_backup::restore_backup;
use schoolbell_engine::commands::set_up_district::set_up_district;
use schoolbell_engine::{Actor, CommandError, Queue};
use schoolbell_gateways::{Capacity, Outgoing};
use schoolbell_store::carry::{Onto, backup};
use schoolbell_store::read::instance::{self, Decision, HeldWork};
use schoolbell_store::testing::{SqliteFile, drop_postgres, on_both, postgres, postgres_server, sqlite};
use schoolbell_store::write::broadcasts::{self, Keeping, Version};
use schoolbell_store::write::jobs::{self, NewJob};
use schoolbell_store::{Db, StoreError, read};

use crate::bench::Bench;
use crate::carrier::{Carrier, accepted};

const FAMILIES: usize = 600;
const BEFORE_THE_BACKUP: usize = 150;

/// A broadcast of which some have left, some are with the carrier and the rest waits; one that is scheduled; one that
/// is being planned. Answers the backup and what the carrier had when it was taken, and lets the original finish.
async fn mid_broadcast(bench: &Bench) -> (Vec<u8>, HashSet<String>) {
    let settings = DistrictSettings {
        window_opens: jiff::civil::Time::midnight(),
        window_closes: jiff::civil::Time::constant(23, 59, 59, 999_999_999),
        ..DistrictSettings::default()
    };
    set_up_district(&bench.engine, &Actor::command_line(), "Cedar ISD", "America/Chicago", &settings).await.unwrap();
    let main = BroadcastId::from_raw(bench.origin.raw());
    broadcast(bench, main, BroadcastState::Sending).await;
    broadcast(bench, BroadcastId::from_raw(bench.id()), BroadcastState::Scheduled).await;
    broadcast(bench, BroadcastId::from_raw(bench.id()), BroadcastState::Expanding).await;
    bench.queue(Channel::Email, FAMILIES, |row| row.urgent = row.id.raw() % 2 == 0).await;
    let carrier = Carrier::with(Channel::Email, Capacity { window: 20, per_second: 1e9 }, accepted);
    carrier.close_gate();
    carrier.gate.add_permits(BEFORE_THE_BACKUP);
    let started = bench.start(carrier.clone());
    while carrier.took().len() < BEFORE_THE_BACKUP {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let mut reads = bench.db.read().await.unwrap();
    let head = backup::head(&mut reads, "test", bench.now()).await.unwrap();
    // The view stands; what leaves while it is written is not in it.
    carrier.gate.add_permits(FAMILIES);
    let file = backup::write(&mut reads, &head, Vec::new(), |_| {}).await.unwrap();
    drop(reads);
    let sent_before = addresses(&carrier.took()[..BEFORE_THE_BACKUP]);
    while carrier.took().len() < FAMILIES {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    started.end().await;
    (file, sent_before)
}

fn addresses(took: &[Outgoing]) -> HashSet<String> {
    took.iter().map(|outgoing| outgoing.to.expose().to_owned()).collect()
}

async fn broadcast(bench: &Bench, id: BroadcastId, state: BroadcastState) {
    let draft = Draft {
        title: format!("A message that is {}", state.word()),
        category: Some(Category::General),
        audience: Audience { include: vec![AudienceRule::District], except: vec![] },
        wordings: vec![Wording { sms_body: "Schools close at noon.".to_owned(), ..Wording::default() }],
        ..Draft::default()
    };
    let keeping = Keeping { by: UserId::from_raw(0), at: bench.now() };
    let which = Version { id, version: 1 };
    let later = bench.now() + SignedDuration::from_hours(72);
    let job = |kind, run_at| NewJob {
        id: JobId::from_raw(bench.id()),
        kind,
        payload: id.to_string(),
        unique_key: Some(format!("{kind} {id}")),
        run_at,
    };
    let mut tx = bench.db.begin().await.unwrap();
    broadcasts::insert_draft(&mut tx, id, &draft, keeping).await.unwrap();
    if state == BroadcastState::Scheduled {
        let at = bench.now() + SignedDuration::from_hours(1);
        assert!(broadcasts::schedule(&mut tx, which, keeping, at).await.unwrap());
        jobs::enqueue(&mut tx, job("send_scheduled", at)).await.unwrap();
    } else {
        assert!(broadcasts::begin_sending(&mut tx, which, keeping, later).await.unwrap());
    }
    if state == BroadcastState::Sending {
        assert!(broadcasts::end_expanding(&mut tx, id, "digest", bench.now()).await.unwrap());
    }
    if state == BroadcastState::Expanding {
        // Not taken up by the original before the backup: it is due in an hour.
        jobs::enqueue(&mut tx, job("expand_broadcast", bench.now() + SignedDuration::from_hours(1))).await.unwrap();
    }
    tx.commit().await.unwrap();
}

/// The backup in a database of its own, two hours later.
async fn restored(db: &Db, backup: &[u8], origin: &Bench) -> Bench {
    let mut bench = Bench::new(db.clone());
    bench.clock.advance(SignedDuration::from_hours(2));
    let head = restore_backup(&bench.engine, &Actor::command_line(), (backup, Onto::Empty), |_| {}).await.unwrap();
    assert_eq!(head.district, "Cedar ISD");
    bench.origin = origin.origin;
    bench
}

async fn held(bench: &Bench) -> HeldWork {
    let mut reads = bench.db.read().await.unwrap();
    let current = instance::current(&mut reads).await.unwrap().unwrap();
    assert_eq!(current.epoch, 2);
    instance::held_work(&mut reads, &current).await.unwrap()
}

/// Waits until the broadcasts stand so, by state.
async fn stand(bench: &Bench, wanted: [BroadcastState; 3]) {
    let began = std::time::Instant::now();
    while states(bench).await != wanted {
        assert!(began.elapsed() < Duration::from_secs(30), "{:?}, not {wanted:?}", states(bench).await);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn states(bench: &Bench) -> Vec<BroadcastState> {
    let mut found = Vec::new();
    for state in BroadcastState::ALL {
        let page = read::broadcasts::page(&mut bench.db.read().await.unwrap(), state, None, 10).await.unwrap();
        found.extend(page.into_iter().map(|broadcast| broadcast.state));
    }
    found
}

/// Two hours later, with a carrier that records: nothing leaves but what is written now. Then a person decides.
async fn hold_and_decide(db: &Db, origin: &Bench, (backup, sent_before): (&[u8], &HashSet<String>), said: Decision) {
    let bench = restored(db, backup, origin).await;
    let before = bench.all().await;
    let in_state = |rows: &[(_, DeliveryState)], kind| rows.iter().filter(|(_, state)| state.kind() == kind).count();
    assert_eq!(in_state(&before, StateKind::Sending), 0);
    assert!(in_state(&before, StateKind::Unconfirmed) > 0, "some were with the carrier when the backup was taken");
    let waiting = in_state(&before, StateKind::Queued);
    let work = held(&bench).await;
    assert_eq!(work.deliveries(), i64::try_from(waiting).unwrap());
    assert_eq!(work.broadcasts.len(), 3, "{work:?}");
    let carrier = Carrier::new(Channel::Email, accepted);
    let started = bench.start(carrier.clone());
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(carrier.took().len(), 0, "nothing leaves by itself");
    assert_eq!(states(&bench).await, [BroadcastState::Scheduled, BroadcastState::Expanding, BroadcastState::Sending]);
    bench.counters_agree().await;
    let fresh = Bench { origin: schoolbell_domain::ids::OriginId::from_raw(bench.id()), ..copy(&bench) };
    fresh.queue(Channel::Email, 5, |_| {}).await;
    while carrier.took().len() < 5 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }

    refuses_a_principal(&bench).await;
    release_held(&bench.engine, &Actor::command_line(), said).await.unwrap();
    bench.engine.wake.now(Queue::Jobs);
    bench.run_until_idle().await;
    stand(
        &bench,
        match said {
            // The other two reach nobody, since nobody is in the roster: they were planned and are over.
            Decision::Send => [BroadcastState::Sending, BroadcastState::Finished, BroadcastState::Finished],
            Decision::Cancel => [BroadcastState::Draft, BroadcastState::Stopped, BroadcastState::Stopped],
        },
    )
    .await;
    started.end().await;
    let again = addresses(&carrier.took()[5..]);
    assert!(again.is_disjoint(sent_before), "what the original had sent by then is not sent again");
    let after = bench.all().await;
    match said {
        Decision::Send => {
            assert_eq!(again.len(), waiting);
            assert_eq!(carrier.took().len(), 5 + waiting);
        }
        Decision::Cancel => {
            assert_eq!(carrier.took().len(), 5, "nothing of before went out");
            assert_eq!(in_state(&after, StateKind::Cancelled), waiting);
        }
    }
    bench.counters_agree().await;
    assert!(!instance::is_held(&mut bench.db.read().await.unwrap()).await.unwrap());
    let twice = release_held(&bench.engine, &Actor::command_line(), said).await;
    assert!(matches!(twice, Err(CommandError::Refused { .. })), "{twice:?}");
}

fn copy(bench: &Bench) -> Bench {
    Bench {
        db: bench.db.clone(),
        engine: bench.engine.clone(),
        clock: Arc::clone(&bench.clock),
        ids: schoolbell_domain::ids::IdMaker::new(8),
        origin: bench.origin,
    }
}

async fn refuses_a_principal(bench: &Bench) {
    let principal = Actor {
        user: None,
        name: "principal@example.org".to_owned(),
        grants: vec![Grant { role: Role::Principal, scope: Scope::District }],
    };
    let refused = release_held(&bench.engine, &principal, Decision::Send).await;
    assert!(matches!(refused, Err(CommandError::Refused { rule: "permission", .. })), "{refused:?}");
}

/// Issue 3: a restored copy sends nothing that was due before the restore until a person releases it, whichever engine
/// the backup comes from and goes to.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restored_copy_sends_nothing_of_before_until_a_person_says_so_and_then_only_what_they_chose() {
    on_both(async |db| -> Result<(), StoreError> {
        let origin = Bench::new(db);
        let (backup, sent_before) = mid_broadcast(&origin).await;
        for said in [Decision::Send, Decision::Cancel] {
            let file: SqliteFile = sqlite().await?;
            hold_and_decide(&file.db, &origin, (&backup, &sent_before), said).await;
            file.db.close().await;
            if let Some(server) = postgres_server() {
                let (db, url) = postgres(&server).await?;
                hold_and_decide(&db, &origin, (&backup, &sent_before), said).await;
                drop_postgres(&server, db, &url).await?;
            }
        }
        Ok(())
    })
    .await
    .unwrap();
}

/// Issue 3: a flipped byte is refused, and a database that is not empty is left alone, whatever happens half-way.
#[tokio::test]
async fn a_damaged_backup_restores_nothing_and_a_filled_database_is_not_overwritten_unasked() {
    on_both(async |db| -> Result<(), StoreError> {
        let origin = Bench::new(db.clone());
        let actor = Actor::command_line();
        set_up_district(&origin.engine, &actor, "Cedar ISD", "America/Chicago", &DistrictSettings::default())
            .await
            .unwrap();
        origin.queue(Channel::Sms, 2_000, |_| {}).await;
        let mut reads = db.read().await?;
        let head = backup::head(&mut reads, "test", origin.now()).await?;
        let file = backup::write(&mut reads, &head, Vec::new(), |_| {}).await?;
        drop(reads);
        let onto_filled = restore_backup(&origin.engine, &actor, (file.as_slice(), Onto::Empty), |_| {}).await;
        assert!(onto_filled.unwrap_err().to_string().contains("it holds the district Cedar ISD"));
        let mut damaged = file.clone();
        let behind_the_deliveries = damaged.len() - 200;
        damaged[behind_the_deliveries] ^= 4;
        let refused = restore_backup(&origin.engine, &actor, (damaged.as_slice(), Onto::Whatever), |_| {}).await;
        assert!(refused.unwrap_err().to_string().contains("damaged in table"));
        assert_eq!(origin.counts().await.to_send, 2_000, "what was there is there");
        restore_backup(&origin.engine, &actor, (file.as_slice(), Onto::Whatever), |_| {}).await.unwrap();
        assert_eq!(held(&origin).await.other_texts, 0);
        assert_eq!(origin.counts().await.to_send, 2_000);
        Ok(())
    })
    .await
    .unwrap();
}
