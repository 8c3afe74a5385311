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

impl Audience {
    /// The first rule that selects this student or member of staff, unless an exception does. Guardians are never
    /// selected themselves: they are told for their children.
    pub fn selects(&self, who: &Membership) -> Option<&AudienceRule> {
        if self.except.iter().any(|rule| rule.matches(who)) {
            return None;
        }
        self.include.iter().find(|rule| rule.matches(who))
    }

    pub fn is_empty(&self) -> bool {
        self.include.is_empty()
    }
}

impl AudienceRule {
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
