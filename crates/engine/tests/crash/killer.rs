//! Kills the program at seeded moments, and says in which row of the crash table each kill fell.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use schoolbell_domain::delivery::StateKind;
use schoolbell_domain::ids::{BroadcastId, OriginId};
use schoolbell_store::read;

use crate::child;
use crate::smsc::Smsc;

/// What the rows said right after a kill: a row of the crash table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Moment {
    /// Send is committed, nothing is planned yet.
    AfterSend,
    /// Some pages of the plan are written.
    Planning,
    /// Deliveries are claimed; the carrier may or may not have them.
    Sending,
    /// Everything is settled, receipts are still to come.
    Receipts,
    /// Nothing was left to do.
    Done,
}

/// When to kill.
enum Kill {
    /// So long after the start: falls into start and planning.
    After(Duration),
    /// Once the carrier has taken so many.
    At(usize),
}

/// Kills `kills` times, then lets the program finish. Answers how many kills fell into each row of the table.
pub async fn run(
    file: &Path,
    smsc: &Smsc,
    broadcast: BroadcastId,
    (families, kills, seed): (usize, usize, u64),
) -> BTreeMap<Moment, usize> {
    let mut moments = BTreeMap::new();
    for kill in schedule(families, kills, seed) {
        let mut program = child::start(file, smsc.port);
        wait_for(&kill, smsc).await;
        // SIGKILL: nothing is flushed, nothing is said.
        program.kill().unwrap();
        program.wait().unwrap();
        *moments.entry(moment(file, smsc, broadcast).await).or_default() += 1;
    }
    let mut program = child::start(file, smsc.port);
    wait_until_settled(file, smsc, broadcast).await;
    program.kill().unwrap();
    program.wait().unwrap();
    moments
}

/// A third by time from the start, the rest spread over the submits, in the order in which they fall due.
fn schedule(families: usize, kills: usize, seed: u64) -> Vec<Kill> {
    let mut dice = StdRng::seed_from_u64(seed);
    let early = kills / 3;
    let mut schedule: Vec<Kill> =
        (0..early).map(|n| Kill::After(Duration::from_millis(dice.random_range(0..60) + 60 * n as u64))).collect();
    // Not up to the very end: kills leave rows unconfirmed that the carrier never gets.
    let mut marks: Vec<usize> = (early..kills).map(|_| dice.random_range(1..families * 3 / 4)).collect();
    marks.sort_unstable();
    schedule.extend(marks.into_iter().map(Kill::At));
    schedule
}

async fn wait_for(kill: &Kill, smsc: &Smsc) {
    match kill {
        Kill::After(time) => tokio::time::sleep(*time).await,
        Kill::At(submits) => {
            // What earlier kills left unconfirmed is missing at the end: when nothing moves any more, the time has come.
            let (mut seen, mut moved_at) = (smsc.submits(), Instant::now());
            while smsc.submits() < *submits && moved_at.elapsed() < Duration::from_secs(8) {
                tokio::time::sleep(Duration::from_micros(500)).await;
                if smsc.submits() > seen {
                    (seen, moved_at) = (smsc.submits(), Instant::now());
                }
            }
        }
    }
}

async fn moment(file: &Path, smsc: &Smsc, broadcast: BroadcastId) -> Moment {
    let db = child::open(file).await;
    let mut reads = db.read().await.unwrap();
    let states = read::checks::states_of(&mut reads, OriginId::from(broadcast)).await.unwrap();
    let standing = read::broadcasts::lookup_broadcast(&mut reads, broadcast).await.unwrap().unwrap();
    drop(reads);
    db.close().await;
    let any = |kind: StateKind| states.iter().any(|(_, state)| state.kind() == kind);
    if states.is_empty() {
        Moment::AfterSend
    } else if any(StateKind::Sending) {
        Moment::Sending
    } else if standing.state.word() == "expanding" {
        Moment::Planning
    } else if any(StateKind::Queued) {
        Moment::Sending
    } else if smsc.owes() > 0 {
        Moment::Receipts
    } else {
        Moment::Done
    }
}

/// Until nothing waits or is being sent, and every receipt was acknowledged.
async fn wait_until_settled(file: &Path, smsc: &Smsc, broadcast: BroadcastId) {
    let deadline = Instant::now() + Duration::from_mins(10);
    let db = child::open(file).await;
    loop {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let mut reads = db.read().await.unwrap();
        let open = read::tallies::open_counts(&mut reads, OriginId::from(broadcast)).await.unwrap();
        let standing = read::broadcasts::lookup_broadcast(&mut reads, broadcast).await.unwrap().unwrap();
        drop(reads);
        if standing.state.word() != "expanding" && open.to_send == 0 && smsc.owes() == 0 {
            break;
        }
        assert!(Instant::now() < deadline, "not settled: {open:?}, {} receipts owed", smsc.owes());
    }
    db.close().await;
}
