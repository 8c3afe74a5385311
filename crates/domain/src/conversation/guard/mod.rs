//! What is not okay to text about a student, found as staff write (B18, B19, B26): each mark with why and a safer wording.
//!
//! Runs on this machine alone. The source's own list is lost; this one is ours and marked as ours (`architecture.md` §7.9).
//! How well it finds what it should stands in `docs/src/rules/content-guard.md`, with the sets it was judged by.

mod names;
mod pattern;
mod phrases;
mod place;
mod token;

use std::ops::Range;

use serde::{Deserialize, Serialize};

pub use names::{Known, Named};
pub use phrases::NEEDS_A_HUMAN;

/// What a sentence gives away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    FullName,
    OtherStudent,
    Grade,
    Support,
    Health,
    Discipline,
    Attendance,
    IdNumber,
    BirthDate,
    Address,
    Password,
    /// A word of the district's own list.
    District,
}

/// A place in a text that is not okay to send.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hit {
    pub kind: Kind,
    /// Octets of the text.
    pub at: Range<usize>,
    pub words: String,
}

impl Kind {
    pub const ALL: [Self; 12] = [
        Self::FullName,
        Self::OtherStudent,
        Self::Grade,
        Self::Support,
        Self::Health,
        Self::Discipline,
        Self::Attendance,
        Self::IdNumber,
        Self::BirthDate,
        Self::Address,
        Self::Password,
        Self::District,
    ];

    pub const fn word(self) -> &'static str {
        match self {
            Self::FullName => "full_name",
            Self::OtherStudent => "other_student",
            Self::Grade => "grade",
            Self::Support => "support",
            Self::Health => "health",
            Self::Discipline => "discipline",
            Self::Attendance => "attendance",
            Self::IdNumber => "id_number",
            Self::BirthDate => "birth_date",
            Self::Address => "address",
            Self::Password => "password",
            Self::District => "district",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// The name on pages.
    pub const fn plain(self) -> &'static str {
        match self {
            Self::FullName => "First and last name together",
            Self::OtherStudent => "Another student's name",
            Self::Grade => "Grades and scores",
            Self::Support => "Special education, 504 and other support",
            Self::Health => "Health",
            Self::Discipline => "Discipline",
            Self::Attendance => "Attendance details",
            Self::IdNumber => "Numbers that identify a student",
            Self::BirthDate => "Date of birth",
            Self::Address => "Home address",
            Self::Password => "Passwords and codes",
            Self::District => "A word of your district's own list",
        }
    }

    /// Why it must not stand in a text; a full sentence.
    pub const fn why(self) -> &'static str {
        match self {
            Self::FullName => "A stranger who reads this knows exactly who is meant.",
            Self::OtherStudent => "Another family's child must not be named in this family's thread.",
            Self::Grade => "Grades and scores are part of the education record.",
            Self::Support => "That a student gets special education, a 504 plan or other support is confidential.",
            Self::Health => "Health is confidential, also when it seems harmless.",
            Self::Discipline => "Discipline is part of the education record.",
            Self::Attendance => "When a student was absent or late is part of the education record.",
            Self::IdNumber => "This number opens other doors in the wrong hands.",
            Self::BirthDate => "A date of birth helps a stranger to pretend to be the student.",
            Self::Address => {
                "A text can be read by anyone who holds the phone; where a child lives must not stand in it."
            }
            Self::Password => "A password in a text is a password for anyone who holds the phone.",
            Self::District => "Your district has put this word on its list.",
        }
    }

    /// What to write instead.
    pub const fn safer(self) -> &'static str {
        match self {
            Self::FullName => "Use the first name alone.",
            Self::OtherStudent => "Write \"a classmate\" or \"your group\".",
            Self::Grade => "Write: \"I posted news about your work. Please look in the gradebook, or call me.\"",
            Self::Support => "Write: \"I would like to plan a meeting with you. When may I call?\"",
            Self::Health => "Write: \"Please call me when you can.\" and speak about it on the phone.",
            Self::Discipline | Self::Attendance => "Write: \"Please call me at the school today.\"",
            Self::IdNumber => "Write: \"The office has the number for you.\"",
            Self::BirthDate | Self::Address => "Write: \"Please call the school to check your record.\"",
            Self::Password => "Write: \"Call me and I will help you to log on.\"",
            Self::District => "Say it by phone, or leave it out.",
        }
    }
}

/// Everything in the text that is not okay, in its order; empty if nothing is. `own_words` is the district's own list.
pub fn check(text: &str, known: &Known, own_words: &[String]) -> Vec<Hit> {
    let tokens = token::tokens(text);
    let mut hits: Vec<(Kind, Range<usize>)> = Vec::new();
    for (kind, patterns) in phrases::NOT_OKAY {
        for pattern in *patterns {
            hits.extend(pattern::find(&tokens, pattern).into_iter().map(|found| (*kind, found)));
        }
    }
    hits.extend(place::addresses(&tokens).into_iter().map(|found| (Kind::Address, found)));
    hits.extend(names::full_names(&tokens, known).into_iter().map(|found| (Kind::FullName, found)));
    hits.extend(names::other_students(&tokens, known).into_iter().map(|found| (Kind::OtherStudent, found)));
    for words in own_words {
        let folded = crate::people::name::fold_name(words);
        if !folded.is_empty() {
            hits.extend(pattern::find(&tokens, &folded).into_iter().map(|found| (Kind::District, found)));
        }
    }
    // A full name is told once, not as the name of another student too.
    let full: Vec<Range<usize>> =
        hits.iter().filter(|(kind, _)| *kind == Kind::FullName).map(|(_, at)| at.clone()).collect();
    hits.retain(|(kind, at)| {
        *kind != Kind::OtherStudent || !full.iter().any(|name| name.start <= at.start && at.end <= name.end)
    });
    merged(text, &tokens, hits)
}

/// Whether a text that came in has words that need a human now: self-harm, threat, abuse.
pub fn needs_a_human(text: &str) -> bool {
    let tokens = token::tokens(text);
    NEEDS_A_HUMAN.iter().any(|pattern| !pattern::find(&tokens, pattern).is_empty())
}

/// The text for a family that asks to see it: names of other students stand as `[another student]` (LAW-52).
pub fn redacted(text: &str, known: &Known) -> String {
    let own: Vec<String> = known.addressed.iter().map(|name| crate::people::name::fold_name(name)).collect();
    let is_own = |hit: &Hit| {
        let words = crate::people::name::fold_name(&hit.words);
        own.iter().any(|name| words.split(' ').any(|word| name.split(' ').any(|part| part == word)))
    };
    let mut out = text.to_owned();
    for hit in check(text, known, &[]).into_iter().rev() {
        let names = matches!(hit.kind, Kind::FullName | Kind::OtherStudent);
        if names && !is_own(&hit) {
            out.replace_range(hit.at, "[another student]");
        }
    }
    out
}

/// What could be a first and last name, folded, each once: two to four words side by side, and two the other way round.
/// By these the roster is asked for people.
pub fn candidate_names(text: &str) -> Vec<String> {
    let words: Vec<String> = token::tokens(text).into_iter().map(|token| token.folded).collect();
    let mut names: Vec<String> =
        (2..=4).flat_map(|length| words.windows(length)).map(|words| words.join(" ")).collect();
    names.extend(words.windows(2).map(|pair| format!("{} {}", pair[1], pair[0])));
    // `Whitlock's` may be the name without its end.
    let owners: Vec<String> = names.iter().filter_map(|name| name.strip_suffix('s')).map(str::to_owned).collect();
    names.extend(owners);
    names.retain(|name| name.chars().any(char::is_alphabetic));
    names.sort_unstable();
    names.dedup();
    names
}

/// Token ranges as octets; what overlaps or touches within one kind is one mark.
fn merged(text: &str, tokens: &[token::Token<'_>], mut hits: Vec<(Kind, Range<usize>)>) -> Vec<Hit> {
    hits.retain(|(_, at)| at.start < at.end && at.end <= tokens.len());
    hits.sort_by_key(|(kind, at)| (*kind, at.start, at.end));
    let mut marks: Vec<(Kind, Range<usize>)> = Vec::new();
    for (kind, at) in hits {
        match marks.last_mut() {
            Some((last, range)) if *last == kind && at.start < range.end => range.end = range.end.max(at.end),
            Some(_) | None => marks.push((kind, at)),
        }
    }
    marks.sort_by_key(|(kind, at)| (at.start, *kind));
    marks
        .into_iter()
        .map(|(kind, at)| {
            let octets = tokens[at.start].at.start..tokens[at.end - 1].at.end;
            Hit { kind, words: text[octets.clone()].to_owned(), at: octets }
        })
        .collect()
}

#[cfg(test)]
mod tests;
