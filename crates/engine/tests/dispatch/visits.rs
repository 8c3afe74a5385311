//! Families who call back: the last messages of their number, key 9; a stranger is told nothing.

use std::sync::Arc;

use jiff::SignedDuration;
use schoolbell_domain::broadcast::CallWishes;
use schoolbell_domain::category::Category;
use schoolbell_domain::channel::Channel;
use schoolbell_domain::consent::{ConsentState, Program};
use schoolbell_engine::reception::Desk;
use schoolbell_engine::speech::{EspeakNg, Speaker};
use schoolbell_gateways::reception::{Did, Next, Reception, Then};
use schoolbell_store::read;
use schoolbell_store::testing::sqlite;

use crate::bench::Bench;
use crate::carrier::{Carrier, accepted};
use crate::escalation::{Done, Mobile, families, minutes, send};

/// How long all of it takes to say, in seconds.
fn seconds(next: &Next) -> usize {
    next.say.iter().map(schoolbell_gateways::voice::Sound::frames).sum::<usize>() / 50
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_number_on_record_hears_its_messages_and_stops_them_law_9_and_a_stranger_hears_nothing() -> Done {
    let file = sqlite().await?;
    let bench = Bench::new(file.db.clone());
    bench.clock.advance(SignedDuration::from_hours(7));
    families(&bench, 1, Mobile::None).await?;
    let folder = tempfile::tempdir()?;
    let voice = Arc::new(EspeakNg::new("espeak-ng", 150));
    let speaker = Arc::new(Speaker::new(voice, folder.path().to_path_buf(), "+15125550100"));
    let desk = Desk::new(bench.engine.clone(), speaker);
    let keys = Then::Keys { most: 1, wait_s: 8 };

    let nothing_yet = desk.visit(Some("+13705550000".to_owned())).next(Did::Called).await;
    assert_eq!((nothing_yet.then, nothing_yet.say.len()), (keys, 3), "the district, that there is none, the keys");
    for stranger in [None, Some("+15125550199".to_owned())] {
        assert_eq!(desk.visit(stranger).next(Did::Called).await.then, Then::HangUp);
    }

    let calls = Carrier::new(Channel::Voice, accepted);
    let started = bench.start(calls.clone());
    bench.until_up(1).await;
    send(&bench, CallWishes::default(), Category::General).await?;
    minutes(&bench, 2, 1, async || {}).await;
    send(&bench, CallWishes::default(), Category::SchoolsOut).await?;
    minutes(&bench, 2, 1, async || {}).await;
    let mut visit = desk.visit(Some("+13705550000".to_owned()));
    let newest = visit.next(Did::Called).await;
    assert_eq!((newest.then, newest.say.len()), (keys, 4), "the district, how many, the newest, the keys");
    assert!(seconds(&newest) > seconds(&nothing_yet) + 2);
    let older = visit.next(Did::Pressed("2".to_owned())).await;
    assert_eq!((older.then, older.say.len()), (keys, 2));
    let again = visit.next(Did::Pressed("1".to_owned())).await;
    assert_eq!(seconds(&again), seconds(&older));
    // The older one was no emergency: those go on (LAW-12).
    assert_eq!(visit.next(Did::Pressed("9".to_owned())).await.then, Then::HangUp);
    started.end().await;
    let mut reads = bench.db.read().await?;
    let number = "+13705550000";
    let calls = read::consent::states(&mut reads, Program::Voice, &[number]).await?;
    assert_eq!(calls.get(number), Some(&ConsentState::Revoked));
    let emergencies = read::consent::states(&mut reads, Program::EmergencyCalls, &[number]).await?;
    assert_eq!(emergencies.get(number), None);
    let stranger = desk.visit(Some("+15125550199".to_owned())).next(Did::Called).await;
    assert_eq!(stranger.then, Then::HangUp, "nothing is told, whatever was sent");
    Ok(())
}
