//! Schools: their level, which decides how attendance is told (A48), and their zone.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The level of a school, as config and rosters name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SchoolLevel {
    Elementary,
    Middle,
    High,
    /// Several levels under one roof, or none named.
    Other,
}

impl SchoolLevel {
    pub const ALL: [Self; 4] = [Self::Elementary, Self::Middle, Self::High, Self::Other];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Elementary => "elementary",
            Self::Middle => "middle",
            Self::High => "high",
            Self::Other => "other",
        }
    }
}

impl FromStr for SchoolLevel {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|level| level.word() == text)
            .ok_or_else(|| format!("`{text}` is not a school level; write elementary, middle, high or other"))
    }
}
