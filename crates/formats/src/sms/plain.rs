//! Typographic characters made plain before parts are counted (`ARCHITECTURE.md`, decision 8): one curly apostrophe
//! would turn a text of one part into two.

use serde::Serialize;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// A text made plain, and what was changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Plain {
    pub text: String,
    /// Each changed character once, in order of appearance; empty if the text was plain.
    pub changed: Vec<Changed>,
}

/// One character that was replaced throughout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Changed {
    pub from: char,
    /// What stands in its place; empty for what nobody sees, like a zero-width space.
    pub to: &'static str,
    pub times: usize,
}

/// Replaces curly quotes, dashes, the ellipsis, odd spaces, and the two of ASCII that GSM-7 lacks and nobody misses
/// (backtick and tab), and drops invisible marks.
///
/// Letters with a separate accent become one letter (Unicode NFC): what is seen stays the same, so it is not reported.
/// The joiners that emoji and some scripts need are kept. Plain text made plain again is the same.
pub fn plain(text: &str) -> Plain {
    if text.bytes().all(|byte| byte.is_ascii() && byte != b'`' && byte != b'\t') {
        return Plain { text: text.to_owned(), changed: Vec::new() };
    }
    let mut out = String::with_capacity(text.len());
    let mut changed: Vec<Changed> = Vec::new();
    let mut take = |character: char| match replacement(character) {
        None => out.push(character),
        Some(to) => {
            out.push_str(to);
            match changed.iter_mut().find(|change| change.from == character) {
                Some(change) => change.times += 1,
                None => changed.push(Changed { from: character, to, times: 1 }),
            }
        }
    };
    match is_nfc_quick(text.chars()) {
        IsNormalized::Yes => text.chars().for_each(&mut take),
        IsNormalized::No | IsNormalized::Maybe => text.nfc().for_each(&mut take),
    }
    // What was dropped may have stood between a letter and its accent.
    let text = if changed.iter().any(|change| change.to.is_empty()) { out.nfc().collect() } else { out };
    Plain { text, changed }
}

const fn replacement(character: char) -> Option<&'static str> {
    Some(match character {
        '\u{2018}' | '\u{2019}' | '\u{201a}' | '\u{201b}' | '\u{2032}' | '\u{2035}' | '\u{2039}' | '\u{203a}'
        | '\u{2bc}' | '\u{b4}' | '`' => "'",
        '\u{201c}' | '\u{201d}' | '\u{201e}' | '\u{201f}' | '\u{2033}' | '\u{2036}' | '\u{ab}' | '\u{bb}' => "\"",
        '\u{2010}' | '\u{2011}' | '\u{2012}' | '\u{2013}' | '\u{2014}' | '\u{2015}' | '\u{2212}' | '\u{2043}' => "-",
        '\u{2026}' => "...",
        '\u{2022}' => "*",
        '\u{2044}' => "/",
        '\t' | '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => " ",
        '\u{ad}' | '\u{200b}' | '\u{2060}' | '\u{feff}' => "",
        '\u{2028}' | '\u{2029}' | '\u{85}' => "\n",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::segments::{Encoding, segments};
    use super::*;

    /// Decision 8, and the source's own example: 96 characters with one U+2019.
    #[test]
    fn one_curly_apostrophe_no_longer_doubles_the_price() {
        let typed = format!("It\u{2019}s a snow day{}", ".".repeat(79));
        assert_eq!((segments(&typed).encoding, segments(&typed).parts), (Encoding::Ucs2, 2));
        let plain = plain(&typed);
        assert_eq!((segments(&plain.text).encoding, segments(&plain.text).parts), (Encoding::Gsm7, 1));
        assert_eq!(plain.changed, [Changed { from: '\u{2019}', to: "'", times: 1 }]);
    }

    #[test]
    fn every_change_is_reported_once_with_its_count() {
        let made = plain("\u{201c}Closed\u{201d} \u{2014} all\u{a0}day\u{2026}\u{201c}\u{200b}");
        assert_eq!(made.text, "\"Closed\" - all day...\"");
        let seen: Vec<(char, &str, usize)> = made.changed.iter().map(|c| (c.from, c.to, c.times)).collect();
        assert_eq!(
            seen,
            [
                ('\u{201c}', "\"", 2),
                ('\u{201d}', "\"", 1),
                ('\u{2014}', "-", 1),
                ('\u{a0}', " ", 1),
                ('\u{2026}', "...", 1),
                ('\u{200b}', "", 1)
            ]
        );
    }

    #[test]
    fn an_accent_typed_apart_becomes_one_letter() {
        assert_eq!(plain("Chloe\u{301}").text, "Chlo\u{e9}");
        assert_eq!(segments(&plain("Chloe\u{301}").text).encoding, Encoding::Gsm7);
    }

    #[test]
    fn emoji_keep_their_joiners() {
        assert_eq!(plain("\u{1f3f3}\u{fe0f}\u{200d}\u{1f308}").text, "\u{1f3f3}\u{fe0f}\u{200d}\u{1f308}");
    }

    proptest! {
        #[test]
        fn plain_twice_is_plain_once(text in "\\PC{0,60}") {
            let once = plain(&text);
            prop_assert_eq!(&plain(&once.text).text, &once.text);
        }
    }
}
