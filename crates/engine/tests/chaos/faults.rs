//! Faults, seeded: each is struck while deliveries are in flight, and counts only if the rows say so at that moment.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use schoolbell_domain::category::Category;

use crate::child::Node;
use crate::district::District;
use crate::server::Server;
use crate::smsc::Quirk;
use crate::verdict::{Totals, totals};
use crate::world;

/// What happens. The order is that of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fault {
    /// SIGKILL of the node that has the gateway; a new one is started.
    Kill,
    /// SIGSTOP of it, longer than its hold lasts, then SIGCONT.
    Freeze,
    /// SIGSTOP of it, shorter than that.
    Stutter,
    DatabaseRestart,
    CarrierReset,
    Receipts(Quirk),
}

/// Every kind.
const KINDS: [Fault; 9] = [
    Fault::Kill,
    Fault::Freeze,
    Fault::Stutter,
    Fault::DatabaseRestart,
    Fault::CarrierReset,
    Fault::Receipts(Quirk::Early),
    Fault::Receipts(Quirk::Late),
    Fault::Receipts(Quirk::Twice),
    Fault::Receipts(Quirk::Shuffled),
];

/// How large a run is.
pub struct Run {
    pub families: i64,
    pub faults: usize,
    pub seed: u64,
    /// How long a frozen node is frozen, in milliseconds.
    pub freeze_ms: std::ops::Range<u64>,
}

/// Which faults counted.
type Struck = BTreeMap<Fault, usize>;

/// The kinds in turn, each round in an order of its own, so that every kind comes equally often.
fn schedule(kinds: &[Fault], run: &Run) -> Vec<Fault> {
    let mut dice = StdRng::seed_from_u64(run.seed);
    let mut schedule = Vec::new();
    while schedule.len() < run.faults {
        let mut round = kinds.to_vec();
        round.shuffle(&mut dice);
        schedule.extend(round);
    }
    schedule.truncate(run.faults);
    schedule
}

/// Strikes every fault of the schedule, lets everything settle, and judges.
async fn play(server: &mut Server, run: &Run, schedule: &[Fault]) -> (Struck, Totals) {
    let mut chaos = Chaos::begin(&server.url("postgres"), run).await;
    for fault in schedule {
        chaos.until_in_flight().await;
        let began = Instant::now();
        let counted = chaos.strike(*fault, server).await;
        *chaos.struck.entry(*fault).or_default() += usize::from(counted);
        println!("{fault:?}: struck in flight: {counted}, {:?}", began.elapsed());
        chaos.one_more_stop();
    }
    let (struck, totals) = (std::mem::take(&mut chaos.struck), chaos.end().await);
    println!("seed {}: {} faults counted of {}: {struck:?}", run.seed, struck.values().sum::<usize>(), schedule.len());
    println!("{totals:?}");
    (struck, totals)
}

/// A district at work, and what has struck it.
pub struct Chaos {
    pub district: District,
    dice: StdRng,
    struck: Struck,
    families: i64,
    freeze_ms: std::ops::Range<u64>,
    /// How many families said STOP.
    stopping: i64,
}

impl Chaos {
    pub async fn begin(url: &str, run: &Run) -> Self {
        Self {
            district: District::open(url, run.families, 2, |engine| engine).await,
            dice: StdRng::seed_from_u64(run.seed + 1),
            struck: Struck::new(),
            families: run.families,
            freeze_ms: run.freeze_ms.clone(),
            stopping: 0,
        }
    }

    /// Lets everything settle, and judges.
    pub async fn end(self) -> Totals {
        self.until_settled().await;
        let totals = totals(&self.district, self.families).await;
        self.district.end().await;
        totals
    }

    /// Waits until a node sends; presses Send where little is left to send.
    pub async fn until_in_flight(&mut self) {
        let deadline = Instant::now() + Duration::from_mins(2);
        loop {
            assert!(Instant::now() < deadline, "nothing moves: {:?}", self.district.to_send().await);
            let to_send = self.district.to_send().await.unwrap_or(None);
            if to_send.is_some_and(|open| open < self.families / 3) {
                let category =
                    if self.district.sent.len().is_multiple_of(2) { Category::General } else { Category::SchoolsOut };
                self.district.send(category).await;
            }
            let (submits, held) = (self.district.smsc.submits(), self.district.holder().await.is_some());
            tokio::time::sleep(Duration::from_millis(60)).await;
            let moves = self.district.smsc.submits() > submits;
            if held && moves && self.is_in_flight().await {
                return;
            }
        }
    }

    /// What the rows say now.
    pub async fn is_in_flight(&self) -> bool {
        self.district.in_flight().await.is_ok_and(|count| count > 0)
    }

    async fn strike(&mut self, fault: Fault, server: &mut Server) -> bool {
        match fault {
            Fault::Kill => self.kill().await,
            Fault::Freeze => {
                let time = self.dice.random_range(self.freeze_ms.clone());
                self.freeze(Duration::from_millis(time)).await
            }
            Fault::Stutter => {
                let time = self.dice.random_range(200..3_000);
                self.freeze(Duration::from_millis(time)).await
            }
            Fault::DatabaseRestart => {
                let counted = self.is_in_flight().await;
                server.restart();
                counted
            }
            Fault::CarrierReset => {
                self.district.smsc.reset();
                self.is_in_flight().await
            }
            Fault::Receipts(quirk) => self.receipts(quirk).await,
        }
    }

    async fn kill(&mut self) -> bool {
        let Some(at) = self.district.holder().await else { return false };
        self.district.nodes[at].kill();
        // Nobody else sends: what the rows show in flight was the dead one's.
        let counted = self.is_in_flight().await;
        self.district.nodes[at] = Node::start(&self.district.url, self.district.smsc.port);
        counted
    }

    async fn freeze(&mut self, time: Duration) -> bool {
        let Some(at) = self.district.holder().await else { return false };
        self.district.nodes[at].freeze();
        let counted = self.is_in_flight().await;
        tokio::time::sleep(time).await;
        self.district.nodes[at].go_on();
        counted
    }

    /// It counts when receipts went so while others of the same broadcast were on their way.
    async fn receipts(&mut self, quirk: Quirk) -> bool {
        let before = {
            let mut record = self.district.smsc.record();
            record.quirk = Some(quirk);
            record.quirks
        };
        tokio::time::sleep(Duration::from_millis(400)).await;
        let after = {
            let mut record = self.district.smsc.record();
            record.quirk = None;
            record.quirks
        };
        after > before && self.is_in_flight().await
    }

    /// A family that has not yet written says STOP.
    pub fn one_more_stop(&mut self) {
        if self.stopping < self.families / 4 {
            // From the end: their texts are still to come in the broadcast at work.
            self.stopping += 1;
            self.district.smsc.bring(&world::number(self.families - self.stopping * 2), "STOP");
        }
    }

    /// Until nothing waits or is being sent, and every receipt was acknowledged.
    async fn until_settled(&self) {
        let deadline = Instant::now() + Duration::from_mins(3);
        loop {
            tokio::time::sleep(Duration::from_millis(100)).await;
            let to_send = self.district.to_send().await.unwrap_or(None);
            if to_send == Some(0) && self.district.smsc.owes() == 0 && self.district.is_told().await {
                return;
            }
            let owes = self.district.smsc.owes();
            assert!(Instant::now() < deadline, "not settled: {to_send:?} to send, {owes} receipts owed");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_under_every_kind_of_fault_lose_nothing_and_double_nothing_that_is_not_urgent() {
    let Some(mut server) = Server::start() else { return };
    let run = Run { families: 500, faults: KINDS.len(), seed: 11, freeze_ms: 6_500..7_500 };
    let schedule = schedule(&KINDS, &run);
    let (struck, totals) = play(&mut server, &run, &schedule).await;
    totals.must_hold();
    assert!(struck.values().sum::<usize>() >= KINDS.len() - 2, "most struck in flight: {struck:?}");
    for fault in [Fault::Kill, Fault::Freeze, Fault::DatabaseRestart, Fault::CarrierReset] {
        assert!(struck.get(&fault).is_some_and(|count| *count > 0), "{fault:?} struck in flight: {struck:?}");
    }
}

/// The long form: `scripts/chaos/faults` runs it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes to hours; scripts/chaos/faults runs it"]
async fn as_many_faults_as_asked_for() {
    let number =
        |name: &str, or: u64| std::env::var_os(name).and_then(|text| text.to_str()?.parse::<u64>().ok()).unwrap_or(or);
    let run = Run {
        families: 2_000,
        faults: usize::try_from(number("SCHOOLBELL_CHAOS_FAULTS", 90)).unwrap(),
        seed: number("SCHOOLBELL_CHAOS_SEED", 1),
        freeze_ms: 6_500..number("SCHOOLBELL_CHAOS_FREEZE_MS", 30_000),
    };
    let mut server = Server::start().expect("run it by scripts/chaos/faults");
    let schedule = schedule(&KINDS, &run);
    let (_, totals) = play(&mut server, &run, &schedule).await;
    totals.must_hold();
}
