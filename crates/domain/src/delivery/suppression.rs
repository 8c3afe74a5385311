//! What the network told us of an address: dead, complaining, or never to be dialled. Kept apart from consent and preference.

use serde::{Deserialize, Serialize};

use super::reason::SuppressReason;
use crate::category::Category;

/// A standing word of the network on one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Suppression {
    /// Hard bounce, number not in service.
    Dead,
    /// A spam complaint: General and Surveys stop, emergencies do not (LAW-43).
    Complaint,
    /// An emergency line, a hospital room: never, whatever the category (LAW-8).
    Denied,
}

impl Suppression {
    pub const ALL: [Self; 3] = [Self::Dead, Self::Complaint, Self::Denied];

    pub const fn code(self) -> i64 {
        match self {
            Self::Dead => 1,
            Self::Complaint => 2,
            Self::Denied => 3,
        }
    }

    pub const fn from_code(code: i64) -> Option<Self> {
        match code {
            1 => Some(Self::Dead),
            2 => Some(Self::Complaint),
            3 => Some(Self::Denied),
            _ => None,
        }
    }

    /// Whether it keeps a message of this category away, and why.
    pub const fn blocks(self, category: Category) -> Option<SuppressReason> {
        match (self, category) {
            (Self::Denied, _) => Some(SuppressReason::DenyListed),
            (Self::Dead, _) => Some(SuppressReason::DeadAddress),
            (Self::Complaint, Category::General | Category::Surveys) => Some(SuppressReason::Complained),
            (
                Self::Complaint,
                Category::Attendance
                | Category::NonSchoolHoursEmergency
                | Category::SchoolHoursEmergency
                | Category::SchoolsOut,
            ) => None,
        }
    }
}
