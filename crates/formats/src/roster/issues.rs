//! Collects what is wrong in a roster: all of it counted, the first hundred thousand kept.

use std::collections::BTreeMap;

use schoolbell_domain::roster::issue::{Issue, IssueKind, Severity};

/// More than this many are counted and not kept: a file that is wrong in every line says so in its first ones.
const KEPT: usize = 100_000;
/// Characters of a value that are shown.
const VALUE: usize = 80;

/// Where something stands. `field` is the column as the file names it, empty for the whole row.
#[derive(Debug, Clone, Copy)]
pub struct At<'a> {
    pub file: &'a str,
    pub line: u64,
    pub field: &'a str,
    pub value: &'a str,
}

/// The issues of a roster, in the order in which they were found.
#[derive(Debug, Default)]
pub struct Issues {
    list: Vec<Issue>,
    errors: usize,
    warnings: usize,
    by_kind: BTreeMap<IssueKind, usize>,
    /// Area codes that nobody has: one issue for each file and code, not for each number.
    areas: BTreeMap<(String, String), (u64, usize)>,
}

impl Issues {
    /// Something was not taken.
    pub fn error(&mut self, kind: IssueKind, at: At<'_>, message: impl Into<String>) {
        self.push(Severity::Error, kind, at, message.into());
    }

    /// It was taken, and somebody should look.
    pub fn warning(&mut self, kind: IssueKind, at: At<'_>, message: impl Into<String>) {
        self.push(Severity::Warning, kind, at, message.into());
    }

    /// A number of an area code that is assigned to nobody.
    pub fn unassigned_area(&mut self, at: At<'_>, area: &str) {
        let seen = self.areas.entry((at.file.to_owned(), area.to_owned())).or_insert((at.line, 0));
        seen.1 += 1;
    }

    /// All that was kept, those of the area codes at the end.
    #[must_use]
    pub fn close(mut self) -> Self {
        for ((file, area), (line, count)) in std::mem::take(&mut self.areas) {
            let at = At { file: &file, line, field: "", value: &area };
            let message = format!(
                "area code {area} is assigned to nobody; {count} numbers were kept, this is the first; ask those families"
            );
            self.push(Severity::Warning, IssueKind::UnassignedArea, at, message);
        }
        self
    }

    pub fn list(&self) -> &[Issue] {
        &self.list
    }

    pub fn into_list(self) -> Vec<Issue> {
        self.list
    }

    pub fn errors(&self) -> usize {
        self.errors
    }

    pub fn warnings(&self) -> usize {
        self.warnings
    }

    pub fn by_kind(&self) -> &BTreeMap<IssueKind, usize> {
        &self.by_kind
    }

    fn push(&mut self, severity: Severity, kind: IssueKind, at: At<'_>, message: String) {
        match severity {
            Severity::Error => self.errors += 1,
            Severity::Warning => self.warnings += 1,
        }
        *self.by_kind.entry(kind).or_default() += 1;
        if self.list.len() < KEPT {
            self.list.push(Issue {
                severity,
                kind,
                file: at.file.to_owned(),
                line: at.line,
                field: at.field.to_owned(),
                value: shown(at.value),
                message,
            });
        }
    }
}

/// What can be stored and shown: no control characters (PostgreSQL refuses NUL), not longer than a line.
fn shown(value: &str) -> String {
    let mut text: String = value.chars().filter(|c| !c.is_control()).take(VALUE).collect();
    if value.chars().count() > VALUE {
        text.push('…');
    }
    text
}
