//! Absences: what a school's file says, what is told to whom and when, and what families answer (A6, A40, A48).
//!
//! Rule page: `docs/src/users/attendance.md`.

pub mod answer;
pub mod calendar;
pub mod chronic;
pub mod code;
pub mod rule;
pub mod run;
pub mod usual;
pub mod words;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::ids::PersonId;

/// What a code means for the family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    Present,
    /// The school knows why: nothing is sent.
    Excused,
    /// Nobody said why, or not yet: an unverified absence counts as unexcused.
    Unexcused,
    /// Came late: nothing is sent, unless the school wants it.
    Tardy,
}

impl Status {
    pub const ALL: [Self; 4] = [Self::Present, Self::Excused, Self::Unexcused, Self::Tardy];

    /// The word in the database, in settings and in files.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Present => "present",
            Self::Excused => "excused",
            Self::Unexcused => "unexcused",
            Self::Tardy => "tardy",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.word() == word)
    }

    /// Whether the student was not there: excused or not.
    pub const fn is_absence(self) -> bool {
        match self {
            Self::Excused | Self::Unexcused => true,
            Self::Present | Self::Tardy => false,
        }
    }
}

/// What a school's file says of one student, day and period. There is one for each; a later file replaces it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    pub student: PersonId,
    pub day: Date,
    /// Empty for the whole day; otherwise as the school names it: `1`, `2A`, `HR`.
    pub period: String,
    pub status: Status,
    /// As it stood in the file.
    pub code: String,
}

/// `01`, ` 1 ` and `Period 1` are `1`; `P3` is `3`; other names stay, in capitals. A blank, `0`, `DAY` or `ALL` is the
/// whole day.
pub fn period_name(text: &str) -> String {
    let upper = text.trim().to_uppercase();
    let bare = upper.strip_prefix("PERIOD").or_else(|| upper.strip_prefix("PER")).unwrap_or(&upper);
    let bare = match bare.strip_prefix('P') {
        Some(rest) if rest.starts_with(|c: char| c.is_ascii_digit()) => rest,
        Some(_) | None => bare,
    };
    let bare = bare.trim_matches(|c: char| c.is_whitespace() || c == '.' || c == '#' || c == '-');
    let number = bare.trim_start_matches('0');
    match bare {
        "" | "DAY" | "ALL" | "ALL DAY" | "DAILY" => String::new(),
        _ if bare.chars().all(|c| c.is_ascii_digit()) => number.to_owned(),
        _ => number.to_owned(),
    }
}

/// Orders periods as the day does: numbers by value, then names.
pub fn period_order(period: &str) -> (u32, &str) {
    let digits: String = period.chars().take_while(char::is_ascii_digit).collect();
    (digits.parse().unwrap_or(u32::MAX), period)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_named_alike_however_the_file_writes_them() {
        for (text, name) in [
            ("1", "1"),
            ("01", "1"),
            (" Period 3 ", "3"),
            ("P4", "4"),
            ("Per. 5", "5"),
            ("2A", "2A"),
            ("HR", "HR"),
            ("PE", "PE"),
            ("", ""),
            ("0", ""),
            ("day", ""),
            ("All Day", ""),
        ] {
            assert_eq!(period_name(text), name, "{text}");
        }
    }

    #[test]
    fn periods_stand_in_the_order_of_the_day() {
        let mut periods = ["HR", "10", "2", "2A", "1"];
        periods.sort_by_key(|period| period_order(period));
        assert_eq!(periods, ["1", "2", "2A", "10", "HR"]);
    }
}
