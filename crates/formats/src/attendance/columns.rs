//! Which column holds what in an attendance file: the usual names, and a district's own in front of them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The district's own column names, by ours: `student`, `school`, `day`, `period`, `code`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AttendanceColumns(pub BTreeMap<String, Vec<String>>);

/// A column map names something that we do not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is nothing that an attendance column can hold; the map may name: student, school, day, period, code")]
pub struct BadAttendanceColumns(pub String);

const USUAL: &[(&str, &[&str])] = &[
    (
        "student",
        &["Student_Number", "StudentNumber", "Student ID", "StudentID", "Pupil_Number", "SIS ID", "Local_ID", "stuNum"],
    ),
    ("school", &["SchoolID", "School_ID", "School Number", "School_Code", "School"]),
    ("day", &["Att_Date", "Attendance_Date", "Date", "Absence_Date", "Day"]),
    ("period", &["Period", "Att_Period", "Period_Number", "Per", "Class_Period"]),
    (
        "code",
        &[
            "Att_Code",
            "Attendance_Code",
            "AttCode",
            "Code",
            "Attendance_Status",
            "Status",
            "Absence_Code",
            "Attendance",
        ],
    ),
];

impl AttendanceColumns {
    /// Refuses a map that names something we do not read: a slip there would leave a column out in silence.
    pub fn check(&self) -> Result<(), BadAttendanceColumns> {
        match self.0.keys().find(|field| !USUAL.iter().any(|(name, _)| name == field)) {
            Some(field) => Err(BadAttendanceColumns(field.clone())),
            None => Ok(()),
        }
    }

    /// The names under which one of our fields may stand, the likeliest first.
    pub(super) fn names(&self, field: &str) -> Vec<&str> {
        if let Some(own) = self.0.get(field) {
            return own.iter().map(String::as_str).collect();
        }
        USUAL.iter().find(|(name, _)| *name == field).map_or_else(Vec::new, |(_, names)| names.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_district_s_own_names_stand_in_front_and_a_slip_is_refused() {
        let own = AttendanceColumns(BTreeMap::from([("student".to_owned(), vec!["Pupil".to_owned()])]));
        assert_eq!(own.check(), Ok(()));
        assert_eq!(own.names("student"), ["Pupil"]);
        assert_eq!(own.names("period").first(), Some(&"Period"));
        let slip = AttendanceColumns(BTreeMap::from([("pupil".to_owned(), vec![])]));
        assert_eq!(slip.check(), Err(BadAttendanceColumns("pupil".to_owned())));
    }
}
