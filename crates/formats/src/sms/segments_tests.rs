use proptest::prelude::*;
use serde::Deserialize;

use super::*;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Vector {
    test_description: String,
    body: String,
    encoding: String,
    segments: usize,
    message_size: usize,
}

/// LAW-25, against the table of an independent calculator (testdata/gsm7/NOTICE.md); sizes are in bits.
#[test]
fn an_independent_calculator_counts_the_same() {
    let vectors: Vec<Vector> = serde_json::from_str(include_str!("../../testdata/gsm7/vectors.json")).unwrap();
    assert_eq!(vectors.len(), 10);
    for vector in vectors {
        let ours = segments(&vector.body);
        let bits = match ours.encoding {
            Encoding::Gsm7 => 7 * ours.units,
            Encoding::Ucs2 => 16 * ours.units,
        };
        let word = if ours.encoding == Encoding::Gsm7 { "GSM-7" } else { "UCS-2" };
        assert_eq!(
            (word, ours.parts, bits),
            (vector.encoding.as_str(), vector.segments, vector.message_size),
            "{}",
            vector.test_description
        );
    }
}

/// LAW-25: 160 and 153, 70 and 67, and what still fits.
#[test]
fn limits_of_law_25() {
    let cases = [
        (String::new(), Encoding::Gsm7, 0, 160),
        ("a".repeat(160), Encoding::Gsm7, 1, 0),
        ("a".repeat(161), Encoding::Gsm7, 2, 145),
        ("a".repeat(306), Encoding::Gsm7, 2, 0),
        ("a".repeat(918), Encoding::Gsm7, 6, 0),
        ("\u{20ac}".repeat(80), Encoding::Gsm7, 1, 0),
        ("\u{20ac}".repeat(81), Encoding::Gsm7, 2, 143),
        ("\u{e1}".repeat(70), Encoding::Ucs2, 1, 0),
        ("\u{e1}".repeat(71), Encoding::Ucs2, 2, 63),
        ("\u{e1}".repeat(134), Encoding::Ucs2, 2, 0),
    ];
    for (text, encoding, parts, left) in cases {
        let ours = segments(&text);
        assert_eq!((ours.encoding, ours.parts, ours.units_left), (encoding, parts, left), "{} chars", text.len());
    }
}

/// LAW-25: the ten characters of the extension table cost two.
#[test]
fn extension_characters_cost_two_and_are_never_cut_in_half() {
    for character in "^{}\\[]~|\u{20ac}\u{c}".chars() {
        assert_eq!(segments(&character.to_string()).units, 2, "{character:?}");
    }
    let text = format!("{}\u{20ac}{}", "a".repeat(152), "b".repeat(20));
    assert_eq!(split(&text).1, ["a".repeat(152), format!("\u{20ac}{}", "b".repeat(20))]);
}

#[test]
fn a_flag_at_the_border_moves_whole_to_the_next_part() {
    let text = format!("{}\u{1f1ee}\u{1f1f9}{}", "\u{e1}".repeat(65), "b".repeat(10));
    let (encoding, parts) = split(&text);
    assert_eq!(encoding, Encoding::Ucs2);
    assert_eq!(parts[1], format!("\u{1f1ee}\u{1f1f9}{}", "b".repeat(10)));
}

#[test]
fn a_cluster_longer_than_a_part_is_cut_between_characters() {
    let text = format!("x{}", "\u{301}".repeat(200));
    let (_, parts) = split(&text);
    assert_eq!(parts.len(), 3);
    assert_eq!(parts.concat(), text);
}

#[test]
fn foreign_characters_are_named_once_in_order() {
    assert_eq!(segments("caf\u{e9} \u{1f600} \u{e1}\u{1f600}").foreign, ['\u{1f600}', '\u{e1}']);
    assert!(segments("plain").foreign.is_empty());
}

fn typed() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        8 => "[ -~]{1,40}",
        2 => "[\u{20ac}\\[\\]{}|~^]{1,20}",
        1 => "\\PC{1,30}",
        1 => Just("\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}".to_owned()),
        1 => Just("e\u{301}\u{302}".to_owned()),
    ];
    proptest::collection::vec(piece, 0..20).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn parts_join_to_the_text_fit_their_room_and_match_the_count(text in typed()) {
        let count = segments(&text);
        let (encoding, parts) = split(&text);
        prop_assert_eq!(parts.concat(), text.clone());
        prop_assert_eq!((encoding, parts.len()), (count.encoding, count.parts));
        let room = if parts.len() > 1 { encoding.in_company() } else { encoding.alone() };
        let octets = if encoding == Encoding::Gsm7 { 1 } else { 2 };
        let mut units = 0;
        for part in &parts {
            let sent = super::super::encode(encoding, part).len();
            prop_assert!(sent <= room * octets);
            units += sent / octets;
        }
        prop_assert_eq!(units, count.units);
    }

    /// Each part reads alone: no half pairs, and no cut inside a visible character that fits a part.
    #[test]
    fn every_cut_stands_between_two_visible_characters(text in typed()) {
        let borders: Vec<usize> = text.grapheme_indices(true).map(|(at, _)| at).collect();
        let (encoding, parts) = split(&text);
        let longest = text.graphemes(true).map(|g| g.chars().map(|c| encoding.cost(c)).sum::<usize>()).max();
        prop_assume!(longest.unwrap_or(0) <= encoding.in_company());
        let mut at = 0;
        for part in parts {
            prop_assert!(borders.contains(&at));
            at += part.len();
        }
    }
}
