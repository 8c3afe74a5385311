//! Absences with their answers as CSV, for the school's own system to take back.

use crate::sheet::{quoted, tame};

/// One absence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportRow {
    pub student: String,
    pub school: String,
    pub day: String,
    pub period: String,
    pub code: String,
    /// `unexplained`, `explained`, `needs_human`.
    pub state: String,
    pub reason: String,
    pub note: String,
    pub source: String,
    pub answered_at: String,
}

/// The file, with a head line. What a spreadsheet would run is written with a quote before it.
pub fn export(rows: &[ExportRow]) -> String {
    let mut out =
        String::from("Student_Number,SchoolID,Att_Date,Period,Att_Code,State,Reason,Note,Source,Answered_At\r\n");
    for row in rows {
        let fields = [
            &row.student,
            &row.school,
            &row.day,
            &row.period,
            &row.code,
            &row.state,
            &row.reason,
            &row.note,
            &row.source,
            &row.answered_at,
        ];
        let line: Vec<String> = fields.into_iter().map(|field| quoted(&tame(field))).collect();
        out.push_str(&line.join(","));
        out.push_str("\r\n");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_quoted_and_no_spreadsheet_runs_them() {
        let row = ExportRow {
            student: "700100".to_owned(),
            school: "12".to_owned(),
            day: "2026-01-14".to_owned(),
            period: String::new(),
            code: "UA".to_owned(),
            state: "explained".to_owned(),
            reason: "illness".to_owned(),
            note: "=cmd(), \"fever\"".to_owned(),
            source: "text".to_owned(),
            answered_at: String::new(),
        };
        let text = export(&[row]);
        assert!(text.ends_with("700100,12,2026-01-14,,UA,explained,illness,\"'=cmd(), \"\"fever\"\"\",text,\r\n"));
    }
}
