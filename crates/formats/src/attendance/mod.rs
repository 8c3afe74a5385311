//! Attendance files: a row for each student and day, or for each student, day and period, in any column order.
//!
//! What is read is only what the file says; who the students are is looked up by whoever imports it.

mod columns;
mod export;

use std::io::Read;

use jiff::civil::Date;
use schoolbell_domain::attendance::code::CodeTable;
use schoolbell_domain::attendance::{Status, period_name};
use schoolbell_domain::roster::issue::IssueKind;

pub use columns::{AttendanceColumns, BadAttendanceColumns};
pub use export::{ExportRow, export};

use crate::roster::table::{Column, Row, Table};
use crate::roster::{Issues, RosterError, value};

/// One row that can be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttendanceRow {
    pub line: u64,
    /// The student's number, as the roster has it.
    pub student: String,
    /// The school's id in the source; empty where the file has none.
    pub school: String,
    pub day: Date,
    /// Empty for the whole day.
    pub period: String,
    pub code: String,
    pub status: Status,
}

/// A file as read.
#[derive(Debug)]
pub struct ReadAttendance {
    pub rows: Vec<AttendanceRow>,
    pub issues: Issues,
    /// All rows of the file, those that were not taken too.
    pub seen: u64,
}

/// Why nothing of a file can be taken.
#[derive(Debug, thiserror::Error)]
pub enum AttendanceError {
    #[error("{file} is empty; export it again")]
    Empty { file: String },
    #[error(transparent)]
    File(#[from] RosterError),
}

/// How to read.
#[derive(Debug, Clone, Default)]
pub struct AttendanceOptions {
    /// The day of rows without a date: today at the district.
    pub today: Date,
    pub codes: CodeTable,
    pub columns: AttendanceColumns,
}

struct Columns {
    student: Column,
    school: Column,
    day: Column,
    period: Column,
    code: Column,
}

/// Reads a file. A file that was cut off in the middle is refused as a whole; a row that cannot be read is an issue and
/// the others are taken.
pub fn read<'r>(
    file: &str,
    reader: Box<dyn Read + 'r>,
    options: &AttendanceOptions,
) -> Result<ReadAttendance, AttendanceError> {
    let mut issues = Issues::default();
    let table = Table::open(file, reader, &mut issues)?;
    let mut table = table.ok_or_else(|| AttendanceError::Empty { file: file.to_owned() })?;
    let names = |field| options.columns.names(field);
    let columns = Columns {
        student: Some(table.must(&names("student"), &mut issues)?),
        school: table.column(&names("school")),
        day: table.column_or_alike(&names("day"), &mut issues),
        period: table.column(&names("period")),
        code: Some(table.must(&names("code"), &mut issues)?),
    };
    let (mut rows, mut seen) = (Vec::new(), 0);
    while let Some(row) = table.next_row(&mut issues)? {
        seen += 1;
        rows.extend(one(&table, &row, &columns, options, &mut issues));
    }
    Ok(ReadAttendance { rows, issues: issues.close(), seen })
}

fn one(
    table: &Table<'_>,
    row: &Row,
    columns: &Columns,
    options: &AttendanceOptions,
    issues: &mut Issues,
) -> Option<AttendanceRow> {
    let student = row.get(columns.student);
    if student.is_empty() {
        issues.error(IssueKind::NoId, table.at(row, columns.student), "no student number; the row was left out");
        return None;
    }
    let day = match row.get(columns.day) {
        "" => options.today,
        text => {
            let read = value::date(text).filter(|day| (2000..=2100).contains(&day.year()));
            let Some(day) = read else {
                let message = "not a date; write it as 2026-01-14. The row was left out";
                issues.error(IssueKind::BadDate, table.at(row, columns.day), message);
                return None;
            };
            day
        }
    };
    let code = row.get(columns.code);
    let Some(status) = options.codes.status(code) else {
        let message =
            "an unknown attendance code; the row was left out. Say what it means in the district's table of codes";
        issues.error(IssueKind::BadValue, table.at(row, columns.code), message);
        return None;
    };
    Some(AttendanceRow {
        line: row.line,
        student: student.to_owned(),
        school: row.get(columns.school).to_owned(),
        day,
        period: period_name(row.get(columns.period)),
        code: code.to_owned(),
        status,
    })
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn options() -> AttendanceOptions {
        AttendanceOptions { today: date(2026, 1, 14), ..AttendanceOptions::default() }
    }

    fn read_text(text: &str) -> Result<ReadAttendance, AttendanceError> {
        read("daily.csv", Box::new(text.as_bytes()), &options())
    }

    fn lines(read: &ReadAttendance) -> Vec<String> {
        let line = |row: &AttendanceRow| {
            format!("{} {} {} {} {}", row.student, row.school, row.day, row.period, row.status.word())
        };
        read.rows.iter().map(line).collect()
    }

    #[test]
    fn a40_daily_and_period_files_of_several_systems_are_read() {
        let daily = "Student_Number,SchoolID,Att_Date,Att_Code,Att_Description\n\
            700100,12,01/14/2026,UA,Unexcused absence\n700101,12,01/14/2026,IL,Illness\n";
        assert_eq!(
            lines(&read_text(daily).unwrap()),
            ["700100 12 2026-01-14  unexcused", "700101 12 2026-01-14  excused"]
        );
        let period = "Date;Period;Student ID;Code\n2026-01-14;03;700100;A\n2026-01-14;P4;700100;\n";
        assert_eq!(
            lines(&read_text(period).unwrap()),
            ["700100  2026-01-14 3 unexcused", "700100  2026-01-14 4 present"]
        );
        let no_date = "student_id,attendance_status\n7,absent\n8,Tardy\n";
        assert_eq!(lines(&read_text(no_date).unwrap()), ["7  2026-01-14  unexcused", "8  2026-01-14  tardy"]);
    }

    #[test]
    fn what_cannot_be_read_is_told_and_the_rest_is_taken() {
        let read =
            read_text("Student_Number,Att_Date,Att_Code\n1,2026-01-14,A\n,2026-01-14,A\n2,soon,A\n3,,Q9\n").unwrap();
        assert_eq!((read.rows.len(), read.seen, read.issues.errors()), (1, 4, 3));
        let said: Vec<_> = read.issues.list().iter().map(|issue| (issue.line, issue.message.as_str())).collect();
        assert_eq!(said.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [3, 4, 5]);
        assert!(said[2].1.starts_with("an unknown attendance code"));
    }

    #[test]
    fn a_file_that_was_cut_off_or_is_none_is_refused_with_a_sentence() {
        let refused = |text| read_text(text).unwrap_err().to_string();
        assert_eq!(refused(""), "daily.csv is empty; export it again");
        assert!(refused("Name,Color\nAna,red\n").starts_with("daily.csv has no column `Student_Number`"));
        assert_eq!(
            refused("Student_Number,Att_Date,Att_Code\n1,2026-01-14,A\n2,2026-"),
            "daily.csv ends in the middle of line 3; the file was cut off, copy or export it again"
        );
    }
}
