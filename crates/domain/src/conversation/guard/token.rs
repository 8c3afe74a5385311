//! A text in words and numbers, each with its place, its sentence and its shape.

use std::ops::Range;

use crate::people::name::fold_name;

/// What a token looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Word,
    /// So many digits and nothing else.
    Int(usize),
    /// `14/20`.
    Ratio,
    /// `87%`, `3.4`.
    Percent,
    Decimal,
    /// `1:30`.
    Time,
    /// `5/14/2012`, `2012-05-14`.
    Date,
    /// `078-05-1120`.
    Social,
    /// Digits in groups that are none of these: a phone number, a case number.
    Groups,
    /// Letters and digits: `4B`, `Owl55`.
    Mixed,
    /// A letter grade: `A`, `B+`, `A's`.
    Mark,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token<'a> {
    /// Octets of the text.
    pub at: Range<usize>,
    pub text: &'a str,
    pub folded: String,
    pub sentence: usize,
    pub shape: Shape,
}

impl Token<'_> {
    pub fn is_capitalised(&self) -> bool {
        self.text.chars().next().is_some_and(char::is_uppercase)
    }
}

/// After these a full stop ends no sentence.
const ABBREVIATED: &[&str] =
    &["mr", "mrs", "ms", "dr", "sr", "sra", "srta", "st", "ave", "apt", "no", "blvd", "ct", "rd", "ln"];

pub(super) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens: Vec<Token<'_>> = Vec::new();
    let mut sentence = 0;
    let mut rest = text.char_indices().peekable();
    while let Some((start, c)) = rest.next() {
        if !c.is_alphanumeric() {
            if matches!(c, '.' | '!' | '?' | '\n') && ends_sentence(text, start + c.len_utf8(), tokens.last(), c) {
                sentence += 1;
            }
            continue;
        }
        let end = end_of_token(text, start, c.is_ascii_digit());
        while rest.peek().is_some_and(|(at, _)| *at < end) {
            rest.next();
        }
        let of = &text[start..end];
        tokens.push(Token { at: start..end, text: of, folded: fold_name(of), sentence, shape: shape(of) });
    }
    tokens
}

fn ends_sentence(text: &str, after: usize, last: Option<&Token<'_>>, mark: char) -> bool {
    if mark != '.' {
        return true;
    }
    let followed = text[after..].chars().next().is_none_or(char::is_whitespace);
    let short = last.is_some_and(|token| {
        ABBREVIATED.contains(&token.folded.as_str()) || token.folded.chars().count() == 1 && token.shape == Shape::Word
    });
    followed && !short
}

fn end_of_token(text: &str, start: usize, is_number: bool) -> usize {
    let mut end = start;
    let mut chars = text[start..].char_indices().peekable();
    while let Some((offset, c)) = chars.next() {
        let next = chars.peek().map(|(_, next)| *next);
        let goes_on = c.is_alphanumeric()
            || matches!(c, '\u{300}'..='\u{36f}')
            || (matches!(c, '\'' | '’') && next.is_some_and(char::is_alphanumeric))
            || (is_number
                && matches!(c, '/' | '-' | ':' | '.' | ',')
                && next.is_some_and(|next| next.is_ascii_digit()));
        if !goes_on {
            // A per cent sign belongs to its number, a plus or minus to its letter.
            let letter = &text[start..end];
            let lone = next.is_none_or(|next| !next.is_alphanumeric());
            if (c == '%' && is_number) || (matches!(c, '+' | '-') && is_letter_grade(letter) && lone) {
                end = start + offset + c.len_utf8();
            }
            break;
        }
        end = start + offset + c.len_utf8();
    }
    end
}

fn is_letter_grade(text: &str) -> bool {
    matches!(text, "A" | "B" | "C" | "D" | "F")
}

fn shape(text: &str) -> Shape {
    let bare = text.trim_end_matches(['+', '-']);
    if is_letter_grade(bare) || is_letter_grade(bare.trim_end_matches("'s").trim_end_matches("’s")) {
        return Shape::Mark;
    }
    if !text.starts_with(|c: char| c.is_ascii_digit()) {
        return if text.chars().any(|c| c.is_ascii_digit()) { Shape::Mixed } else { Shape::Word };
    }
    let groups: Vec<&str> = text.trim_end_matches('%').split(['/', '-', ':', '.', ',']).collect();
    if groups.iter().any(|group| group.is_empty() || !group.bytes().all(|b| b.is_ascii_digit())) {
        return Shape::Mixed;
    }
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    let has = |mark: char| text.contains(mark);
    match lengths.as_slice() {
        _ if text.ends_with('%') => Shape::Percent,
        [digits] => Shape::Int(*digits),
        [1 | 2, 2] if has(':') => Shape::Time,
        [_, _] if has('/') => Shape::Ratio,
        [_, _] if has('.') => Shape::Decimal,
        [3, 2, 4] if has('-') => Shape::Social,
        [1 | 2, 1 | 2, 2 | 4] | [4, 1 | 2, 1 | 2] if has('/') || has('-') => Shape::Date,
        _ => Shape::Groups,
    }
}
