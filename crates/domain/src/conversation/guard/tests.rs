use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::*;

const ROSTER: &str = include_str!("../../../examples/guard_score/roster.txt");
const TUNED_ON: &str = include_str!("../../../examples/guard_score/tuned_on.txt");
const HELD_OUT: &str = include_str!("../../../examples/guard_score/held_out.txt");
const HELD_OUT_DIGEST: &str = include_str!("../../../examples/guard_score/held_out.sha256");

fn known(student: &str) -> Known {
    let lines = ROSTER.lines().filter(|line| !line.starts_with('#'));
    let people = lines.filter_map(|line| {
        let [given, family, what] = line.split('|').collect::<Vec<_>>().try_into().ok()?;
        Some(Named { given: given.to_owned(), family: family.to_owned(), is_student: what == "student" })
    });
    Known { addressed: vec![student.to_owned()], people: people.collect() }
}

/// Kind, how many, and how many of them were stopped.
fn scored(set: &str) -> BTreeMap<String, (u32, u32)> {
    let mut scores: BTreeMap<String, (u32, u32)> = BTreeMap::new();
    for line in set.lines().filter(|line| !line.starts_with('#')) {
        let fields: Vec<&str> = line.splitn(4, '|').collect();
        let score = scores.entry(fields[0].to_owned()).or_default();
        score.0 += 1;
        score.1 += u32::from(!check(fields[3], &known(fields[2]), &[]).is_empty());
    }
    scores
}

/// Shares in per cent: of the not-okay caught, of the okay stopped.
fn shares(set: &str) -> (f64, f64) {
    let scores = scored(set);
    let of = |(all, stopped): (u32, u32)| f64::from(stopped) * 100.0 / f64::from(all.max(1));
    let okay = scores.get("okay").copied().unwrap_or_default();
    let not = scores
        .iter()
        .filter(|(kind, _)| *kind != "okay")
        .fold((0, 0), |(all, stopped), (_, score)| (all + score.0, stopped + score.1));
    (of(not), of(okay))
}

#[test]
fn b19_on_the_half_that_was_never_tuned_on_nine_of_ten_are_caught_and_one_of_twenty_stopped_in_vain() {
    let (caught, in_vain) = shares(HELD_OUT);
    assert!(caught >= 90.0 && in_vain <= 5.0, "caught {caught:.1} %, stopped in vain {in_vain:.1} %");
}

#[test]
fn b19_the_half_that_judges_is_the_one_that_was_written_first() {
    let digest = format!("{:x}", Sha256::digest(HELD_OUT.as_bytes()));
    assert_eq!(HELD_OUT_DIGEST.split_whitespace().next(), Some(digest.as_str()));
    assert!(HELD_OUT.lines().filter(|line| !line.starts_with('#')).count() >= 200);
    assert!(TUNED_ON.lines().filter(|line| !line.starts_with('#')).count() >= 200);
}

#[test]
fn b19_no_sentence_of_the_tuned_half_stands_in_the_other() {
    let sentences = |set: &'static str| -> Vec<&'static str> {
        let lines = set.lines().filter(|line| !line.starts_with('#'));
        lines.filter_map(|line| line.splitn(4, '|').nth(3)).collect()
    };
    let held = sentences(HELD_OUT);
    assert!(sentences(TUNED_ON).iter().all(|text| !held.contains(text)));
}

#[test]
fn b19_a_mark_says_where_why_and_what_to_write_instead() {
    let text = "Sarah Whitlock got a 92 on the test.";
    let hits = check(text, &known("Sarah"), &[]);
    assert_eq!(hits.iter().map(|hit| hit.kind).collect::<Vec<_>>(), [Kind::FullName, Kind::Grade]);
    assert_eq!(hits[0].words, "Sarah Whitlock");
    assert_eq!(&text[hits[0].at.clone()], "Sarah Whitlock");
    for kind in Kind::ALL {
        assert_eq!(Kind::from_word(kind.word()), Some(kind));
        assert!(kind.why().ends_with('.') && !kind.safer().is_empty() && !kind.plain().is_empty());
    }
}

#[test]
fn b19_the_example_of_the_source_is_okay_and_the_districts_own_words_are_not() {
    let text = "Hi Sarah, this is Mrs. Bell, your ELA teacher. Are you able to get started in class?";
    assert_eq!(check(text, &known("Sarah"), &[]), []);
    let hits = check(text, &known("Sarah"), &["ELA".to_owned()]);
    assert_eq!(hits.iter().map(|hit| (hit.kind, hit.words.as_str())).collect::<Vec<_>>(), [(Kind::District, "ELA")]);
}

#[test]
fn b16_a_classmate_is_marked_and_a_teacher_of_the_same_name_is_not() {
    let marked = |text: &str| check(text, &known("Sarah"), &[]).iter().map(|hit| hit.kind).collect::<Vec<_>>();
    assert_eq!(marked("Ask Mateo for the notes."), [Kind::OtherStudent]);
    assert_eq!(marked("Ask Mrs. Rose for the notes."), []);
    assert_eq!(marked("I hope to see you on June 5."), []);
    assert_eq!(marked("You and Grace are a team."), [Kind::OtherStudent]);
    assert_eq!(marked("ask mateo villarreal for the notes"), [Kind::FullName]);
}

#[test]
fn law_52_a_record_that_a_family_sees_names_no_other_student() {
    let seen = |text: &str| redacted(text, &known("Sarah"));
    assert_eq!(
        seen("Sarah Whitlock and Mateo work with Eli Barlow."),
        "Sarah Whitlock and [another student] work with [another student]."
    );
    assert_eq!(seen("You got a 92, Sarah!"), "You got a 92, Sarah!");
}

#[test]
fn marks_never_split_a_letter_whatever_is_written() {
    for text in ["", "ñandú 🦙 92%", "été — “Sarah”’s 7/7", "\u{301}\u{301}", "A- B+ C", "…", "5/14/2012-", "12:"]
    {
        for hit in check(text, &known("Ana"), &["🦙".to_owned(), String::new()]) {
            assert_eq!(text.get(hit.at.clone()), Some(hit.words.as_str()));
        }
    }
}

#[test]
fn words_that_need_a_human_are_heard_and_daily_words_are_not() {
    for text in [
        "i want to die",
        "I'm going to kill myself",
        "he hits me every night",
        "me quiero morir",
        "i have a gun",
        "no reason to live anymore",
        "I'm scared to go home",
        "im gonna shoot up the school",
        "mi papá me pega",
    ] {
        assert!(needs_a_human(text), "{text}");
    }
    for text in [
        "this homework is killing me lol",
        "I will be there at 3",
        "we hit a home run",
        "I cut the paper",
        "ok thanks",
        "my phone died",
        "I am scared of the test",
        "no me pegues el papel",
        "Yes",
    ] {
        assert!(!needs_a_human(text), "{text}");
    }
}
