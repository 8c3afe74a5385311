//! Merge fields: `{{school}}`, `{{students}}`; a text with one that cannot be filled is never sent.
//!
//! The list of fields is closed. `[[what happened]]` marks a blank that a person must fill in before Send; the
//! ready-made texts of [`READY_MADE`] use both.

mod day;
mod ready_made;

use std::fmt;

pub use day::{MONTHS_ES, day_words, time_words};
pub use ready_made::{READY_MADE, ReadyMade};

use crate::language::Language;

/// A merge field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Field {
    Students,
    School,
    SchoolPhone,
    District,
    Date,
    Time,
    Sender,
    Absences,
    AnswerLink,
    SurveyLink,
}

impl Field {
    pub const ALL: [Self; 10] = [
        Self::Students,
        Self::School,
        Self::SchoolPhone,
        Self::District,
        Self::Date,
        Self::Time,
        Self::Sender,
        Self::Absences,
        Self::AnswerLink,
        Self::SurveyLink,
    ];

    /// Those that a person may write; the others stand in the texts of absences and surveys alone.
    pub const COMPOSED: [Self; 7] =
        [Self::Students, Self::School, Self::SchoolPhone, Self::District, Self::Date, Self::Time, Self::Sender];

    /// What stands between the braces.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Students => "students",
            Self::School => "school",
            Self::SchoolPhone => "school_phone",
            Self::District => "district",
            Self::Date => "date",
            Self::Time => "time",
            Self::Sender => "sender",
            Self::Absences => "absences",
            Self::AnswerLink => "answer_link",
            Self::SurveyLink => "survey_link",
        }
    }

    /// What it becomes, for the composer's list.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Students => "the first names of the family's children whom it is about: Ana and Luis",
            Self::School => "the name of the child's school; of the district for staff of several schools",
            Self::SchoolPhone => "the phone number of that school, or of the district where the school has none",
            Self::District => "the name of the district",
            Self::Date => "the day on which it leaves, in the district's zone: Monday, January 12",
            Self::Time => "the time at which it leaves, in the district's zone: 6:05 AM",
            Self::Sender => "the name of the person who pressed Send",
            Self::Absences => "who was absent, from which school, on which day, in which periods",
            Self::AnswerLink => "where the family says why, without signing in",
            Self::SurveyLink => "where the family answers the survey",
        }
    }

    /// Whether the value is one for the whole broadcast, not one for each family.
    pub const fn is_same_for_all(self) -> bool {
        match self {
            Self::District | Self::Date | Self::Time | Self::Sender => true,
            Self::Students
            | Self::School
            | Self::SchoolPhone
            | Self::Absences
            | Self::AnswerLink
            | Self::SurveyLink => false,
        }
    }

    /// Reads a name as people type it: any case, `-` or a blank for `_`, also `student_first_name` and `school_name`.
    pub fn of(name: &str) -> Option<Self> {
        let key = name.trim().to_lowercase().replace([' ', '-'], "_");
        match key.as_str() {
            "student" | "student_first_name" | "student_first_names" => Some(Self::Students),
            "school_name" => Some(Self::School),
            "district_name" => Some(Self::District),
            "sender_name" => Some(Self::Sender),
            other => Self::ALL.into_iter().find(|field| field.key() == other),
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{{{{}}}}}", self.key())
    }
}

/// Why a text cannot be rendered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unresolved {
    #[error("`{{{{{name}}}}}` is not a merge field; there are {}", known())]
    Unknown { name: String },
    #[error("`{field}` has no value here; write the words instead")]
    Empty { field: Field },
    #[error("`{{{{{start}` has no closing `}}}}`; close it, or write a single brace")]
    Unclosed { start: String },
    #[error("`[[{hint}]]` is a blank of the template; write the words in its place")]
    Blank { hint: String },
}

fn known() -> String {
    Field::COMPOSED.map(|field| format!("`{field}`")).join(", ")
}

/// The values of the merge fields for one reader.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Fields {
    values: [Option<String>; Field::ALL.len()],
}

impl Fields {
    /// The same fields with this value; a blank value counts as none.
    #[must_use]
    pub fn with(mut self, field: Field, value: impl Into<String>) -> Self {
        self.set(field, value);
        self
    }

    pub fn set(&mut self, field: Field, value: impl Into<String>) {
        let value = value.into();
        self.values[field as usize] = (!value.trim().is_empty()).then_some(value);
    }

    pub fn get(&self, field: Field) -> Option<&str> {
        self.values[field as usize].as_deref()
    }
}

/// A piece of a text.
enum Piece<'a> {
    Text(&'a str),
    Field(Field),
}

/// The fields of a text, each once, in the order of their first use. Unknown ones are left to [`check`].
pub fn fields_in(text: &str) -> Vec<Field> {
    let mut fields = Vec::new();
    for piece in Pieces(text).flatten() {
        if let Piece::Field(field) = piece
            && !fields.contains(&field)
        {
            fields.push(field);
        }
    }
    fields
}

/// Everything in a text that could not be rendered whatever the values, in the order of the text.
pub fn check(text: &str) -> Vec<Unresolved> {
    Pieces(text).filter_map(Result::err).collect()
}

/// The text with its fields filled in. Values are taken as they are: braces in a name stay braces.
pub fn render(text: &str, fields: &Fields) -> Result<String, Unresolved> {
    fill(text, fields, String::push_str)
}

/// As `render`, for a body in Markdown: marks of Markdown and HTML in a value are escaped, so a school called
/// `*Hope* & <Co>` reads as it is spelled.
pub fn render_markdown(text: &str, fields: &Fields) -> Result<String, Unresolved> {
    fill(text, fields, |out, value| {
        for c in value.chars() {
            if c.is_ascii_punctuation() && !matches!(c, '.' | ',' | ':' | ';' | '\'' | '-' | '/' | '?' | '%') {
                out.push('\\');
            }
            out.push(c);
        }
    })
}

fn fill(text: &str, fields: &Fields, write: impl Fn(&mut String, &str)) -> Result<String, Unresolved> {
    let mut out = String::with_capacity(text.len() + 32);
    for piece in Pieces(text) {
        match piece? {
            Piece::Text(text) => out.push_str(text),
            Piece::Field(field) => write(&mut out, fields.get(field).ok_or(Unresolved::Empty { field })?),
        }
    }
    Ok(out)
}

/// First names as a sentence names them: `Ana`, `Ana and Luis`, `Ana, Luis and Mia`; `our students` for staff, whom
/// no child of theirs concerns. English and Spanish; other languages get commas.
pub fn joined_names(names: &[&str], language: &Language) -> String {
    let spanish = language.primary() == "es";
    let english = language.primary() == "en";
    let Some((last, rest)) = names.split_last() else {
        return if spanish { "nuestros estudiantes" } else { "our students" }.to_owned();
    };
    if rest.is_empty() {
        return (*last).to_owned();
    }
    let sounds_like_i = last.starts_with(['I', 'i', 'Í', 'í'])
        || last.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("hi")) && !last.starts_with("Hie");
    let and = match (spanish, english) {
        (true, _) if sounds_like_i => " e ",
        (true, _) => " y ",
        (false, true) => " and ",
        (false, false) => ", ",
    };
    format!("{}{and}{last}", rest.join(", "))
}

/// Cuts a text at its fields and blanks.
struct Pieces<'a>(&'a str);

impl<'a> Iterator for Pieces<'a> {
    type Item = Result<Piece<'a>, Unresolved>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let mark = [self.0.find("{{"), self.0.find("[[")].into_iter().flatten().min();
        match mark {
            None => Some(Ok(Piece::Text(std::mem::take(&mut self.0)))),
            Some(0) if self.0.starts_with("{{") => Some(self.field()),
            Some(0) => Some(self.blank()),
            Some(at) => {
                let (text, rest) = self.0.split_at(at);
                self.0 = rest;
                Some(Ok(Piece::Text(text)))
            }
        }
    }
}

impl<'a> Pieces<'a> {
    fn field(&mut self) -> Result<Piece<'a>, Unresolved> {
        let inner = self.0.get(2..).unwrap_or("");
        let Some((name, rest)) = inner.split_once("}}") else {
            self.0 = "";
            return Err(Unresolved::Unclosed { start: inner.chars().take(20).collect() });
        };
        self.0 = rest;
        Field::of(name).map(Piece::Field).ok_or_else(|| Unresolved::Unknown { name: name.trim().to_owned() })
    }

    /// `[[` that nothing closes is plain text: people write brackets.
    fn blank(&mut self) -> Result<Piece<'a>, Unresolved> {
        let (open, inner) = self.0.split_at(2);
        let Some((hint, rest)) = inner.split_once("]]") else {
            self.0 = inner;
            return Ok(Piece::Text(open));
        };
        self.0 = rest;
        Err(Unresolved::Blank { hint: hint.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ana() -> Fields {
        Fields::default().with(Field::Students, "Ana and Luis").with(Field::School, "Lincoln *Middle* <School>")
    }

    #[test]
    fn fields_are_filled_in_however_they_are_spelled() {
        for text in ["{{students}}", "{{ Students }}", "{{student_first_name}}", "{{STUDENT-FIRST-NAMES}}"] {
            assert_eq!(render(text, &ana()), Ok("Ana and Luis".to_owned()), "{text}");
        }
        assert_eq!(
            render("Dear family of {{students}} at {{school}}:", &ana()).unwrap(),
            "Dear family of Ana and Luis at Lincoln *Middle* <School>:"
        );
        assert_eq!(render_markdown("**{{school}}**", &ana()).unwrap(), r"**Lincoln \*Middle\* \<School\>**");
    }

    #[test]
    fn what_cannot_be_filled_in_is_named_and_the_rest_is_listed() {
        let error = render("Dear {{parent}}", &ana()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`{{parent}}` is not a merge field; there are `{{students}}`, `{{school}}`, `{{school_phone}}`, \
             `{{district}}`, `{{date}}`, `{{time}}`, `{{sender}}`"
        );
        assert_eq!(
            render("{{sender}}", &ana()).unwrap_err().to_string(),
            "`{{sender}}` has no value here; write the words instead"
        );
        assert_eq!(
            render("{{students", &ana()).unwrap_err().to_string(),
            "`{{students` has no closing `}}`; close it, or write a single brace"
        );
        assert_eq!(
            render("about [[what happened]]", &ana()).unwrap_err().to_string(),
            "`[[what happened]]` is a blank of the template; write the words in its place"
        );
        assert_eq!(check("{{a}} {{students}} [[b]] {{c").len(), 3);
        assert!(check("a { b } [c] [[ d").is_empty());
    }

    #[test]
    fn a_value_is_never_read_as_a_field() {
        let fields = Fields::default().with(Field::Students, "{{school}} [[x]]");
        assert_eq!(render("{{students}}", &fields), Ok("{{school}} [[x]]".to_owned()));
    }

    #[test]
    fn a_blank_value_is_no_value() {
        let fields = ana().with(Field::School, "  ");
        assert_eq!(render("{{school}}", &fields), Err(Unresolved::Empty { field: Field::School }));
    }

    #[test]
    fn names_are_joined_as_a_sentence_joins_them() {
        let cases: [(&[&str], &str, &str); 8] = [
            (&[], "en", "our students"),
            (&[], "es", "nuestros estudiantes"),
            (&["Ana"], "en", "Ana"),
            (&["Ana", "Luis"], "en", "Ana and Luis"),
            (&["Ana", "Luis", "Mia"], "en-us", "Ana, Luis and Mia"),
            (&["Ana", "Luis"], "es", "Ana y Luis"),
            (&["Ana", "Inés"], "es", "Ana e Inés"),
            (&["Ana", "Luis"], "hmn", "Ana, Luis"),
        ];
        for (names, language, joined) in cases {
            assert_eq!(joined_names(names, &Language::of(language)), joined);
        }
    }

    proptest! {
        #[test]
        fn a_text_without_marks_is_rendered_as_it_stands(text in "[^{\\[]{0,200}") {
            prop_assert_eq!(render(&text, &Fields::default()), Ok(text));
        }

        #[test]
        fn any_text_is_rendered_or_refused_and_check_agrees(text in ".{0,60}(\\{\\{[a-z]{0,9}\\}\\}|\\[\\[|\\]\\]|\\{\\{|.){0,6}") {
            let fields = Field::ALL.into_iter().fold(Fields::default(), |fields, field| fields.with(field, "x"));
            prop_assert_eq!(render(&text, &fields).is_ok(), check(&text).is_empty());
        }
    }
}
