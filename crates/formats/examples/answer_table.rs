//! How well people are told from machines: `cargo run --release --example answer_table -- DIR`.
//!
//! DIR is what `scripts/voice-set/make.py` made: a folder for each half, with calls as raw µ-law and `labels.csv`. For
//! each half: precision and recall of both classes, people cut off (taken for a machine) or talked over, messages begun
//! before the beep, and how long the verdicts took. With a second argument `all` every wrong call is listed.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;

use schoolbell_formats::voice::answer::{Heard, Listener};
use schoolbell_formats::voice::g711::decode_ulaw;
use schoolbell_formats::voice::{FRAME, dtmf};

/// One call of the set.
struct Call {
    file: String,
    is_human: bool,
    kind: String,
    hello_end_ms: Option<u32>,
    /// Where a beep comes: its end.
    beep_end_ms: Option<u32>,
}

/// What the listener told, each with the time at which it did.
struct Outcome {
    call: Call,
    told: Vec<(u32, Heard)>,
    /// Keys heard in the sound; nobody pressed one.
    keys: String,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let folder = args.next().ok_or("name the folder of the labelled set")?;
    let lists = args.next().is_some_and(|word| word == "all");
    for half in ["tuning", "rehearsal", "held-out"] {
        let half_folder = Path::new(&folder).join(half);
        if !half_folder.is_dir() {
            continue;
        }
        let outcomes = listen(&half_folder)?;
        println!("\n== {half}: {} calls", outcomes.len());
        classes(&outcomes);
        kinds(&outcomes);
        harm(&outcomes);
        delays(&outcomes);
        if lists {
            wrong(&outcomes);
        }
    }
    Ok(())
}

fn listen(folder: &Path) -> Result<Vec<Outcome>, Box<dyn Error>> {
    let mut outcomes = Vec::new();
    for row in csv::Reader::from_path(folder.join("labels.csv"))?.records() {
        let row = row?;
        let call = Call {
            file: row[0].to_owned(),
            is_human: &row[1] == "human",
            kind: row[2].to_owned(),
            hello_end_ms: row[3].parse().ok(),
            beep_end_ms: row[5].parse().ok(),
        };
        let samples = decode_ulaw(&std::fs::read(folder.join(&call.file))?);
        let mut listener = Listener::default();
        let mut told = Vec::new();
        for (frame, now_ms) in samples.chunks(FRAME).zip((20..).step_by(20)) {
            told.extend(listener.push(frame).map(|heard| (now_ms, heard)));
        }
        let mut keypad = dtmf::Listener::default();
        let keys = samples.chunks(FRAME).filter_map(|frame| keypad.push(frame)).collect();
        outcomes.push(Outcome { call, told, keys });
    }
    Ok(outcomes)
}

impl Outcome {
    /// Who the message was begun for, or the wait for a beep: the first verdict.
    fn taken_for_human(&self) -> bool {
        match self.told.first() {
            Some((_, Heard::Human { .. } | Heard::Silence)) | None => true,
            Some((_, Heard::Machine { .. } | Heard::Beep { .. })) => false,
        }
    }

    fn is_right(&self) -> bool {
        self.taken_for_human() == self.call.is_human
    }

    /// When a message first begins to play.
    fn begun_ms(&self) -> Option<u32> {
        self.told.iter().find(|(_, heard)| !matches!(heard, Heard::Machine { .. })).map(|(now, _)| *now)
    }

    fn begun_before_beep(&self) -> bool {
        let early = |beep: u32| self.begun_ms().is_some_and(|begun| begun < beep);
        !self.call.is_human && self.call.beep_end_ms.is_some_and(early)
    }

    /// Whether the end of the machine's beep was told, give or take 150 ms, so that the whole message is recorded.
    fn heard_the_beep(&self) -> bool {
        self.told.iter().any(|(_, heard)| match (heard, self.call.beep_end_ms) {
            (Heard::Beep { at_ms }, Some(end)) => at_ms.abs_diff(end) <= 150,
            (Heard::Beep { .. } | Heard::Human { .. } | Heard::Machine { .. } | Heard::Silence, _) => false,
        })
    }
}

fn percent(part: usize, whole: usize) -> String {
    if whole == 0 {
        return "-".to_owned();
    }
    let tenths = (part * 2000 + whole) / (2 * whole);
    format!("{}.{} %", tenths / 10, tenths % 10)
}

fn count(outcomes: &[Outcome], wanted: impl Fn(&Outcome) -> bool) -> usize {
    outcomes.iter().filter(|outcome| wanted(outcome)).count()
}

fn classes(outcomes: &[Outcome]) {
    println!(
        "right: {} of {}, {}",
        count(outcomes, Outcome::is_right),
        outcomes.len(),
        percent(count(outcomes, Outcome::is_right), outcomes.len())
    );
    println!("{:<10} {:>6} {:>10} {:>10}", "class", "calls", "precision", "recall");
    for (class, human) in [("human", true), ("machine", false)] {
        let calls = count(outcomes, |outcome| outcome.call.is_human == human);
        let taken = count(outcomes, |outcome| outcome.taken_for_human() == human);
        let right = count(outcomes, |outcome| outcome.call.is_human == human && outcome.is_right());
        println!("{class:<10} {calls:>6} {:>10} {:>10}", percent(right, taken), percent(right, calls));
    }
}

fn kinds(outcomes: &[Outcome]) {
    let mut kinds: BTreeMap<(bool, &str), (usize, usize)> = BTreeMap::new();
    for outcome in outcomes {
        let kind = kinds.entry((!outcome.call.is_human, &outcome.call.kind)).or_default();
        kind.0 += usize::from(outcome.is_right());
        kind.1 += 1;
    }
    for ((machine, kind), (right, calls)) in kinds {
        println!("  {:<8} {kind:<14} {right:>3} of {calls}", if machine { "machine" } else { "human" });
    }
}

fn harm(outcomes: &[Outcome]) {
    let cut_off = count(outcomes, |outcome| outcome.call.is_human && !outcome.taken_for_human());
    let over = |outcome: &Outcome| outcome.begun_ms() < outcome.call.hello_end_ms;
    let early = count(outcomes, Outcome::begun_before_beep);
    let mended = count(outcomes, |outcome| outcome.begun_before_beep() && outcome.heard_the_beep());
    let beeps = count(outcomes, |outcome| outcome.call.beep_end_ms.is_some());
    println!(
        "people cut off: {cut_off}; talked over in their first word: {}",
        count(outcomes, |outcome| outcome.call.is_human && over(outcome))
    );
    println!("messages begun before the beep: {early} of {beeps}, of these begun anew at the beep: {mended}");
    println!("beeps whose end was heard: {}", percent(count(outcomes, Outcome::heard_the_beep), beeps));
    let anew = |outcome: &Outcome| outcome.call.is_human && outcome.told.len() > 1;
    println!("people whose message was begun anew by a tone: {}", count(outcomes, anew));
    let keys: usize = outcomes.iter().map(|outcome| outcome.keys.chars().count()).sum();
    println!("keys heard that nobody pressed: {keys}");
    let silent = |outcome: &&Outcome| !outcome.call.is_human && outcome.call.beep_end_ms.is_none();
    let never = outcomes.iter().filter(silent).filter(|outcome| outcome.begun_ms().is_none()).count();
    println!(
        "machines without a beep: {}, of these left without a message: {never}",
        outcomes.iter().filter(silent).count()
    );
}

fn delays(outcomes: &[Outcome]) {
    let waited = outcomes.iter().filter(|outcome| outcome.call.is_human).filter_map(|outcome| {
        let (now, _) = outcome.told.first()?;
        Some(now.saturating_sub(outcome.call.hello_end_ms?))
    });
    let mut waited: Vec<u32> = waited.collect();
    waited.sort_unstable();
    if let (Some(middle), Some(last)) = (waited.get(waited.len() / 2), waited.last()) {
        println!("from the end of a hello to the verdict: median {middle} ms, at most {last} ms");
    }
}

fn wrong(outcomes: &[Outcome]) {
    for outcome in outcomes.iter().filter(|outcome| {
        !outcome.is_right()
            || outcome.begun_before_beep()
            || (outcome.call.beep_end_ms.is_some() && !outcome.heard_the_beep())
    }) {
        let Call { file, hello_end_ms, beep_end_ms, .. } = &outcome.call;
        println!("{file}: hello ends {hello_end_ms:?}, beep ends {beep_end_ms:?}, told {:?}", outcome.told);
    }
}
