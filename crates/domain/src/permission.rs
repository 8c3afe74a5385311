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
    /// Text families; a teacher those of the own sections.
    Text,
    /// Record, change and remove SMS contact numbers.
    RecordSmsNumber,
    /// See to texts that joined no thread.
    SettleHeld,
    /// Read every thread, and see to words that need a human.
    Supervise,
    /// Let a school take part in texting; with the district, the numbers too.
    ManageTexting,
    /// Restore a backup, and decide what becomes of what the restored copy holds back.
    ReleaseHeld,
    /// See absences and what families answered.
    SeeAttendance,
    /// Bring attendance files in, settle absences, record what a family said.
    RecordAttendance,
    /// Change a school's attendance rule and bell calendar.
    SetSchoolDay,
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
            | Act::RecordRevocation
            | Act::Text
            | Act::RecordSmsNumber
            | Act::SettleHeld
            | Act::Supervise
            | Act::ManageTexting
            | Act::SeeAttendance
            | Act::RecordAttendance
            | Act::SetSchoolDay => true,
            Act::ImportRoster | Act::SeeSettings | Act::ManageUsers | Act::SeeAudit | Act::ReleaseHeld => false,
        },
        Role::Office => match act {
            Act::SeeHome
            | Act::SeeBroadcasts
            | Act::Compose
            | Act::SeePeople
            | Act::RecordRevocation
            | Act::StopBroadcast
            | Act::Text
            | Act::RecordSmsNumber
            | Act::SettleHeld
            | Act::SeeAttendance
            | Act::RecordAttendance => true,
            Act::Send(category) => match category {
                Category::Attendance
                | Category::NonSchoolHoursEmergency
                | Category::SchoolHoursEmergency
                | Category::SchoolsOut => true,
                Category::General | Category::Surveys => false,
            },
            Act::SeeRoster
            | Act::ImportRoster
            | Act::SeeSettings
            | Act::ManageUsers
            | Act::SeeAudit
            | Act::ReleaseHeld
            | Act::Supervise
            | Act::ManageTexting
            | Act::SetSchoolDay => false,
        },
        Role::Registrar => match act {
            Act::SeeHome
            | Act::SeeBroadcasts
            | Act::SeePeople
            | Act::SeeRoster
            | Act::ImportRoster
            | Act::RecordRevocation
            | Act::RecordSmsNumber
            | Act::SettleHeld
            | Act::SeeAttendance
            | Act::RecordAttendance => true,
            Act::Compose
            | Act::Send(_)
            | Act::StopBroadcast
            | Act::SeeSettings
            | Act::ManageUsers
            | Act::SeeAudit
            | Act::ReleaseHeld
            | Act::Text
            | Act::Supervise
            | Act::ManageTexting
            | Act::SetSchoolDay => false,
        },
        Role::Teacher => match act {
            Act::SeeHome | Act::SeePeople | Act::Text | Act::RecordSmsNumber => true,
            Act::SeeBroadcasts
            | Act::Compose
            | Act::Send(_)
            | Act::StopBroadcast
            | Act::SeeRoster
            | Act::ImportRoster
            | Act::RecordRevocation
            | Act::SeeSettings
            | Act::ManageUsers
            | Act::SeeAudit
            | Act::ReleaseHeld
            | Act::SettleHeld
            | Act::Supervise
            | Act::ManageTexting
            | Act::SeeAttendance
            | Act::RecordAttendance
            | Act::SetSchoolDay => false,
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
            | Act::SeeAudit
            | Act::ReleaseHeld
            | Act::Text
            | Act::RecordSmsNumber
            | Act::SettleHeld
            | Act::Supervise
            | Act::ManageTexting
            | Act::SeeAttendance
            | Act::RecordAttendance
            | Act::SetSchoolDay => false,
        },
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all_acts() -> Vec<Act> {
        let mut acts = vec![
            Act::SeeHome,
            Act::SeeBroadcasts,
            Act::Compose,
            Act::StopBroadcast,
            Act::SeePeople,
            Act::SeeRoster,
            Act::ImportRoster,
            Act::SeeSettings,
            Act::ManageUsers,
            Act::RecordRevocation,
            Act::SeeAudit,
            Act::ReleaseHeld,
            Act::Text,
            Act::RecordSmsNumber,
            Act::SettleHeld,
            Act::Supervise,
            Act::ManageTexting,
            Act::SeeAttendance,
            Act::RecordAttendance,
            Act::SetSchoolDay,
        ];
        acts.extend(Category::ALL.map(Act::Send));
        acts
    }

    fn any_scope() -> impl Strategy<Value = Scope> {
        prop_oneof![Just(Scope::District), (1..4_i64).prop_map(|id| Scope::School(SchoolId::from_raw(id)))]
    }

    fn any_grant() -> impl Strategy<Value = Grant> {
        (prop::sample::select(&Role::ALL[..]), any_scope()).prop_map(|(role, scope)| Grant { role, scope })
    }

    /// Who may send what, spelled apart from the code.
    #[test]
    fn a7_general_and_surveys_need_a_senders_permission() {
        let here = Scope::School(SchoolId::from_raw(1));
        let may = |role, category| can(&[Grant { role, scope: here }], Act::Send(category), here);
        for category in Category::ALL {
            let discretionary = matches!(category, Category::General | Category::Surveys);
            assert!(may(Role::Principal, category) && may(Role::DistrictAdministrator, category));
            assert_eq!(may(Role::Office, category), !discretionary, "{category:?}");
            for role in [Role::Registrar, Role::Teacher, Role::Observer] {
                assert!(!may(role, category), "{role:?} {category:?}");
            }
        }
    }

    #[test]
    fn a19_a_registrar_imports_and_nobody_outside_the_district_office_manages_users() {
        let here = Scope::School(SchoolId::from_raw(1));
        let may = |role, act| can(&[Grant { role, scope: here }], act, here);
        for role in Role::ALL {
            let district = role == Role::DistrictAdministrator;
            assert_eq!(may(role, Act::ImportRoster), district || role == Role::Registrar, "{role:?}");
            assert_eq!(may(role, Act::ManageUsers), district, "{role:?}");
            assert_eq!(may(role, Act::SeeAudit), district, "{role:?}");
            assert_eq!(may(role, Act::ReleaseHeld), district, "{role:?}");
            assert!(may(role, Act::SeeHome), "{role:?}");
        }
    }

    #[test]
    fn b16_teachers_text_the_office_settles_and_principals_supervise() {
        use Role::{DistrictAdministrator, Office, Principal, Registrar, Teacher};
        let here = Scope::School(SchoolId::from_raw(1));
        let who = |act| Role::ALL.into_iter().filter(move |role| can(&[Grant { role: *role, scope: here }], act, here));
        assert_eq!(who(Act::Text).collect::<Vec<_>>(), [DistrictAdministrator, Principal, Office, Teacher]);
        assert_eq!(who(Act::SettleHeld).collect::<Vec<_>>(), [DistrictAdministrator, Principal, Office, Registrar]);
        assert_eq!(who(Act::Supervise).collect::<Vec<_>>(), [DistrictAdministrator, Principal]);
        assert_eq!(who(Act::ManageTexting).collect::<Vec<_>>(), [DistrictAdministrator, Principal]);
    }

    #[test]
    fn a_role_at_one_school_does_nothing_at_another_or_for_the_district() {
        let one = Scope::School(SchoolId::from_raw(1));
        let two = Scope::School(SchoolId::from_raw(2));
        for role in Role::ALL {
            for act in all_acts() {
                let grants = [Grant { role, scope: one }];
                assert!(!can(&grants, act, two) && !can(&grants, act, Scope::District), "{role:?} {act:?}");
            }
        }
        assert!(!can(&[], Act::SeeHome, one));
    }

    proptest! {
        #[test]
        fn no_role_gains_by_a_smaller_scope(
            grant in any_grant(),
            act in prop::sample::select(all_acts()),
            school in 1..4_i64,
            place in any_scope(),
        ) {
            let wide = Grant { scope: Scope::District, ..grant };
            let narrow = Grant { scope: Scope::School(SchoolId::from_raw(school)), ..grant };
            prop_assert!(!can(&[narrow], act, place) || can(&[wide], act, place));
        }

        #[test]
        fn another_grant_never_takes_away(
            grants in prop::collection::vec(any_grant(), 0..4),
            more in any_grant(),
            act in prop::sample::select(all_acts()),
            place in any_scope(),
        ) {
            let mut both = grants.clone();
            both.push(more);
            prop_assert!(!can(&grants, act, place) || can(&both, act, place));
            prop_assert!(!can(&grants, act, place) || can_somewhere(&grants, act));
            prop_assert_eq!(can(&both, act, place), can(&grants, act, place) || can(&[more], act, place));
        }
    }
}
