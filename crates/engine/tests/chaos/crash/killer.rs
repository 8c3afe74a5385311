//! Kills the program at seeded moments, and says in which row of the crash table each kill fell.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use schoolbell_domain::delivery::StateKind;
use schoolbell_domain::ids::{BroadcastId, OriginId};
use schoolbell_store::read;

use super::child;
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
    /// So long after the start: falls into the start.
    After(Duration),
    /// Once so many rows of the plan stand.
    Planned(usize),
    /// Once the carrier has taken so many.
    At(usize),
    /// Once all is with the carrier, which still owes receipts.
    Receipts,
}

/// Kills `kills` times, then lets the program finish. Answers how many kills fell into each row of the table; a kill
/// that finds both pages to plan and deliveries on the wire counts in both.
pub async fn run(
    file: &Path,
    smsc: &Smsc,
    broadcast: BroadcastId,
    (families, kills, seed): (usize, usize, u64),
) -> BTreeMap<Moment, usize> {
    let mut moments = BTreeMap::new();
    for kill in schedule(families, kills, seed) {
        smsc.hold_receipts(matches!(kill, Kill::Receipts));
        let mut program = child::start(file, smsc.port);
        wait_for(&kill, file, smsc, broadcast).await;
        // SIGKILL: nothing is flushed, nothing is said.
        program.kill().unwrap();
        program.wait().unwrap();
        for moment in moments_now(file, smsc, broadcast).await {
            *moments.entry(moment).or_default() += 1;
        }
    }
    smsc.hold_receipts(false);
    let mut program = child::start(file, smsc.port);
    wait_until_settled(file, smsc, broadcast).await;
    program.kill().unwrap();
    program.wait().unwrap();
    moments
}

/// Each row of the table has its share, in the order in which they come; planning ends before the last submits.
fn schedule(families: usize, kills: usize, seed: u64) -> Vec<Kill> {
    let mut dice = StdRng::seed_from_u64(seed);
    let (early, planned, receipts) = ((kills / 6).max(1), (kills / 4).max(1), (kills / 8).max(1));
    let mut marks = |count: usize, within: std::ops::Range<usize>| {
        let mut marks: Vec<usize> = (0..count).map(|_| dice.random_range(within.clone())).collect();
        marks.sort_unstable();
        marks
    };
    let mut schedule: Vec<Kill> =
        marks(early, 0..25).into_iter().map(|ms| Kill::After(Duration::from_millis(ms as u64))).collect();
    schedule.extend(marks(planned, 1..families / 3).into_iter().map(Kill::Planned));
    // Not up to the very end: kills leave rows unconfirmed that the carrier never gets.
    let sent = kills.saturating_sub(early + planned + receipts);
    schedule.extend(marks(sent, families / 3..families * 3 / 4).into_iter().map(Kill::At));
    schedule.extend((0..receipts).map(|_| Kill::Receipts));
    schedule
}

async fn wait_for(kill: &Kill, file: &Path, smsc: &Smsc, broadcast: BroadcastId) {
    if let Kill::After(time) = kill {
        tokio::time::sleep(*time).await;
        return;
    }
    let db = child::open(file).await;
    // What earlier kills left unconfirmed is missing at the end: when nothing moves any more, the time has come.
    let (mut seen, mut moved_at) = ((0, 0), Instant::now());
    while moved_at.elapsed() < Duration::from_secs(8) {
        tokio::time::sleep(Duration::from_millis(1)).await;
        let mut reads = db.read().await.unwrap();
        let counts = read::tallies::counts(&mut reads, OriginId::from(broadcast)).await.unwrap();
        let rows: usize = counts.iter().map(|count| usize::try_from(count.count).unwrap()).sum();
        let open = read::tallies::open_counts(&mut reads, OriginId::from(broadcast)).await.unwrap();
        drop(reads);
        let has_come = match kill {
            Kill::After(_) => true,
            Kill::Planned(mark) => rows >= *mark,
            Kill::At(mark) => smsc.submits() >= *mark,
            Kill::Receipts => rows > 0 && open.to_send == 0 && smsc.owes() > 0,
        };
        if has_come {
            break;
        }
        if (rows, smsc.submits()) != seen {
            (seen, moved_at) = ((rows, smsc.submits()), Instant::now());
        }
    }
    db.close().await;
}

async fn moments_now(file: &Path, smsc: &Smsc, broadcast: BroadcastId) -> Vec<Moment> {
    let db = child::open(file).await;
    let mut reads = db.read().await.unwrap();
    let states = read::checks::states_of(&mut reads, OriginId::from(broadcast)).await.unwrap();
    let standing = read::broadcasts::lookup_broadcast(&mut reads, broadcast).await.unwrap().unwrap();
    drop(reads);
    db.close().await;
    if states.is_empty() {
        return vec![Moment::AfterSend];
    }
    let any = |kind: StateKind| states.iter().any(|(_, state)| state.kind() == kind);
    let (planning, sending) = (standing.state.word() == "expanding", any(StateKind::Sending));
    let open = sending || any(StateKind::Queued);
    let found = [
        (planning, Moment::Planning),
        (sending || open && !planning, Moment::Sending),
        (!open && !planning && smsc.owes() > 0, Moment::Receipts),
    ];
    let found: Vec<Moment> = found.into_iter().filter_map(|(holds, moment)| holds.then_some(moment)).collect();
    if found.is_empty() { vec![Moment::Done] } else { found }
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
