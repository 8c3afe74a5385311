//! May this person do this here: roles, scoped by school.

use serde::{Deserialize, Serialize};

use crate::category::Category;
use crate::ids::SchoolId;

/// What somebody who signs in is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    DistrictAdministrator,
    Principal,
    Office,
    Registrar,
    Teacher,
    Observer,
}

impl Role {
    pub const ALL: [Self; 6] =
        [Self::DistrictAdministrator, Self::Principal, Self::Office, Self::Registrar, Self::Teacher, Self::Observer];

    pub const fn word(self) -> &'static str {
        match self {
            Self::DistrictAdministrator => "district_administrator",
            Self::Principal => "principal",
            Self::Office => "office",
            Self::Registrar => "registrar",
            Self::Teacher => "teacher",
            Self::Observer => "observer",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.word() == word)
    }

    pub const fn plain(self) -> &'static str {
        match self {
            Self::DistrictAdministrator => "District administrator",
            Self::Principal => "Principal",
            Self::Office => "Office",
            Self::Registrar => "Registrar",
            Self::Teacher => "Teacher",
            Self::Observer => "Observer",
        }
    }
}

/// Where a role or an act applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    District,
    School(SchoolId),
}

impl Scope {
    /// The whole district holds every school; a school holds itself.
    pub fn holds(self, place: Self) -> bool {
        self == Self::District || self == place
    }
}

/// A role that somebody has in a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Grant {
    pub role: Role,
    pub scope: Scope,
}

/// Something that a command does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Act {
    SeeHome,
    SeeBroadcasts,
    Compose,
    Send(Category),
    StopBroadcast,
    SeePeople,
    SeeRoster,
    ImportRoster,
    SeeSettings,
    ManageUsers,
    RecordRevocation,
    SeeAudit,
}

/// Whether any of the grants allows the act in the place. No role gains by a smaller scope.
pub fn can(grants: &[Grant], act: Act, place: Scope) -> bool {
    grants.iter().any(|grant| grant.scope.holds(place) && allows(grant.role, act))
}

/// Whether the act is allowed anywhere at all: for menus.
pub fn can_somewhere(grants: &[Grant], act: Act) -> bool {
    grants.iter().any(|grant| allows(grant.role, act))
}

/// General and Surveys need a sender's permission (A7): principals and the district have it, the office has not.
#[expect(clippy::too_many_lines, reason = "a table of roles and acts")]
const fn allows(role: Role, act: Act) -> bool {
    match role {
        Role::DistrictAdministrator => true,
        Role::Principal => match act {
            Act::SeeHome
            | Act::SeeBroadcasts
            | Act::Compose
            | Act::Send(_)
            | Act::StopBroadcast
            | Act::SeePeople
            | Act::SeeRoster
            | Act::RecordRevocation => true,
            Act::ImportRoster | Act::SeeSettings | Act::ManageUsers | Act::SeeAudit => false,
        },
        Role::Office => match act {
            Act::SeeHome
            | Act::SeeBroadcasts
            | Act::Compose
            | Act::SeePeople
            | Act::RecordRevocation
            | Act::StopBroadcast => true,
            Act::Send(category) => match category {
                Category::Attendance
                | Category::NonSchoolHoursEmergency
                | Category::SchoolHoursEmergency
                | Category::SchoolsOut => true,
                Category::General | Category::Surveys => false,
            },
            Act::SeeRoster | Act::ImportRoster | Act::SeeSettings | Act::ManageUsers | Act::SeeAudit => false,
        },
        Role::Registrar => match act {
            Act::SeeHome
            | Act::SeeBroadcasts
            | Act::SeePeople
            | Act::SeeRoster
            | Act::ImportRoster
            | Act::RecordRevocation => true,
            Act::Compose | Act::Send(_) | Act::StopBroadcast | Act::SeeSettings | Act::ManageUsers | Act::SeeAudit => {
                false
            }
        },
        Role::Teacher => match act {
            Act::SeeHome | Act::SeePeople => true,
            Act::SeeBroadcasts
            | Act::Compose
            | Act::Send(_)
            | Act::StopBroadcast
            | Act::SeeRoster
            | Act::ImportRoster
            | Act::RecordRevocation
            | Act::SeeSettings
            | Act::ManageUsers
            | Act::SeeAudit => false,
        },
        Role::Observer => match act {
            Act::SeeHome | Act::SeeBroadcasts => true,
            Act::Compose
            | Act::Send(_)
            | Act::StopBroadcast
            | Act::SeePeople
            | Act::SeeRoster
            | Act::ImportRoster
            | Act::RecordRevocation
            | Act::SeeSettings
            | Act::ManageUsers
            | Act::SeeAudit => false,
        },
    }
}
