//! Written text made speakable: what a voice reads aloud the way a person would say it.
//!
//! A voice engine reads `2026-11-23` as three numbers and `512-555-0143` as a sum. Here dates, times, telephone
//! numbers, amounts, addresses and abbreviations become words, Markdown and pictures go. Names stay as they are. English
//! and Spanish have their words in `words`; a text in any other language keeps all of its own, and only its Markdown,
//! its pictures and its telephone numbers are changed.

mod numbers;
mod token;
mod words;

use jiff::civil::{Date, Time};
use pulldown_cmark::{Event, Parser, TagEnd};
use schoolbell_domain::language::Language;

use self::token::Token;
pub use self::words::Tongue;

/// A text as it is read aloud in that language, on one line; empty for an empty text.
pub fn speakable(text: &str, language: &Language) -> String {
    let tongue = Tongue::of(language);
    let sentences: Vec<String> =
        plain(text).lines().map(|line| say(line, tongue)).filter(|line| !line.is_empty()).collect();
    sentences.join(" ").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A text without its Markdown: one line for each paragraph, heading and list item, each with a stop at its end.
pub fn plain(markdown: &str) -> String {
    let mut text = String::with_capacity(markdown.len());
    for event in Parser::new(markdown) {
        match event {
            Event::Text(piece) | Event::Code(piece) => text.push_str(&piece),
            Event::SoftBreak => text.push(' '),
            Event::HardBreak | Event::Rule => end_sentence(&mut text),
            Event::End(TagEnd::Paragraph | TagEnd::Heading(_) | TagEnd::Item | TagEnd::CodeBlock) => {
                end_sentence(&mut text);
            }
            Event::Start(_)
            | Event::End(_)
            | Event::Html(_)
            | Event::InlineHtml(_)
            | Event::InlineMath(_)
            | Event::DisplayMath(_)
            | Event::FootnoteReference(_)
            | Event::TaskListMarker(_) => {}
        }
    }
    text
}

/// Ends the line, with a stop where none stands, so that the voice pauses.
fn end_sentence(text: &mut String) {
    let trimmed = text.trim_end().len();
    text.truncate(trimmed);
    if text.ends_with(|last: char| last.is_alphanumeric() || matches!(last, ')' | '"' | '”' | '%' | '/')) {
        text.push('.');
    }
    if !text.is_empty() {
        text.push('\n');
    }
}

/// A date as it is said, without its year: `November 23`, `23 de noviembre`.
pub fn date(date: Date, tongue: Tongue) -> String {
    tongue.date(date.month(), date.day())
}

/// A time of day as it is said: `7 30 A M`, `7 y 30 de la mañana`; a full hour is `8 A M`, `8 de la mañana`.
pub fn time(time: Time, tongue: Tongue) -> String {
    tongue.time(time.hour(), time.minute())
}

/// A telephone number digit by digit, with a pause between its groups: `5 1 2, 5 5 5, 0 1 4 3`.
///
/// The country code of North America is left out, as everybody there does; another one is said with its plus.
pub fn telephone_number(number: &str) -> String {
    numbers::telephone(number)
}

/// One line, word by word.
fn say(line: &str, tongue: Option<Tongue>) -> String {
    let clean: String = line.chars().map(spoken_sign).collect();
    let tokens: Vec<Token<'_>> = clean.split_whitespace().map(Token::of).collect();
    let mut said: Vec<String> = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let (words, used) = numbers::spoken(&tokens[at..], tongue)
            .or_else(|| tongue.and_then(|tongue| tongue.address_or_word(&tokens[at..])))
            .unwrap_or_else(|| (token.core.to_owned(), 1));
        let last = tokens.get(at + used - 1).unwrap_or(token);
        // A word that a stop made an abbreviation keeps it at the end of the line only.
        let short = matches!(last.core, "a.m" | "p.m" | "A.M" | "P.M")
            || tongue.is_some_and(|tongue| tongue.shortens(last.core));
        let within = words != token.core && at + used < tokens.len();
        let trail = if short && within { last.trail.strip_prefix('.').unwrap_or(last.trail) } else { last.trail };
        let word = format!("{}{words}{}", heard(token.lead), heard(trail));
        if word.chars().any(char::is_alphanumeric) {
            said.push(word);
        } else if let Some(before) = said.last_mut().filter(|before| before.ends_with(char::is_alphanumeric)) {
            // A dash between two words is a pause.
            before.push(',');
        }
        at += used;
    }
    said.join(" ")
}

/// Of the punctuation around a word what a voice makes something of: brackets and quotation marks are for the eye.
fn heard(punctuation: &str) -> String {
    punctuation.chars().filter(|sign| ".,;:!?¿¡".contains(*sign)).collect()
}

/// The sign itself where a voice makes sense of it, else a space: pictures, bullets, arrows.
fn spoken_sign(sign: char) -> char {
    let kept = sign.is_alphanumeric() || sign.is_whitespace() || is_mark(sign);
    match sign {
        '’' | '‘' => '\'',
        '–' | '—' => '-',
        _ if kept => sign,
        _ => ' ',
    }
}

/// Accents that stand apart from their letter, and the signs that carry meaning.
fn is_mark(sign: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&sign) || ".,;:!?¿¡'\"“”()-&%$#@/+*_=~".contains(sign)
}

#[cfg(test)]
mod tests;
