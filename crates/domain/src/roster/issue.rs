//! What is wrong in a roster, where, and how to mend it.

use serde::{Deserialize, Serialize};

/// Whether something of the file was left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// A row or a value was not taken.
    Error,
    /// It was taken; somebody should look.
    Warning,
}

impl Severity {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Error, Self::Warning].into_iter().find(|severity| severity.word() == word)
    }
}

/// What can be wrong; `docs/src/rosters.md` lists each with its remedy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IssueKind {
    Encoding,
    Nul,
    StrayQuote,
    ShortRow,
    LongRow,
    NoId,
    Duplicate,
    Conflict,
    MissingReference,
    MissingValue,
    BadPhone,
    UnassignedArea,
    DeniedNumber,
    TwoPhones,
    BadEmail,
    BadDate,
    BadValue,
    Formula,
    Header,
    MissingFile,
    LeftOut,
    DiffersBetweenSchools,
    NoContact,
    MobileOnly,
}

impl IssueKind {
    pub const ALL: [Self; 24] = [
        Self::Encoding,
        Self::Nul,
        Self::StrayQuote,
        Self::ShortRow,
        Self::LongRow,
        Self::NoId,
        Self::Duplicate,
        Self::Conflict,
        Self::MissingReference,
        Self::MissingValue,
        Self::BadPhone,
        Self::UnassignedArea,
        Self::DeniedNumber,
        Self::TwoPhones,
        Self::BadEmail,
        Self::BadDate,
        Self::BadValue,
        Self::Formula,
        Self::Header,
        Self::MissingFile,
        Self::LeftOut,
        Self::DiffersBetweenSchools,
        Self::NoContact,
        Self::MobileOnly,
    ];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Encoding => "encoding",
            Self::Nul => "nul",
            Self::StrayQuote => "stray_quote",
            Self::ShortRow => "short_row",
            Self::LongRow => "long_row",
            Self::NoId => "no_id",
            Self::Duplicate => "duplicate",
            Self::Conflict => "conflict",
            Self::MissingReference => "missing_reference",
            Self::MissingValue => "missing_value",
            Self::BadPhone => "bad_phone",
            Self::UnassignedArea => "unassigned_area",
            Self::DeniedNumber => "denied_number",
            Self::TwoPhones => "two_phones",
            Self::BadEmail => "bad_email",
            Self::BadDate => "bad_date",
            Self::BadValue => "bad_value",
            Self::Formula => "formula",
            Self::Header => "header",
            Self::MissingFile => "missing_file",
            Self::LeftOut => "left_out",
            Self::DiffersBetweenSchools => "differs_between_schools",
            Self::NoContact => "no_contact",
            Self::MobileOnly => "mobile_only",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// One thing wrong. `message` says what and how to mend it, and reads alone beside `value`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    pub severity: Severity,
    pub kind: IssueKind,
    pub file: String,
    /// Line of the file where the row begins, from 1; 0 for the file as a whole.
    pub line: u64,
    /// The column as the file names it; empty for the row as a whole.
    pub field: String,
    pub value: String,
    pub message: String,
}
