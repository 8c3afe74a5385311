//! Judges the content guard by two labelled sets: `cargo run -p schoolbell-domain --example guard_score`.
//!
//! With `--lines` it shows the sentences of the tuned-on half that it gets wrong; never those of the held-out half.

use std::collections::BTreeMap;

use schoolbell_domain::conversation::guard::{Kind, Known, Named, check};

const ROSTER: &str = include_str!("roster.txt");
const TUNED_ON: &str = include_str!("tuned_on.txt");
const HELD_OUT: &str = include_str!("held_out.txt");

/// How one kind fared.
#[derive(Default)]
struct Score {
    all: u32,
    stopped: u32,
    /// Stopped for the reason of the label.
    as_labelled: u32,
}

fn main() {
    let shows_lines = std::env::args().any(|argument| argument == "--lines");
    judge("tuned on", TUNED_ON, shows_lines);
    judge("held out", HELD_OUT, false);
}

fn people() -> Vec<Named> {
    let lines = ROSTER.lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| {
            let mut fields = line.split('|');
            let (given, family, what) = (fields.next()?, fields.next()?, fields.next()?);
            Some(Named { given: given.to_owned(), family: family.to_owned(), is_student: what == "student" })
        })
        .collect()
}

fn judge(name: &str, set: &str, shows_lines: bool) {
    let people = people();
    let mut scores: BTreeMap<&str, Score> = BTreeMap::new();
    for line in set.lines().filter(|line| !line.starts_with('#')) {
        let fields: Vec<&str> = line.splitn(4, '|').collect();
        let [label, _, student, text] = fields.as_slice() else { continue };
        let known = Known { addressed: vec![(*student).to_owned()], people: people.clone() };
        let hits = check(text, &known, &[]);
        let score = scores.entry(label).or_default();
        score.all += 1;
        score.stopped += u32::from(!hits.is_empty());
        score.as_labelled += u32::from(hits.iter().any(|hit| Some(hit.kind) == Kind::from_word(label)));
        let wrong = (*label == "okay") != hits.is_empty();
        if shows_lines && wrong {
            println!("  {line}\n    {:?}", hits.iter().map(|hit| (hit.kind, &hit.words)).collect::<Vec<_>>());
        }
    }
    println!("{name}\n{:<14} {:>5} {:>8} {:>12}", "kind", "all", "stopped", "as labelled");
    let mut total = Score::default();
    for (kind, score) in &scores {
        println!("{kind:<14} {:>5} {:>8} {:>12}", score.all, score.stopped, score.as_labelled);
        if *kind != "okay" {
            total.all += score.all;
            total.stopped += score.stopped;
        }
    }
    let share = |score: &Score| f64::from(score.stopped) * 100.0 / f64::from(score.all.max(1));
    let okay = scores.remove("okay").unwrap_or_default();
    println!("caught {:.1} %, stopped in vain {:.1} %\n", share(&total), share(&okay));
}
