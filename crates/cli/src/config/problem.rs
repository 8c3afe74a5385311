//! What is wrong in the file: where, what was found, what to write.

use std::fmt;
use std::ops::Range;

/// Why a config cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("{file} cannot be read: {error}; `schoolbell init` writes one")]
    Unreadable { file: String, error: String },
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Problems(Vec<ConfigProblem>),
}

impl ConfigError {
    pub(super) fn one(problem: ConfigProblem) -> Self {
        Self::Problems(vec![problem])
    }
}

/// One thing wrong, at one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigProblem {
    pub file: String,
    /// From 1.
    pub line: usize,
    pub found: String,
    pub remedy: String,
}

impl fmt::Display for ConfigProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} line {}: found {}; write {}", self.file, self.line, self.found, self.remedy)
    }
}

/// The file as it was read, to find lines in.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub name: &'a str,
    pub text: &'a str,
}

impl Source<'_> {
    pub fn at(&self, span: Range<usize>, found: &str, remedy: &str) -> ConfigProblem {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        ConfigProblem { file: self.name.to_owned(), line, found: found.to_owned(), remedy: remedy.to_owned() }
    }

    pub fn missing_section(&self, section: &str) -> ConfigProblem {
        self.at(
            self.text.len()..self.text.len(),
            &format!("no section `[{section}]`"),
            &format!("`[{section}]` and its keys"),
        )
    }

    /// Turns what the parser says into what was found and what to write.
    pub fn problem(&self, error: &toml::de::Error) -> ConfigProblem {
        let span = error.span().unwrap_or(0..0);
        let (found, remedy) = self.words(error.message(), &span);
        self.at(span, &found, &remedy)
    }

    fn words(&self, message: &str, span: &Range<usize>) -> (String, String) {
        let first = message.lines().next().unwrap_or_default();
        if let Some(rest) = first.strip_prefix("unknown field ") {
            let (key, expected) = rest.split_once(", expected ").unwrap_or((rest, "nothing here"));
            let expected = expected.strip_prefix("one of ").unwrap_or(expected);
            return (format!("the unknown key {key}"), nearest(key, expected));
        }
        if let Some(rest) = first.strip_prefix("unknown variant ") {
            let (value, expected) = rest.split_once(", expected ").unwrap_or((rest, "nothing"));
            let expected = expected.strip_prefix("one of ").unwrap_or(expected);
            return (value.to_owned(), format!("one of {expected}"));
        }
        if let Some(key) = first.strip_prefix("missing field ") {
            return (format!("no {key}"), format!("the key {key} in this section"));
        }
        for start in ["invalid type: ", "invalid value: "] {
            if let Some((found, expected)) = first.strip_prefix(start).and_then(|rest| rest.split_once(", expected ")) {
                return (found.to_owned(), expected.to_owned());
            }
        }
        // A type's own sentence has both halves already.
        if let Some((found, remedy)) = first.split_once("; write ") {
            return (found.to_owned(), remedy.to_owned());
        }
        let line = self.text.get(span.clone()).and_then(|part| part.lines().next()).unwrap_or_default();
        let found = if line.trim().is_empty() { "this".to_owned() } else { format!("`{}`", line.trim()) };
        (format!("{found}, which cannot be read ({first})"), "it as in `schoolbell init --print`".to_owned())
    }
}

/// `the key listen` when one is close to what was written, all of them otherwise. Keys stand in backticks.
fn nearest(key: &str, expected: &str) -> String {
    let bare = key.trim_matches('`');
    let close = expected
        .split(", ")
        .flat_map(|part| part.split(" or "))
        .map(|word| word.trim_matches('`'))
        .map(|word| (distance(bare, word), word))
        .min();
    match close {
        Some((far, word)) if far <= 2 && far < bare.len() => format!("`{word}` (known here: {expected})"),
        _ => format!("one of {expected}"),
    }
}

/// How many letters to add, drop or change.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, letter) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, other) in b.iter().enumerate() {
            let change = diagonal + usize::from(letter != *other);
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    row[b.len()]
}
