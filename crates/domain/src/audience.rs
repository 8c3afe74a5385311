//! The rule that selects people: unions of places and lists, minus exceptions.

use serde::{Deserialize, Serialize};

use crate::ids::{ListId, PersonId, SchoolId, SectionId};
use crate::people::PersonKind;

/// One chip of the composer's "who".
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum AudienceRule {
    /// Every family of the district.
    District,
    /// Every family of a school.
    School { school: SchoolId },
    /// Families of a grade, in one school or in all.
    Grade { grade: String, school: Option<SchoolId> },
    /// Families of a class or homeroom.
    Section { section: SectionId },
    /// Families of a bus route, morning or afternoon.
    BusRoute { route: String },
    /// A saved or uploaded list of students and staff.
    List { list: ListId },
    /// Single students or members of staff.
    People { people: Vec<PersonId> },
    /// Staff of a school, or of all.
    Staff { school: Option<SchoolId> },
}

/// Who a broadcast is for: everybody whom an `include` rule selects and no `except` rule does.
///
/// The selected are students, for whom their families are told, and staff, who are told themselves.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audience {
    pub include: Vec<AudienceRule>,
    #[serde(default)]
    pub except: Vec<AudienceRule>,
}

/// What the rules ask of one student or member of staff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    pub person: PersonId,
    pub kind: PersonKind,
    /// A student's current school; all schools of staff.
    pub schools: Vec<SchoolId>,
    pub grade: String,
    pub sections: Vec<SectionId>,
    pub routes: Vec<String>,
    pub lists: Vec<ListId>,
}

/// What the audience says of one student or member of staff, and by which rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Selection<'a> {
    /// The first rule that includes them.
    Included(&'a AudienceRule),
    /// A rule includes them, and an exception takes them out again.
    Excepted {
        included: &'a AudienceRule,
        except: &'a AudienceRule,
    },
    NotIncluded,
}

impl Audience {
    /// Whether the audience selects this student or member of staff, and why. An exception always wins. Guardians are
    /// never selected themselves: they are told for their children.
    pub fn judge(&self, who: &Membership) -> Selection<'_> {
        if who.kind == PersonKind::Guardian {
            return Selection::NotIncluded;
        }
        let Some(included) = self.include.iter().find(|rule| rule.matches(who)) else {
            return Selection::NotIncluded;
        };
        match self.except.iter().find(|rule| rule.matches(who)) {
            Some(except) => Selection::Excepted { included, except },
            None => Selection::Included(included),
        }
    }

    /// The first rule that selects this student or member of staff, unless an exception does.
    pub fn selects(&self, who: &Membership) -> Option<&AudienceRule> {
        match self.judge(who) {
            Selection::Included(rule) => Some(rule),
            Selection::Excepted { .. } | Selection::NotIncluded => None,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.include.is_empty()
    }
}

impl AudienceRule {
    /// What kind of rule it is, in words for a sentence; names of schools and lists are the page's to add.
    pub fn words(&self) -> String {
        match self {
            Self::District => "every family of the district".to_owned(),
            Self::School { .. } => "every family of a school".to_owned(),
            Self::Grade { grade, school: Some(_) } => format!("grade {grade} of a school"),
            Self::Grade { grade, school: None } => format!("grade {grade} of every school"),
            Self::Section { .. } => "a class or homeroom".to_owned(),
            Self::BusRoute { route } => format!("bus route {route}"),
            Self::List { .. } => "a list".to_owned(),
            Self::People { .. } => "single people".to_owned(),
            Self::Staff { school: Some(_) } => "the staff of a school".to_owned(),
            Self::Staff { school: None } => "all staff".to_owned(),
        }
    }

    fn matches(&self, who: &Membership) -> bool {
        let student = who.kind == PersonKind::Student;
        match self {
            Self::District => student,
            Self::School { school } => student && who.schools.contains(school),
            Self::Grade { grade, school } => {
                student && who.grade == *grade && school.is_none_or(|school| who.schools.contains(&school))
            }
            Self::Section { section } => student && who.sections.contains(section),
            Self::BusRoute { route } => student && who.routes.contains(route),
            Self::List { list } => who.lists.contains(list),
            Self::People { people } => people.contains(&who.person),
            Self::Staff { school } => {
                who.kind == PersonKind::Staff && school.is_none_or(|school| who.schools.contains(&school))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ana() -> Membership {
        Membership {
            person: PersonId::from_raw(7),
            kind: PersonKind::Student,
            schools: vec![SchoolId::from_raw(1)],
            grade: "05".to_owned(),
            sections: vec![SectionId::from_raw(51)],
            routes: vec!["12".to_owned()],
            lists: vec![ListId::from_raw(3)],
        }
    }

    fn school(id: i64) -> SchoolId {
        SchoolId::from_raw(id)
    }

    #[test]
    fn each_rule_selects_whom_its_words_say() {
        let grade = |grade: &str, school| AudienceRule::Grade { grade: grade.to_owned(), school };
        let cases = [
            (AudienceRule::District, true),
            (AudienceRule::School { school: school(1) }, true),
            (AudienceRule::School { school: school(2) }, false),
            (grade("05", None), true),
            (grade("05", Some(school(1))), true),
            (grade("05", Some(school(2))), false),
            (grade("5", None), false),
            (AudienceRule::Section { section: SectionId::from_raw(51) }, true),
            (AudienceRule::Section { section: SectionId::from_raw(52) }, false),
            (AudienceRule::BusRoute { route: "12".to_owned() }, true),
            (AudienceRule::BusRoute { route: "13".to_owned() }, false),
            (AudienceRule::List { list: ListId::from_raw(3) }, true),
            (AudienceRule::List { list: ListId::from_raw(4) }, false),
            (AudienceRule::People { people: vec![PersonId::from_raw(6), PersonId::from_raw(7)] }, true),
            (AudienceRule::People { people: vec![] }, false),
            (AudienceRule::Staff { school: None }, false),
        ];
        for (rule, selected) in cases {
            let audience = Audience { include: vec![rule.clone()], except: vec![] };
            assert_eq!(audience.selects(&ana()).is_some(), selected, "{rule:?}");
        }
    }

    #[test]
    fn staff_are_selected_by_staff_rules_lists_and_name_and_never_as_a_family() {
        let teacher = Membership { kind: PersonKind::Staff, schools: vec![school(1), school(2)], ..ana() };
        let selects = |rule| Audience { include: vec![rule], except: vec![] }.selects(&teacher).is_some();
        assert!(
            selects(AudienceRule::Staff { school: None }) && selects(AudienceRule::Staff { school: Some(school(2)) })
        );
        assert!(selects(AudienceRule::List { list: ListId::from_raw(3) }));
        assert!(!selects(AudienceRule::Staff { school: Some(school(3)) }));
        assert!(!selects(AudienceRule::District) && !selects(AudienceRule::School { school: school(1) }));
        assert!(!selects(AudienceRule::BusRoute { route: "12".to_owned() }));
    }

    #[test]
    fn an_exception_wins_and_says_so_and_a_guardian_is_never_selected() {
        let rule = AudienceRule::School { school: school(1) };
        let except = AudienceRule::BusRoute { route: "12".to_owned() };
        let audience = Audience { include: vec![AudienceRule::District, rule], except: vec![except.clone()] };
        assert_eq!(audience.judge(&ana()), Selection::Excepted { included: &AudienceRule::District, except: &except });
        assert_eq!(audience.selects(&ana()), None);
        let parent = Membership { kind: PersonKind::Guardian, ..ana() };
        let by_name = Audience { include: vec![AudienceRule::People { people: vec![parent.person] }], except: vec![] };
        assert_eq!(by_name.judge(&parent), Selection::NotIncluded);
    }
}
