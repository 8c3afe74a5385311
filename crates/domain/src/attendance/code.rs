//! What the codes of student information systems mean: a table that ships, and the district's own in front of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Status;

/// One code of the shipped table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code {
    pub code: &'static str,
    pub status: Status,
    pub meaning: &'static str,
}

const fn code(code: &'static str, status: Status, meaning: &'static str) -> Code {
    Code { code, status, meaning }
}

/// Codes as the common systems ship them; a district changes what it uses differently. Where a letter means one thing
/// here and another there, the careful reading stands: a family told once too often beats a child nobody missed.
pub const CODES: [Code; 50] = [
    code("A", Status::Unexcused, "absent, not verified"),
    code("ABSENT", Status::Unexcused, "absent"),
    code("ABS", Status::Unexcused, "absent"),
    code("AB", Status::Unexcused, "absent"),
    code("U", Status::Unexcused, "unexcused"),
    code("UA", Status::Unexcused, "unexcused absence"),
    code("UX", Status::Unexcused, "unexcused"),
    code("UN", Status::Unexcused, "unverified"),
    code("UNV", Status::Unexcused, "unverified"),
    code("UNX", Status::Unexcused, "unexcused"),
    code("UNEXCUSED", Status::Unexcused, "unexcused"),
    code("TR", Status::Unexcused, "truant"),
    code("TRU", Status::Unexcused, "truant"),
    code("CUT", Status::Unexcused, "cut class"),
    code("SK", Status::Unexcused, "skipped"),
    code("LE", Status::Unexcused, "left early without leave"),
    code("E", Status::Excused, "excused"),
    code("EX", Status::Excused, "excused absence"),
    code("EA", Status::Excused, "excused absence"),
    code("EXC", Status::Excused, "excused"),
    code("EXCUSED", Status::Excused, "excused"),
    code("I", Status::Excused, "illness"),
    code("IL", Status::Excused, "illness"),
    code("ILL", Status::Excused, "illness"),
    code("M", Status::Excused, "medical"),
    code("MED", Status::Excused, "medical"),
    code("DR", Status::Excused, "doctor"),
    code("F", Status::Excused, "funeral or family"),
    code("R", Status::Excused, "religious observance"),
    code("FT", Status::Excused, "field trip"),
    code("SA", Status::Excused, "school activity"),
    code("SU", Status::Excused, "suspension"),
    code("SUS", Status::Excused, "suspension"),
    code("ISS", Status::Excused, "in-school suspension"),
    code("OSS", Status::Excused, "out-of-school suspension"),
    code("VAC", Status::Excused, "agreed travel"),
    code("T", Status::Tardy, "tardy"),
    code("TDY", Status::Tardy, "tardy"),
    code("TE", Status::Tardy, "tardy, excused"),
    code("TU", Status::Tardy, "tardy, unexcused"),
    code("TARDY", Status::Tardy, "tardy"),
    code("L", Status::Tardy, "late"),
    code("LATE", Status::Tardy, "late"),
    code("P", Status::Present, "present"),
    code("PRESENT", Status::Present, "present"),
    code("ILLNESS", Status::Excused, "illness"),
    code("MEDICAL", Status::Excused, "medical"),
    code("PR", Status::Present, "present"),
    code("H", Status::Present, "here"),
    code("V", Status::Present, "virtual, attending"),
];

/// The district's own codes; what it does not name is read from [`CODES`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CodeTable(pub BTreeMap<String, Status>);

impl CodeTable {
    /// What a code means; `None` for one that nobody has explained. An empty code is a student who is there: systems
    /// export rows without one when a teacher takes a mark back.
    pub fn status(&self, code: &str) -> Option<Status> {
        let folded = fold(code);
        let own = self.0.iter().find(|(known, _)| fold(known) == folded).map(|(_, status)| *status);
        own.or_else(|| folded.is_empty().then_some(Status::Present))
            .or_else(|| CODES.iter().find(|known| known.code == folded).map(|known| known.status))
    }
}

fn fold(code: &str) -> String {
    code.trim().to_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a40_unverified_counts_as_unexcused_and_the_district_may_say_otherwise() {
        let shipped = CodeTable::default();
        for (code, status) in [
            ("A", Some(Status::Unexcused)),
            ("ua", Some(Status::Unexcused)),
            (" unv ", Some(Status::Unexcused)),
            ("EX", Some(Status::Excused)),
            ("T", Some(Status::Tardy)),
            ("", Some(Status::Present)),
            ("ZZ", None),
        ] {
            assert_eq!(shipped.status(code), status, "{code}");
        }
        let own = CodeTable(BTreeMap::from([("a".to_owned(), Status::Excused), ("ZZ".to_owned(), Status::Tardy)]));
        assert_eq!(own.status("A"), Some(Status::Excused));
        assert_eq!(own.status("zz"), Some(Status::Tardy));
        assert_eq!(own.status("UA"), Some(Status::Unexcused));
    }

    #[test]
    fn every_code_stands_once_and_is_written_in_capitals() {
        for (at, code) in CODES.iter().enumerate() {
            assert_eq!(code.code, fold(code.code));
            assert!(!CODES.iter().skip(at + 1).any(|other| other.code == code.code), "{}", code.code);
        }
    }
}
