//! What came of an import, for the page, the command line and the row that is kept.

use std::collections::BTreeMap;

use schoolbell_domain::ids::ImportId;
use schoolbell_domain::roster::diff::DiffCounts;
use schoolbell_domain::roster::guard::Hold;
use schoolbell_domain::roster::issue::{Issue, IssueKind};
use serde::{Deserialize, Serialize};

use super::source::Source;

/// How an import ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// A dry run: nothing was written. `holds` of the summary says whether the guard would stop it.
    Tried,
    Applied,
    /// Nothing differs from what stands.
    Unchanged,
    /// The guard waits for a person: `release_import` or `discard_import`.
    Held,
    /// `--strict`, and something in the files was wrong.
    Refused,
}

/// Kept as JSON in `roster_import.summary`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportSummary {
    pub source: Source,
    pub strict: bool,
    /// The format named by the person, if one was.
    pub asked_format: Option<String>,
    /// Rows read from all files.
    pub rows: u64,
    pub counts: DiffCounts,
    pub holds: Vec<Hold>,
    pub errors: usize,
    pub warnings: usize,
    pub by_kind: BTreeMap<IssueKind, usize>,
    /// Why nothing could be taken at all.
    pub failure: Option<String>,
}

impl ImportSummary {
    pub(crate) fn empty(source: Source, strict: bool, asked_format: Option<String>) -> Self {
        Self {
            source,
            strict,
            asked_format,
            rows: 0,
            counts: DiffCounts::default(),
            holds: Vec::new(),
            errors: 0,
            warnings: 0,
            by_kind: BTreeMap::new(),
            failure: None,
        }
    }

    /// Reads the JSON of a row; `None` if another program wrote it.
    pub fn from_json(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }
}

/// The whole report.
#[derive(Debug)]
pub struct ImportReport {
    /// `None` of a dry run, which leaves no row.
    pub id: Option<ImportId>,
    pub outcome: Outcome,
    pub format: &'static str,
    pub summary: ImportSummary,
    /// All that was kept, in the order of the files.
    pub issues: Vec<Issue>,
}
