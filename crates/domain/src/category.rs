//! The six message categories as a table of rules: defaults, floors, law and urgency (A40-A45, LAW-1).
//!
//! Rule page: `docs/src/rules/categories.md`.

use std::str::FromStr;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

/// The kind of a broadcast; each broadcast has exactly one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    Attendance,
    General,
    NonSchoolHoursEmergency,
    SchoolHoursEmergency,
    SchoolsOut,
    Surveys,
}

/// Which contact points a category reaches before a family chooses anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DefaultSlots {
    /// Both home phones of the student, and the main and secondary contacts' e-mails.
    HomesAndEmails,
    /// Every phone number and every e-mail of the record.
    Everything,
}

/// Why the law lets us call and write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LawBasis {
    /// Emergency purposes: no consent needed for a call (LAW-1).
    Emergency,
    /// The number was given to the school for school matters (LAW-2).
    NumberProvided,
}

/// Everything that the rules know of one category.
#[derive(Debug, Clone, Copy)]
pub struct CategoryRule {
    pub category: Category,
    /// The key in the database, in config and in the API.
    pub key: &'static str,
    pub name: &'static str,
    /// What it is for, in the source's words.
    pub meaning: &'static str,
    pub defaults: DefaultSlots,
    /// Whether at least one number must stay selected (A46).
    pub floor: bool,
    pub law_basis: LawBasis,
    /// "Urgent": leaves at any hour.
    pub bypasses_window: bool,
    /// Whether a delivery whose outcome was lost goes out again.
    pub resend_on_lost_lease: bool,
    /// Smaller leaves first.
    pub priority: i64,
    /// After this long a delivery that is still open ends as expired.
    pub expires_after: SignedDuration,
}

/// The table of A40-A45, in the source's order.
pub const RULES: [CategoryRule; 6] = [
    CategoryRule {
        category: Category::Attendance,
        key: "attendance",
        name: "Attendance",
        meaning: "Your child failed to report to school or, at the high school level, to a class.",
        defaults: DefaultSlots::HomesAndEmails,
        floor: true,
        law_basis: LawBasis::Emergency,
        bypasses_window: false,
        resend_on_lost_lease: false,
        priority: 30,
        expires_after: SignedDuration::from_hours(12),
    },
    CategoryRule {
        category: Category::General,
        key: "general",
        name: "General",
        meaning: "School events, meetings, or general announcements.",
        defaults: DefaultSlots::HomesAndEmails,
        floor: false,
        law_basis: LawBasis::NumberProvided,
        bypasses_window: false,
        resend_on_lost_lease: false,
        priority: 50,
        expires_after: SignedDuration::from_hours(72),
    },
    CategoryRule {
        category: Category::NonSchoolHoursEmergency,
        key: "non_school_hours_emergency",
        name: "Non-School Hours Emergency",
        meaning: "An emergency outside the hours of the normal school day.",
        defaults: DefaultSlots::HomesAndEmails,
        floor: true,
        law_basis: LawBasis::Emergency,
        bypasses_window: true,
        resend_on_lost_lease: true,
        priority: 10,
        expires_after: SignedDuration::from_hours(24),
    },
    CategoryRule {
        category: Category::SchoolHoursEmergency,
        key: "school_hours_emergency",
        name: "School Hours Emergency",
        meaning: "An emergency during school hours that is not about the weather.",
        defaults: DefaultSlots::Everything,
        floor: true,
        law_basis: LawBasis::Emergency,
        bypasses_window: true,
        resend_on_lost_lease: true,
        priority: 10,
        expires_after: SignedDuration::from_hours(24),
    },
    CategoryRule {
        category: Category::SchoolsOut,
        key: "schools_out",
        name: "Schools Out",
        meaning: "School closings, delays, or early dismissals.",
        defaults: DefaultSlots::Everything,
        floor: true,
        law_basis: LawBasis::Emergency,
        bypasses_window: true,
        resend_on_lost_lease: true,
        priority: 20,
        expires_after: SignedDuration::from_hours(24),
    },
    CategoryRule {
        category: Category::Surveys,
        key: "surveys",
        name: "Surveys",
        meaning: "A survey by your child's school or the district.",
        defaults: DefaultSlots::HomesAndEmails,
        floor: false,
        law_basis: LawBasis::NumberProvided,
        bypasses_window: false,
        resend_on_lost_lease: false,
        priority: 60,
        expires_after: SignedDuration::from_hours(72),
    },
];

impl Category {
    pub const ALL: [Self; 6] = [
        Self::Attendance,
        Self::General,
        Self::NonSchoolHoursEmergency,
        Self::SchoolHoursEmergency,
        Self::SchoolsOut,
        Self::Surveys,
    ];

    /// The row of this category.
    pub const fn rule(self) -> &'static CategoryRule {
        match self {
            Self::Attendance => &RULES[0],
            Self::General => &RULES[1],
            Self::NonSchoolHoursEmergency => &RULES[2],
            Self::SchoolHoursEmergency => &RULES[3],
            Self::SchoolsOut => &RULES[4],
            Self::Surveys => &RULES[5],
        }
    }

    pub const fn key(self) -> &'static str {
        self.rule().key
    }

    /// Leaves at any hour and overtakes the rest: both emergencies and Schools Out.
    pub const fn is_urgent(self) -> bool {
        self.rule().bypasses_window
    }

    /// How a push service is asked to treat it on a phone that saves its battery.
    ///
    /// Source: RFC 8030 section 5.3.
    pub const fn push_urgency(self) -> PushUrgency {
        match self {
            Self::NonSchoolHoursEmergency | Self::SchoolHoursEmergency | Self::SchoolsOut => PushUrgency::High,
            Self::Attendance | Self::General => PushUrgency::Normal,
            Self::Surveys => PushUrgency::Low,
        }
    }

    /// Whether a notification stays on the screen until somebody looks at it: both emergencies.
    pub const fn stays_on_screen(self) -> bool {
        matches!(self, Self::NonSchoolHoursEmergency | Self::SchoolHoursEmergency)
    }
}

/// How soon a phone should wake for a notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PushUrgency {
    /// On power and Wi-Fi.
    Low,
    /// On either.
    Normal,
    /// Even on low battery.
    High,
}

impl PushUrgency {
    /// As the header `Urgency` says it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Normal => "normal",
            Self::High => "high",
        }
    }
}

impl FromStr for Category {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|category| category.key() == text).ok_or_else(|| {
            let keys: Vec<_> = RULES.iter().map(|rule| rule.key).collect();
            format!("`{text}` is not a category; write one of {}", keys.join(", "))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::Channel;
    use crate::delivery::preference::is_default;
    use crate::people::Slot;

    /// A40 to A45 as the source's table says them, spelled apart from `RULES`: the name, what it reaches, whether a
    /// number must stay selected.
    const SOURCE: [(&str, &str, &str); 6] = [
        ("Attendance", "home_primary home_secondary email", "at least one number"),
        ("General", "home_primary home_secondary email", "none"),
        ("Non-School Hours Emergency", "home_primary home_secondary email", "at least one number"),
        ("School Hours Emergency", "home_primary home_secondary home mobile work email", "at least one number"),
        ("Schools Out", "home_primary home_secondary home mobile work email", "at least one number"),
        ("Surveys", "home_primary home_secondary email", "none"),
    ];

    fn word(slot: Slot) -> &'static str {
        match slot {
            Slot::HomePrimary => "home_primary",
            Slot::HomeSecondary => "home_secondary",
            Slot::Home => "home",
            Slot::Mobile => "mobile",
            Slot::Work => "work",
            Slot::Email => "email",
        }
    }

    #[test]
    fn a40_to_a45_the_table_says_what_the_source_says() {
        assert_eq!(RULES.len(), SOURCE.len());
        for (category, (name, reaches, floor)) in Category::ALL.into_iter().zip(SOURCE) {
            let rule = category.rule();
            assert_eq!((rule.category, rule.name), (category, name));
            assert_eq!(if rule.floor { "at least one number" } else { "none" }, floor, "{name}");
            for slot in Slot::ALL {
                let channel = if slot == Slot::Email { Channel::Email } else { Channel::Voice };
                let expected = reaches.split(' ').any(|reached| reached == word(slot));
                assert_eq!(is_default(category, slot, channel), expected, "{name} {slot:?}");
            }
        }
    }

    #[test]
    fn law_1_attendance_and_emergencies_stand_on_emergency_purposes_and_the_rest_on_the_number_provided() {
        for (category, basis) in [
            (Category::Attendance, LawBasis::Emergency),
            (Category::General, LawBasis::NumberProvided),
            (Category::NonSchoolHoursEmergency, LawBasis::Emergency),
            (Category::SchoolHoursEmergency, LawBasis::Emergency),
            (Category::SchoolsOut, LawBasis::Emergency),
            (Category::Surveys, LawBasis::NumberProvided),
        ] {
            assert_eq!(category.rule().law_basis, basis, "{category:?}");
        }
    }

    #[test]
    fn both_emergencies_and_schools_out_leave_at_any_hour_overtake_the_rest_and_go_again_when_lost() {
        let urgent: Vec<_> = Category::ALL.into_iter().filter(|category| category.is_urgent()).collect();
        assert_eq!(urgent, [Category::NonSchoolHoursEmergency, Category::SchoolHoursEmergency, Category::SchoolsOut]);
        for first in RULES {
            assert_eq!(first.bypasses_window, first.resend_on_lost_lease, "{}", first.name);
            assert!(first.expires_after > SignedDuration::ZERO);
            for second in RULES {
                assert!(!first.bypasses_window || second.bypasses_window || first.priority < second.priority);
            }
        }
    }

    #[test]
    fn what_is_urgent_wakes_a_phone_on_low_battery_and_emergencies_stay_on_the_screen() {
        for (category, urgency, stays) in [
            (Category::Attendance, "normal", false),
            (Category::General, "normal", false),
            (Category::NonSchoolHoursEmergency, "high", true),
            (Category::SchoolHoursEmergency, "high", true),
            (Category::SchoolsOut, "high", false),
            (Category::Surveys, "low", false),
        ] {
            assert_eq!((category.push_urgency().word(), category.stays_on_screen()), (urgency, stays), "{category:?}");
            assert_eq!(category.is_urgent(), category.push_urgency() == PushUrgency::High);
        }
    }

    #[test]
    fn keys_are_distinct_and_read_back() {
        for rule in RULES {
            assert_eq!(rule.key.parse(), Ok(rule.category));
            assert_eq!(serde_json::to_string(&rule.category).unwrap(), format!("\"{}\"", rule.key));
        }
        assert_eq!(
            "weather".parse::<Category>(),
            Err("`weather` is not a category; write one of attendance, general, non_school_hours_emergency, \
                 school_hours_emergency, schools_out, surveys"
                .to_owned())
        );
    }
}
