//! Surveys (A45, A52): what is asked, who may answer it, and who may read the answers.

mod answer;
mod check;
mod path;
mod tally;
mod words;

pub use answer::{Answer, Answers, LONGEST_ANSWER, NotAnAnswer, keyed, of_form, of_key, of_text};
pub use check::{MOST_CHOICES, MOST_QUESTIONS, SurveyProblem, problems};
pub use path::{asked, is_complete, next, pruned};
pub use tally::{Figure, SMALLEST_GROUP, cross, figure, rate, shown};
pub use words::{choices_of, question_in_a_text, wordings};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::SchoolId;
use crate::language::Language;
use crate::permission::{Act, Grant, Scope, can};

/// Where a survey stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SurveyState {
    /// Being written; nobody is asked yet.
    Draft,
    /// Asked: families answer, and its questions stand as they are.
    Open,
    /// Its deadline passed, or somebody closed it.
    Closed,
}

impl SurveyState {
    pub const ALL: [Self; 3] = [Self::Draft, Self::Open, Self::Closed];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Open => "open",
            Self::Closed => "closed",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }
}

/// Who gives one answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Seat {
    /// One answer for a family; whoever of it answers last, counts.
    #[default]
    Family,
    /// One for each child.
    Child,
    /// One for each guardian.
    Guardian,
}

impl Seat {
    pub const ALL: [Self; 3] = [Self::Family, Self::Child, Self::Guardian];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Family => "family",
            Self::Child => "child",
            Self::Guardian => "guardian",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|seat| seat.word() == word)
    }

    /// `one answer for each family`.
    pub const fn plain(self) -> &'static str {
        match self {
            Self::Family => "one answer for each family",
            Self::Child => "one answer for each child",
            Self::Guardian => "one answer for each guardian",
        }
    }
}

/// Where an answer came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Via {
    /// The page behind the link of a message.
    Link,
    /// The family's own pages, signed in.
    Portal,
    Text,
    Call,
}

impl Via {
    pub const ALL: [Self; 4] = [Self::Link, Self::Portal, Self::Text, Self::Call];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Link => "link",
            Self::Portal => "portal",
            Self::Text => "text",
            Self::Call => "call",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|via| via.word() == word)
    }

    pub const fn plain(self) -> &'static str {
        match self {
            Self::Link => "Link",
            Self::Portal => "Portal",
            Self::Text => "Text message",
            Self::Call => "Call",
        }
    }
}

/// A text in the languages of its survey, the first one first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tongues(pub Vec<(Language, String)>);

impl Tongues {
    /// In one language alone.
    pub fn in_one(language: &Language, text: &str) -> Self {
        Self(vec![(language.clone(), text.to_owned())])
    }

    /// What a reader of `language` gets: theirs, that of the same language in another country, or the first.
    pub fn read(&self, language: &Language) -> &str {
        let written = || self.0.iter().filter(|(_, text)| !text.trim().is_empty());
        written()
            .find(|(tongue, _)| tongue == language)
            .or_else(|| written().find(|(tongue, _)| tongue.primary() == language.primary()))
            .or_else(|| written().next())
            .map_or("", |(_, text)| text)
    }

    /// Exactly in this language; empty where nobody wrote it.
    pub fn exactly(&self, language: &Language) -> &str {
        self.0.iter().find(|(tongue, _)| tongue == language).map_or("", |(_, text)| text)
    }

    pub fn set(&mut self, language: &Language, text: &str) {
        match self.0.iter_mut().find(|(tongue, _)| tongue == language) {
            Some((_, old)) => text.clone_into(old),
            None => self.0.push((language.clone(), text.to_owned())),
        }
    }
}

/// What kind of answer a question takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Kind {
    Single,
    Multiple,
    YesNo,
    /// A whole number from one end to the other, both in it: 1 to 5.
    Scale {
        from: i64,
        to: i64,
    },
    /// A whole number, within bounds where there are some.
    Number {
        least: Option<i64>,
        most: Option<i64>,
    },
    Text,
    /// A consent slip: agreed or not, signed with a name.
    Consent,
}

impl Kind {
    /// The word of forms.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Single => "single",
            Self::Multiple => "multiple",
            Self::YesNo => "yes_no",
            Self::Scale { .. } => "scale",
            Self::Number { .. } => "number",
            Self::Text => "text",
            Self::Consent => "consent",
        }
    }

    pub const fn plain(&self) -> &'static str {
        match self {
            Self::Single => "One choice",
            Self::Multiple => "Several choices",
            Self::YesNo => "Yes or no",
            Self::Scale { .. } => "Scale",
            Self::Number { .. } => "Number",
            Self::Text => "Free text",
            Self::Consent => "Consent slip",
        }
    }

    /// Whether somebody wrote its choices.
    pub const fn has_choices(&self) -> bool {
        matches!(self, Self::Single | Self::Multiple)
    }
}

/// A question is asked only of those who gave an earlier one an answer out of these: the places of choices (yes is 0, no
/// is 1), or numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnlyIf {
    pub question: u16,
    pub any_of: Vec<i64>,
}

/// One question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// Stays with the question wherever it is moved to.
    pub id: u16,
    #[serde(flatten)]
    pub kind: Kind,
    pub text: Tongues,
    /// Of `Single` and `Multiple`.
    #[serde(default)]
    pub choices: Vec<Tongues>,
    #[serde(default)]
    pub required: bool,
    #[serde(default)]
    pub only_if: Option<OnlyIf>,
}

/// Everything that the builder edits.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Survey {
    pub title: Tongues,
    /// Why it is asked; may be empty.
    pub intro: Tongues,
    /// At least one. A reader of none of them gets the first.
    pub languages: Vec<Language>,
    pub questions: Vec<Question>,
    pub seat: Seat,
    /// Nobody learns who said what, the program's own pages and files included.
    pub anonymous: bool,
    /// Whoever has the link may answer; otherwise the family signs in first.
    pub open_link: bool,
    pub deadline: Option<Timestamp>,
    /// Days after it was asked on which those who have not answered are reminded.
    pub remind_after_days: Vec<u8>,
    /// The school that asks; `None` is the district. Only this level reads the answers (A52).
    pub owner: Option<SchoolId>,
}

impl Survey {
    /// The language that stands in for all others.
    pub fn first_language(&self) -> Language {
        self.languages.first().cloned().unwrap_or_default()
    }

    pub fn question(&self, id: u16) -> Option<&Question> {
        self.questions.iter().find(|question| question.id == id)
    }

    pub fn scope(&self) -> Scope {
        self.owner.map_or(Scope::District, Scope::School)
    }

    /// An id that no question has had.
    pub fn next_question(&self) -> u16 {
        self.questions.iter().map(|question| question.id).max().unwrap_or(0).saturating_add(1)
    }

    /// Whether a text or a call may take its answers: what is anonymous leaves no trace of a number beside an answer, so it
    /// is answered on the page alone.
    pub const fn is_asked_in_talk(&self) -> bool {
        !self.anonymous
    }
}

/// Whether somebody may read the answers (A52): whoever may send surveys at the owner's own level. The district does not
/// read what a school asks, and a school not what the district asks.
pub fn may_read_answers(grants: &[Grant], owner: Option<SchoolId>) -> bool {
    use crate::category::Category;
    let level = owner.map_or(Scope::District, Scope::School);
    let at_level: Vec<Grant> = grants.iter().copied().filter(|grant| grant.scope == level).collect();
    can(&at_level, Act::Send(Category::Surveys), level)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::permission::Role;

    #[test]
    fn a52_only_the_level_that_asks_reads_the_answers() {
        let (oak, elm) = (SchoolId::from_raw(1), SchoolId::from_raw(2));
        let grant = |role, scope| [Grant { role, scope }];
        for (grants, owner, may) in [
            (grant(Role::Principal, Scope::School(oak)), Some(oak), true),
            (grant(Role::Principal, Scope::School(oak)), Some(elm), false),
            (grant(Role::Principal, Scope::School(oak)), None, false),
            (grant(Role::DistrictAdministrator, Scope::District), None, true),
            (grant(Role::DistrictAdministrator, Scope::District), Some(oak), false),
            (grant(Role::DistrictAdministrator, Scope::School(oak)), Some(oak), true),
            (grant(Role::Office, Scope::School(oak)), Some(oak), false),
            (grant(Role::Teacher, Scope::School(oak)), Some(oak), false),
            (grant(Role::Observer, Scope::District), None, false),
        ] {
            assert_eq!(may_read_answers(&grants, owner), may, "{grants:?} {owner:?}");
        }
        assert!(!may_read_answers(&[], None));
    }

    #[test]
    fn a_reader_gets_their_language_or_the_first() {
        let mut text = Tongues::in_one(&Language::of("en"), "Which day?");
        text.set(&Language::of("es"), "¿Qué día?");
        text.set(&Language::of("vi"), " ");
        assert_eq!(text.read(&Language::of("es-mx")), "¿Qué día?");
        assert_eq!(text.read(&Language::of("vi")), "Which day?");
        assert_eq!(text.exactly(&Language::of("es-mx")), "");
    }
}
