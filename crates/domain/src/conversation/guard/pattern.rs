//! Patterns over tokens, as short texts, so that the list of phrases is data.
//!
//! Elements are parted by blanks: `absent|late` one of these words, `suspen*` a word that begins so, `..` up to three
//! tokens of the same sentence, `~` at most one, `!level|band` not one of these next, and `<int>`, `<num>`, `<ratio>`,
//! `<percent>`, `<decimal>`, `<date>`, `<social>`, `<mark>`, `<long>` (5 to 9 digits), `<secret>` (digits somewhere) by
//! their shape.

use std::ops::Range;

use super::token::{Shape, Token};

/// How many tokens `..` may pass.
const WIDEST: usize = 3;
const NUMBERS: &[&str] = &[
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "several", "many", "dos", "tres",
    "cuatro", "cinco", "seis", "siete", "ocho", "nueve", "diez", "varias", "varios", "muchas", "muchos",
];

/// Where the pattern stands, as ranges of tokens.
pub(super) fn find(tokens: &[Token<'_>], pattern: &str) -> Vec<Range<usize>> {
    let elements: Vec<&str> = pattern.split(' ').collect();
    (0..tokens.len())
        .filter_map(|start| ends_at(tokens, start, &elements, tokens[start].sentence).map(|end| start..end))
        .collect()
}

/// Where a match that begins here ends.
fn ends_at(tokens: &[Token<'_>], at: usize, elements: &[&str], sentence: usize) -> Option<usize> {
    let Some((element, rest)) = elements.split_first() else { return Some(at) };
    let token = tokens.get(at).filter(|token| token.sentence == sentence);
    match *element {
        ".." => (0..=WIDEST).find_map(|passed| ends_at(tokens, at + passed, rest, sentence)),
        "~" => (0..=1).find_map(|passed| ends_at(tokens, at + passed, rest, sentence)),
        element => {
            if let Some(not) = element.strip_prefix('!') {
                let stands = token.is_some_and(|token| fits(token, not));
                return if stands { None } else { ends_at(tokens, at, rest, sentence) };
            }
            token.filter(|token| fits(token, element)).and_then(|_| ends_at(tokens, at + 1, rest, sentence))
        }
    }
}

fn fits(token: &Token<'_>, element: &str) -> bool {
    match element {
        "<int>" => matches!(token.shape, Shape::Int(_)),
        "<num>" => matches!(token.shape, Shape::Int(_)) || NUMBERS.contains(&token.folded.as_str()),
        "<ratio>" => token.shape == Shape::Ratio,
        "<percent>" => token.shape == Shape::Percent,
        "<decimal>" => token.shape == Shape::Decimal,
        "<date>" => token.shape == Shape::Date,
        "<social>" => token.shape == Shape::Social,
        "<mark>" => token.shape == Shape::Mark,
        "<long>" => matches!(token.shape, Shape::Int(5..=9)),
        "<groups>" => token.shape == Shape::Groups,
        "<secret>" => matches!(token.shape, Shape::Int(_) | Shape::Mixed),
        words => words.split('|').any(|word| match word.strip_suffix('*') {
            Some(start) => token.folded.starts_with(start),
            None => token.folded == word,
        }),
    }
}
