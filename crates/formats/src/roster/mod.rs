//! Roster files in, a snapshot and its issues out: what all roster formats share.
//!
//! Read leniently, explain, write strictly: no public OneRoster bundle passes a strict validator.

pub mod build;
mod export;
pub mod files;
pub mod fold;
pub mod issues;
pub mod read;
mod remarks;
pub mod row;
pub mod table;
pub mod value;

use jiff::civil::Date;
use schoolbell_domain::phone::Phone;
use schoolbell_domain::roster::guard::References;
use schoolbell_domain::roster::snapshot::Snapshot;

use crate::district_csv::ColumnMap;
pub use export::issue_csv;
pub use files::{FileSet, MemoryFiles, ZipFiles};
pub use issues::Issues;
pub use read::read;

/// Which format a roster has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// OneRoster 1.1 or 1.2 CSV, bulk; School Data Sync 2.1, which is its cousin.
    OneRoster,
    /// School Data Sync 1: School.csv, Student.csv, Section.csv and so on.
    Sds,
    /// students.csv, contacts.csv and staff.csv as a student information system exports them.
    Flat,
}

impl Format {
    pub const ALL: [Self; 3] = [Self::OneRoster, Self::Sds, Self::Flat];

    pub const fn word(self) -> &'static str {
        match self {
            Self::OneRoster => "oneroster",
            Self::Sds => "sds",
            Self::Flat => "flat",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.word() == word)
    }
}

/// How to read.
#[derive(Debug, Clone)]
pub struct ReadOptions {
    /// `None` finds out from the names of the files.
    pub format: Option<Format>,
    /// The school's day: enrolments that ended before it, or begin after it, do not count (A21).
    pub today: Date,
    /// Numbers that are never called, whoever has them (LAW-8).
    pub denied: Vec<Phone>,
    pub columns: ColumnMap,
}

/// A roster as read. Nothing in it refers to something that is not in it.
#[derive(Debug)]
pub struct ReadRoster {
    pub format: Format,
    pub snapshot: Snapshot,
    pub issues: Issues,
    pub references: References,
    /// Rows read from all files, the heads left out.
    pub rows: u64,
}

/// Why nothing of a roster can be taken.
#[derive(Debug, thiserror::Error)]
pub enum RosterError {
    #[error(
        "no roster is in there; it needs users.csv and orgs.csv (OneRoster), School.csv and Student.csv (School Data Sync), or students.csv with a head line (flat export)"
    )]
    NotARoster,
    #[error("{file} is missing; export it together with the others")]
    MissingFile { file: String },
    #[error("{file} is announced in manifest.csv and is missing or empty; the export was cut off, make it again")]
    Announced { file: String },
    #[error("{file} holds changes only (manifest.csv says `{mode}`); export the whole roster in bulk")]
    NotBulk { file: String, mode: String },
    #[error("{file} has no column `{column}`; its head line is: {head}")]
    MissingColumn { file: String, column: String, head: String },
    #[error("{file} ends in the middle of line {line}; the file was cut off, copy or export it again")]
    CutOff { file: String, line: u64 },
    #[error("{file} is written in UTF-16; save it as CSV UTF-8")]
    Utf16 { file: String },
    #[error("{file} line {line} is longer than a megabyte; this is not a roster")]
    Endless { file: String, line: u64 },
    #[error("the zip cannot be read ({0}); it was cut off or damaged, upload it again")]
    Zip(String),
    #[error("{file} cannot be read: {reason}")]
    Io { file: String, reason: String },
}

/// How far reading has come: bytes of all files together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ReadProgress {
    pub done: u64,
    pub total: u64,
}
