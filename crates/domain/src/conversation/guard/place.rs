//! Home addresses: a house number, a name and a kind of street.

use std::ops::Range;

use super::token::{Shape, Token};

/// Kinds of street that are little else in a sentence.
const STREETS: &[&str] = &["street", "avenue", "boulevard", "blvd", "ave", "st", "terrace", "parkway", "pkwy"];
/// Kinds of street that are also words: only with a capital.
const ALSO_WORDS: &[&str] =
    &["drive", "dr", "road", "rd", "lane", "ln", "court", "ct", "way", "circle", "cir", "place", "pl", "trail", "loop"];
/// Between the number and the kind of street.
const MOST_WORDS: usize = 3;

/// `412 Maple Street`, `1810 W. 5th Ave`, `18 pine street`; as ranges of tokens.
pub(super) fn addresses(tokens: &[Token<'_>]) -> Vec<Range<usize>> {
    let number = |token: &Token<'_>| matches!(token.shape, Shape::Int(1..=5));
    (0..tokens.len())
        .filter(|start| number(&tokens[*start]))
        .filter_map(|start| {
            let end = (start + 2..=start + MOST_WORDS + 1).find(|end| is_street(tokens, start, *end))?;
            Some(start..end + 1)
        })
        .collect()
}

/// Whether the token at `end` is the kind of street that belongs to the number at `start`.
fn is_street(tokens: &[Token<'_>], start: usize, end: usize) -> bool {
    let Some(kind) = tokens.get(end).filter(|kind| kind.sentence == tokens[start].sentence) else { return false };
    let name = &tokens[start + 1..end];
    if STREETS.contains(&kind.folded.as_str()) {
        return true;
    }
    let named = name.iter().all(|word| word.is_capitalised() || word.shape == Shape::Mixed);
    ALSO_WORDS.contains(&kind.folded.as_str()) && kind.is_capitalised() && named
}
