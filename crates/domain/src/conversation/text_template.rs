//! The ready-made texts of teachers, in the source's three groups, each group with when to use it (B22 to B25, B28).

use crate::ids::{SchoolId, UserId};

/// Whose a ready-made text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    User(UserId),
    School(SchoolId),
    District,
}

/// A group of texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Group {
    StartOfCourse,
    EngagementAndPacing,
    AdditionalTimes,
}

/// A text to start from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadyMade {
    pub key: &'static str,
    pub group: Group,
    /// With `{{student}}`, `{{course}}`, `{{teacher}}` and `{{time}}`.
    pub body: &'static str,
    /// As the source has it, with plain quotes: one curly apostrophe makes two segments of one.
    pub example: &'static str,
}

/// In the order of the source.
pub const READY_MADE: [ReadyMade; 5] = [
    ReadyMade {
        key: "welcome",
        group: Group::StartOfCourse,
        body: "Welcome to {{course}} class {{student}}! I am happy to have you as a student. What are you most looking \
            forward to in the class? - {{teacher}}",
        example: "Welcome to Art class Susan! I am happy to have you as a student. What are you most looking forward \
            to in the class? - Mrs. Bell",
    },
    ReadyMade {
        key: "back_to_work",
        group: Group::EngagementAndPacing,
        body: "Hi {{student}}, don't forget about {{course}} class, how can I help you get back to work today? - \
            {{teacher}}",
        example: "Hi Tim, don't forget about Algebra class, how can I help you get back to work today? - Mrs. Bell",
    },
    ReadyMade {
        key: "log_on",
        group: Group::EngagementAndPacing,
        body: "Hi {{student}}, this is {{teacher}}, your teacher for {{course}}. Are you able to log on today and \
            work? I want to help you get back on track.",
        example: "Hi Becky, this is Mrs. Bell, your teacher for Biology. Are you able to log on today and work? I want \
            to help you get back on track.",
    },
    ReadyMade {
        key: "study_session",
        group: Group::AdditionalTimes,
        body: "Hello {{student}}, don't forget we have a study session today at {{time}}. - {{teacher}}",
        example: "Hello Maddie, don't forget we have a study session today at 1:00. - Mrs. Bell",
    },
    ReadyMade {
        key: "great_work",
        group: Group::AdditionalTimes,
        body: "Hi {{student}}, great work this week in your {{course}} class! You made some great progress. - \
            {{teacher}}",
        example: "Hi Rob, great work this week in your World Cultures class! You made some great progress. - Mrs. Bell",
    },
];

/// What fills a template. An empty value leaves a blank for the writer: `[[course]]`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Values<'a> {
    pub student: &'a str,
    pub course: &'a str,
    pub teacher: &'a str,
    pub time: &'a str,
}

/// What can stand in a template between double braces.
pub const FIELDS: [&str; 4] = ["student", "course", "teacher", "time"];

/// A field that no template knows: `{{mood}}`. It would never be filled in.
pub fn unknown_field(body: &str) -> Option<&str> {
    let fields = body.split("{{").skip(1).filter_map(|rest| rest.split_once("}}")).map(|(name, _)| name);
    fields.into_iter().find(|name| !FIELDS.contains(name))
}

/// The template with its fields filled in.
pub fn fill(body: &str, values: Values<'_>) -> String {
    let fields =
        [("student", values.student), ("course", values.course), ("teacher", values.teacher), ("time", values.time)];
    fields.iter().fold(body.to_owned(), |text, (name, value)| {
        let value = if value.trim().is_empty() { format!("[[{name}]]") } else { value.trim().to_owned() };
        text.replace(&format!("{{{{{name}}}}}"), &value)
    })
}

/// Whether something in a text still waits for its writer.
pub fn has_blank(text: &str) -> bool {
    text.contains("[[") || text.contains("{{")
}

impl Group {
    pub const ALL: [Self; 3] = [Self::StartOfCourse, Self::EngagementAndPacing, Self::AdditionalTimes];

    pub const fn word(self) -> &'static str {
        match self {
            Self::StartOfCourse => "start_of_course",
            Self::EngagementAndPacing => "engagement_and_pacing",
            Self::AdditionalTimes => "additional_times",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|group| group.word() == word)
    }

    pub const fn plain(self) -> &'static str {
        match self {
            Self::StartOfCourse => "Start of Course",
            Self::EngagementAndPacing => "Engagement and Pacing",
            Self::AdditionalTimes => "Additional Times",
        }
    }

    /// When to use it (B28); our words, the source's bullets are lost.
    pub const fn when(self) -> &'static str {
        match self {
            Self::StartOfCourse => "In the first days, so that the family knows your number and your name.",
            Self::EngagementAndPacing => {
                "When work has slowed down: offer help and ask one question that is easy to answer."
            }
            Self::AdditionalTimes => "To remind of a session of the same day, or to praise without a grade.",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::guard::{Known, check};
    use super::*;

    #[test]
    fn b22_three_groups_each_with_its_texts_and_when_to_use_them() {
        assert_eq!(Group::ALL.map(Group::plain), ["Start of Course", "Engagement and Pacing", "Additional Times"]);
        for group in Group::ALL {
            assert!(READY_MADE.iter().any(|made| made.group == group) && !group.when().is_empty(), "B28");
            assert_eq!(Group::from_word(group.word()), Some(group));
        }
    }

    #[test]
    fn b23_b24_b25_each_template_filled_in_is_the_example_of_the_source() {
        let filled =
            [("Susan", "Art"), ("Tim", "Algebra"), ("Becky", "Biology"), ("Maddie", ""), ("Rob", "World Cultures")];
        for (made, (student, course)) in READY_MADE.iter().zip(filled) {
            let values = Values { student, course, teacher: "Mrs. Bell", time: "1:00" };
            assert_eq!(fill(made.body, values), made.example);
            assert!(made.example.is_ascii() && !has_blank(made.example));
        }
    }

    #[test]
    fn b19_no_example_of_the_source_is_stopped_by_the_guard() {
        for made in READY_MADE {
            assert_eq!(check(made.example, &Known::default(), &[]), [], "{}", made.example);
        }
    }

    #[test]
    fn b22_a_field_that_nothing_fills_is_found_when_a_template_is_kept() {
        assert_eq!(unknown_field("Hi {{student}}, at {{time}} in {{course}}. - {{teacher}}"), None);
        assert_eq!(unknown_field("Hi {{student}}, {{mood}}?"), Some("mood"));
        assert_eq!(unknown_field("Hi {{ student }}"), Some(" student "));
        assert_eq!(unknown_field("open {{ only"), None);
    }

    #[test]
    fn b22_a_field_without_a_value_stays_a_blank_that_must_be_filled() {
        let text = fill(READY_MADE[0].body, Values { student: "Ana", teacher: "Mr. Ortiz", ..Values::default() });
        assert!(text.contains("[[course]]") && has_blank(&text));
    }
}
