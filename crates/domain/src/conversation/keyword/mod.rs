//! What a text that came in asks of us: in, out, help, or none of these (A25-A27, LAW-9, LAW-20, LAW-21).
//!
//! The two directions are judged by different measures. To open, somebody must say one of the words of the program and
//! nothing that changes its meaning: no consent is invented. To close, any words that a reasonable person would
//! understand are enough (LAW-9), and where a text says both, it closes. Rule page: `docs/src/rules/consent.md`.

mod words;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use words::{AFTER_YES, HELP, IN, OUT, POLITE, TEXTOS, TEXTS};

/// What a text asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Keyword {
    OptIn,
    OptOut,
    Help,
    /// None of these; perhaps an answer to somebody.
    Unclear,
}

impl Keyword {
    pub const ALL: [Self; 4] = [Self::OptIn, Self::OptOut, Self::Help, Self::Unclear];

    /// The word in the database.
    pub const fn word(self) -> &'static str {
        match self {
            Self::OptIn => "opt_in",
            Self::OptOut => "opt_out",
            Self::Help => "help",
            Self::Unclear => "unclear",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|keyword| keyword.word() == word)
    }
}

/// Reads a text. Case, accents, punctuation, curly quotes and signatures of phones do not matter.
///
/// A stop sign or a no-entry sign alone closes; a thumb up does not open, since the program asked for a word.
pub fn classify(text: &str) -> Keyword {
    let plain = plain(text);
    let mut words: Vec<&str> = plain.split_whitespace().collect();
    drop_signature(&mut words);
    let closed_up = words.concat();
    if says_stop_by_sign(text) || is_out(&words, &closed_up) || shouts_stop(text) || revokes(&words) {
        return Keyword::OptOut;
    }
    if all_are(&words, HELP, &[POLITE]) {
        return Keyword::Help;
    }
    let yes_and_more =
        words.first().is_some_and(|first| IN.contains(first)) && all_are(&words, IN, &[AFTER_YES, POLITE]);
    if all_are(&words, IN, &[POLITE]) || yes_and_more || IN.contains(&closed_up.as_str()) {
        return Keyword::OptIn;
    }
    Keyword::Unclear
}

/// Lower case without accents; an apostrophe closes up (`don't` is `dont`), any other mark becomes a blank.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase) {
        match c {
            '\'' | '’' | '‘' | '`' | '´' | 'ʼ' | 'ʻ' | '\u{200b}'..='\u{200f}' | '\u{feff}' => {}
            c if c.is_alphanumeric() => plain.push(c),
            _ => plain.push(' '),
        }
    }
    plain
}

/// `Sent from my iPhone`, `Enviado desde mi …`, `Get Outlook for iOS`.
fn drop_signature(words: &mut Vec<&str>) {
    let starts: [&[&str]; 3] = [&["sent", "from"], &["enviado", "desde"], &["get", "outlook"]];
    let at =
        (1..words.len()).find(|at| starts.iter().any(|start| words.get(*at..).is_some_and(|w| w.starts_with(start))));
    if let Some(at) = at {
        words.truncate(at);
    }
}

/// At least one keyword, and nothing but keywords and words that leave them as they are.
fn all_are(words: &[&str], keywords: &[&str], beside: &[&[&str]]) -> bool {
    words.iter().any(|word| keywords.contains(word))
        && words.iter().all(|word| keywords.contains(word) || beside.iter().any(|list| list.contains(word)))
}

/// `stop`, `STOP ALL please`, `opt-out`, `s t o p`, `yes stop`.
fn is_out(words: &[&str], closed_up: &str) -> bool {
    OUT.contains(&closed_up)
        || all_are(words, OUT, &[POLITE, IN, &["it", "this", "these", "everything"]])
        || closed_up.strip_prefix("please").is_some_and(|rest| OUT.contains(&rest))
        || words.iter().filter(|word| !POLITE.contains(word)).copied().collect::<String>() == "optout"
}

/// The first word is STOP in capitals and the rest is not: `STOP this is not my son's school`.
fn shouts_stop(text: &str) -> bool {
    let mut words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.next() == Some("STOP") && words.any(|word| word.chars().any(char::is_lowercase))
}

fn says_stop_by_sign(text: &str) -> bool {
    let signs = text.trim().trim_matches(|c: char| c == '\u{fe0f}' || c.is_whitespace());
    !signs.is_empty() && signs.chars().all(|c| matches!(c, '🛑' | '⛔' | '🚫' | '\u{fe0f}'))
}

/// Whether a sentence revokes as a reasonable person would read it (LAW-9).
fn revokes(words: &[&str]) -> bool {
    (0..words.len()).any(|at| {
        let (before, rest) = words.split_at(at);
        revokes_in_english(before, rest) || revokes_in_spanish(before, rest)
    })
}

fn revokes_in_english(before: &[&str], rest: &[&str]) -> bool {
    let near =
        |from: usize, to: usize, list: &[&str]| rest.iter().skip(from).take(to - from).any(|word| list.contains(word));
    match rest {
        ["stop" | "quit" | "cease" | "discontinue" | "cancel" | "end" | "halt", ..] => {
            !is_negated(before) && near(1, 4, TEXTS)
        }
        ["unsubscribe" | "unsubscribed" | "optout", ..] | ["opt", "out" | "me", ..] => !is_negated(before),
        ["revoke" | "withdraw", ..] => near(1, 4, &["consent", "permission", "authorization"]),
        ["dont" | "never", rest @ ..] | ["do", "not", rest @ ..] => forbids(rest),
        ["no", "more", what, ..] => TEXTS.contains(what),
        ["no", "longer", "want" | "wish", ..] => near(3, 7, TEXTS),
        ["take" | "get", "me" | "us", "off", ..]
        | ["remove" | "delete", "me" | "us", "from" | "off", ..]
        | ["remove" | "delete", "my" | "our" | "this", "number" | "phone" | "cell", ..]
        | ["leave", "me" | "us", "alone", ..]
        | ["wrong", "number", ..] => true,
        _ => false,
    }
}

/// What follows `do not`: `text me again`, `ever contact us`, `send me any more`, `want these texts`.
fn forbids(rest: &[&str]) -> bool {
    let rest = match rest {
        ["ever" | "please" | "you" | "dare", rest @ ..] => rest,
        _ => rest,
    };
    match rest {
        ["text" | "txt" | "message" | "msg" | "contact" | "call" | "sms" | "bother", after @ ..] => {
            let after_says_so =
                after.iter().take(1).any(|word| ["me", "us", "this", "again", "anymore", "here", "my"].contains(word));
            (after.is_empty() || after_says_so) && !after.contains(&"instead") && !after.contains(&"back")
        }
        ["send", after @ ..] => after
            .iter()
            .take(4)
            .any(|word| TEXTS.contains(word) || ["anymore", "more", "anything", "these", "this"].contains(word)),
        ["want" | "wish" | "need" | "like", after @ ..] => after.iter().take(6).any(|word| TEXTS.contains(word)),
        _ => false,
    }
}

fn is_negated(before: &[&str]) -> bool {
    before.iter().rev().take(2).any(|word| ["dont", "not", "never", "no", "didnt", "cant", "wont"].contains(word))
}

fn revokes_in_spanish(before: &[&str], rest: &[&str]) -> bool {
    let near = |from: usize, to: usize| rest.iter().skip(from).take(to - from).any(|word| TEXTOS.contains(word));
    match rest {
        ["no", "mas" | "me" | "nos", ..] => near(2, 4),
        ["no", "quiero" | "queremos" | "deseo", ..] => near(2, 7),
        ["deje" | "dejen" | "deja" | "pare" | "paren", "de", ..] => !is_negated(before) && near(2, 5),
        ["quiteme" | "quitenme" | "borreme" | "eliminenme" | "elimineme", ..] | ["numero", "equivocado", ..] => true,
        ["ya", "no", ..] => near(2, 6),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
