//! Names of the roster in a text: first and last together, and first names of students who are not meant.

use std::ops::Range;

use super::token::{Shape, Token};
use crate::people::name::fold_name;

/// Somebody on the roster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    pub given: String,
    pub family: String,
    /// Whether the first name alone gives somebody away: a student of the same school.
    pub is_student: bool,
}

/// Whom the roster has, as far as the words of a text could name them.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// First names of the student and of whom the text goes to; they may be named.
    pub addressed: Vec<String>,
    pub people: Vec<Named>,
}

/// First names that are also words, months or places: taken for a name only where nothing else fits.
const ALSO_WORDS: &[&str] = &[
    "will",
    "may",
    "mark",
    "grace",
    "hope",
    "faith",
    "june",
    "april",
    "august",
    "rose",
    "dean",
    "reid",
    "miles",
    "hall",
    "art",
    "christian",
    "summer",
    "autumn",
    "joy",
    "ivy",
    "penny",
    "chase",
    "hunter",
    "drew",
    "pat",
    "bill",
    "rob",
    "sue",
    "dawn",
    "sky",
    "star",
    "melody",
    "destiny",
    "angel",
    "precious",
    "luz",
    "sol",
    "mar",
    "jack",
    "daisy",
    "olive",
    "frank",
    "gene",
    "harmony",
    "heaven",
    "victory",
    "major",
    "king",
    "prince",
    "justice",
    "amber",
    "ruby",
    "crystal",
    "holly",
    "iris",
    "lily",
    "violet",
    "basil",
    "forest",
    "river",
    "lane",
    "wade",
    "ward",
    "page",
    "paige",
    "carol",
    "mercy",
    "charity",
    "patience",
    "trinity",
    "nova",
    "genesis",
    "milagros",
    "esperanza",
    "dolores",
    "rosa",
    "blanca",
    "mai",
    "lan",
    "van",
    "an",
    "my",
    "ha",
    "zion",
    "israel",
    "jordan",
    "austin",
    "dallas",
    "houston",
    "paris",
    "florida",
    "carolina",
    "virginia",
    "georgia",
    "savannah",
    "chance",
    "cash",
    "rich",
    "guy",
    "son",
    "so",
    "see",
    "kay",
    "tu",
    "yu",
];
/// Before a name these mean an adult.
const TITLES: &[&str] = &[
    "mr",
    "mrs",
    "ms",
    "miss",
    "dr",
    "sr",
    "sra",
    "srta",
    "senor",
    "senora",
    "coach",
    "principal",
    "profe",
    "maestro",
    "maestra",
    "officer",
    "don",
    "dona",
];

/// Two words side by side that are a first and a last name of one person, in either order.
pub(super) fn full_names(tokens: &[Token<'_>], known: &Known) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for person in &known.people {
        let (given, family) = (fold_name(&person.given), fold_name(&person.family));
        // Short parts of a name (`de`, `la`, `St`) are no name by themselves.
        let families: Vec<&str> = family.split(' ').filter(|part| part.chars().count() > 2).collect();
        for start in 0..tokens.len() {
            let Some(length) = given_at(tokens, start, &given) else { continue };
            let after = tokens.get(start + length);
            // `St. Clair`: one short part may stand between.
            let next = tokens.get(start + length + 1);
            let short = after.is_some_and(|token| token.folded.chars().count() <= 2 && family.contains(&token.folded));
            if after.is_some_and(|token| is_family(token, &families)) {
                found.push(start..start + length + 1);
            } else if short && next.is_some_and(|token| is_family(token, &families)) {
                found.push(start..start + length + 2);
            } else if start > 0 && families.contains(&tokens[start - 1].folded.as_str()) {
                found.push(start - 1..start + length);
            }
        }
    }
    found.retain(|at| tokens[at.start].sentence == tokens[at.end - 1].sentence);
    found
}

/// `Whitlock`, `Whitlock's`.
fn is_family(token: &Token<'_>, families: &[&str]) -> bool {
    let owner = token.text.contains(['\'', '’']).then(|| token.folded.strip_suffix('s')).flatten();
    families.iter().any(|family| token.folded == *family || owner == Some(*family))
}

/// How many tokens of the first name stand here: all of it, or its first part.
fn given_at(tokens: &[Token<'_>], start: usize, given: &str) -> Option<usize> {
    let parts: Vec<&str> = given.split(' ').collect();
    let whole = parts.iter().enumerate().all(|(n, part)| tokens.get(start + n).is_some_and(|t| t.folded == *part));
    let first = parts.first().is_some_and(|first| tokens.get(start).is_some_and(|t| t.folded == *first));
    if whole { Some(parts.len()) } else { first.then_some(1) }
}

/// First names of students whom neither the thread is about nor the text goes to.
pub(super) fn other_students(tokens: &[Token<'_>], known: &Known) -> Vec<Range<usize>> {
    let addressed: Vec<String> = known.addressed.iter().flat_map(|name| words(name)).collect();
    let has_capitals = tokens.iter().any(Token::is_capitalised);
    let mut found = Vec::new();
    for person in known.people.iter().filter(|person| person.is_student) {
        let Some(given) = words(&person.given).into_iter().next() else { continue };
        if addressed.contains(&given) {
            continue;
        }
        for (at, token) in tokens.iter().enumerate() {
            let name = token.folded == given || token.folded == format!("{given}s") && token.text.contains(['\'', '’']);
            if name && is_a_name(tokens, at, &given, has_capitals) {
                found.push(at..at + 1);
            }
        }
    }
    found
}

fn words(name: &str) -> Vec<String> {
    fold_name(name).split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// Whether a word that could be a first name is one here.
fn is_a_name(tokens: &[Token<'_>], at: usize, given: &str, has_capitals: bool) -> bool {
    let token = &tokens[at];
    let before = at.checked_sub(1).and_then(|before| tokens.get(before)).filter(|t| t.sentence == token.sentence);
    if before.is_some_and(|before| TITLES.contains(&before.folded.as_str())) {
        return false;
    }
    if !ALSO_WORDS.contains(&given) {
        // Who writes in capitals writes names so; who writes without any does not.
        return token.is_capitalised() || !has_capitals || token.text.len() > 4;
    }
    let after = tokens.get(at + 1).filter(|t| t.sentence == token.sentence);
    let date = after.is_some_and(|after| matches!(after.shape, Shape::Int(1 | 2 | 4) | Shape::Mixed));
    let month =
        before.is_some_and(|before| ["in", "on", "of", "until", "by", "since"].contains(&before.folded.as_str()));
    token.is_capitalised() && before.is_some() && !date && !month
}
