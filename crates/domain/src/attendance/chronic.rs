//! Who misses much: the share of school days that a student was absent, excused or not. It is shown; nothing is sent.
//!
//! Source: the U.S. Department of Education counts a student as chronically absent who misses 10 % of the days enrolled.

use serde::{Deserialize, Serialize};

/// How much somebody misses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// Below 5 %.
    Satisfactory,
    /// 5 % up to 10 %.
    AtRisk,
    /// 10 % up to 20 %.
    Chronic,
    /// 20 % and more.
    Severe,
}

impl Tier {
    pub const ALL: [Self; 4] = [Self::Satisfactory, Self::AtRisk, Self::Chronic, Self::Severe];

    /// The tier of so many days missed of so many days of school; none missed of no days is satisfactory.
    pub const fn of(missed: u32, days: u32) -> Self {
        let (missed, days) = (missed as u64 * 100, days as u64);
        match () {
            () if days == 0 || missed < days * 5 => Self::Satisfactory,
            () if missed < days * 10 => Self::AtRisk,
            () if missed < days * 20 => Self::Chronic,
            () => Self::Severe,
        }
    }

    pub const fn plain(self) -> &'static str {
        match self {
            Self::Satisfactory => "below 5 %",
            Self::AtRisk => "5 to 10 %",
            Self::Chronic => "10 to 20 %",
            Self::Severe => "20 % and more",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_percent_is_chronic() {
        for (missed, days, tier) in [
            (0, 0, Tier::Satisfactory),
            (4, 100, Tier::Satisfactory),
            (5, 100, Tier::AtRisk),
            (9, 100, Tier::AtRisk),
            (10, 100, Tier::Chronic),
            (18, 180, Tier::Chronic),
            (19, 100, Tier::Chronic),
            (20, 100, Tier::Severe),
        ] {
            assert_eq!(Tier::of(missed, days), tier, "{missed} of {days}");
        }
    }
}
