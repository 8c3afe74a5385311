//! What somebody says to a question: on a page, in a text, with a key.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Kind, Question, Survey};

/// A free text longer than this is cut off on the page already.
pub const LONGEST_ANSWER: usize = 2_000;

/// The answer to one question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Places of choices, ascending; yes is 0 and no is 1.
    Choices(Vec<u16>),
    Number(i64),
    Text(String),
    Signed {
        agrees: bool,
        name: String,
    },
}

/// Answers by the id of their question.
pub type Answers = BTreeMap<u16, Answer>;

/// Why something is no answer to its question.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAnAnswer {
    #[error("this question needs an answer")]
    Missing,
    #[error("choose one of the answers")]
    NoChoice,
    #[error("write a whole number")]
    NoNumber,
    #[error("write a number from {from} to {to}")]
    OutOfScale { from: i64, to: i64 },
    #[error("write a number of at least {0}")]
    TooLow(i64),
    #[error("write a number of at most {0}")]
    TooHigh(i64),
    #[error("sign with your name")]
    NotSigned,
}

impl Answer {
    /// What `OnlyIf` asks: places of choices, or the number.
    pub(super) fn values(&self) -> Vec<i64> {
        match self {
            Self::Choices(places) => places.iter().copied().map(i64::from).collect(),
            Self::Number(number) => vec![*number],
            Self::Signed { agrees, .. } => vec![i64::from(!*agrees)],
            Self::Text(_) => Vec::new(),
        }
    }
}

/// Reads the fields of a form: `values` are those of the question, `name` is that of a signature.
///
/// Nothing given is `None`; it is an error only where the question needs an answer.
pub fn of_form(question: &Question, values: &[&str], name: &str) -> Result<Option<Answer>, NotAnAnswer> {
    let given: Vec<&str> = values.iter().map(|value| value.trim()).filter(|value| !value.is_empty()).collect();
    let [first, ..] = given.as_slice() else {
        return if question.required { Err(NotAnAnswer::Missing) } else { Ok(None) };
    };
    let answer = match &question.kind {
        Kind::Single | Kind::YesNo => Answer::Choices(vec![place(question, first)?]),
        Kind::Multiple => {
            let places: Result<Vec<u16>, _> = given.iter().map(|value| place(question, value)).collect();
            let mut places = places?;
            places.sort_unstable();
            places.dedup();
            Answer::Choices(places)
        }
        Kind::Scale { .. } | Kind::Number { .. } => Answer::Number(number(&question.kind, first)?),
        Kind::Text => Answer::Text(plain(first)),
        Kind::Consent => {
            let agrees = place(question, first)? == 0;
            let name = plain(name);
            if name.is_empty() {
                return Err(NotAnAnswer::NotSigned);
            }
            Answer::Signed { agrees, name }
        }
    };
    Ok(Some(answer))
}

/// How many places there are to choose from.
fn places(question: &Question) -> usize {
    match question.kind {
        Kind::YesNo | Kind::Consent => 2,
        Kind::Single | Kind::Multiple => question.choices.len(),
        Kind::Scale { .. } | Kind::Number { .. } | Kind::Text => 0,
    }
}

fn place(question: &Question, value: &str) -> Result<u16, NotAnAnswer> {
    let place: u16 = value.parse().map_err(|_| NotAnAnswer::NoChoice)?;
    if usize::from(place) < places(question) { Ok(place) } else { Err(NotAnAnswer::NoChoice) }
}

fn number(kind: &Kind, value: &str) -> Result<i64, NotAnAnswer> {
    let number: i64 = value.parse().map_err(|_| NotAnAnswer::NoNumber)?;
    match *kind {
        Kind::Scale { from, to } if number < from || number > to => Err(NotAnAnswer::OutOfScale { from, to }),
        Kind::Number { least: Some(least), .. } if number < least => Err(NotAnAnswer::TooLow(least)),
        Kind::Number { most: Some(most), .. } if number > most => Err(NotAnAnswer::TooHigh(most)),
        Kind::Scale { .. }
        | Kind::Number { .. }
        | Kind::Single
        | Kind::Multiple
        | Kind::YesNo
        | Kind::Text
        | Kind::Consent => Ok(number),
    }
}

/// Without control characters, and no longer than it may be.
fn plain(text: &str) -> String {
    let kept: String = text.chars().filter(|c| *c == '\n' || !c.is_control()).take(LONGEST_ANSWER).collect();
    kept.trim().to_owned()
}

const YES: [&str; 8] = ["yes", "y", "yeah", "yep", "si", "sí", "s", "1"];
const NO: [&str; 6] = ["no", "n", "nope", "nah", "not", "2"];

/// Reads a text message: `2`, `1 and 3`, `yes`, the words of a choice, a number, any words. `None` if it is none; a
/// consent slip is signed on its page.
pub fn of_text(question: &Question, text: &str) -> Option<Answer> {
    let folded = text.trim().to_lowercase();
    let bare = folded.trim_matches(|c: char| !c.is_alphanumeric() && c != '-');
    match &question.kind {
        Kind::Single => single(question, bare).map(|place| Answer::Choices(vec![place])),
        Kind::Multiple => several(question, bare).map(Answer::Choices),
        Kind::YesNo => {
            let first = bare.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
            let place = if YES.contains(&first) { 0 } else { u16::from(NO.contains(&first)) };
            (place == 1 || YES.contains(&first)).then_some(Answer::Choices(vec![place]))
        }
        Kind::Scale { .. } | Kind::Number { .. } => number(&question.kind, bare).ok().map(Answer::Number),
        Kind::Text => Some(plain(text)).filter(|text| !text.is_empty()).map(Answer::Text),
        Kind::Consent => None,
    }
}

/// The place of a number from 1, or of the choice whose words these are in any language.
fn single(question: &Question, bare: &str) -> Option<u16> {
    if let Ok(number) = bare.parse::<u16>() {
        return number.checked_sub(1).filter(|place| usize::from(*place) < question.choices.len());
    }
    let says = |choice: &super::Tongues| choice.0.iter().any(|(_, text)| text.trim().to_lowercase() == bare);
    question.choices.iter().position(says).and_then(|at| u16::try_from(at).ok())
}

fn several(question: &Question, bare: &str) -> Option<Vec<u16>> {
    let parts = bare.split(|c: char| !c.is_alphanumeric()).filter(|part| !["", "and", "y", "e", "&"].contains(part));
    let places: Option<Vec<u16>> = parts.map(|part| single(question, part)).collect();
    let mut places =
        places.filter(|places| !places.is_empty()).or_else(|| single(question, bare).map(|at| vec![at]))?;
    places.sort_unstable();
    places.dedup();
    Some(places)
}

/// Reads the key pressed in a call: 5 to 8 give the choices of [`keyed`] in their order. `None` for other keys, which lead
/// elsewhere.
pub fn of_key(question: &Question, key: char) -> Option<Answer> {
    let place = key.to_digit(10)?.checked_sub(5).filter(|place| *place < 4)?;
    match &question.kind {
        Kind::Single | Kind::YesNo => {
            let place = u16::try_from(place).ok()?;
            (usize::from(place) < places(question)).then_some(Answer::Choices(vec![place]))
        }
        Kind::Scale { from, to } => Some(from + i64::from(place)).filter(|number| number <= to).map(Answer::Number),
        Kind::Multiple | Kind::Number { .. } | Kind::Text | Kind::Consent => None,
    }
}

/// The question that a call asks: the first, if four keys are enough to answer it. The others follow at the link.
pub fn keyed(survey: &Survey) -> Option<&Question> {
    let first = survey.questions.first().filter(|_| survey.is_asked_in_talk())?;
    let answers = match &first.kind {
        Kind::Single | Kind::YesNo => places(first),
        Kind::Scale { from, to } => usize::try_from(to - from + 1).unwrap_or(usize::MAX),
        Kind::Multiple | Kind::Number { .. } | Kind::Text | Kind::Consent => return None,
    };
    (2..=4).contains(&answers).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;
    use crate::survey::Tongues;

    fn question(kind: Kind, required: bool) -> Question {
        let choices = if kind.has_choices() {
            let days = [("Monday", "lunes"), ("Tuesday", "martes"), ("Friday", "viernes")];
            let both = |(en, es)| {
                let mut text = Tongues::in_one(&Language::of("en"), en);
                text.set(&Language::of("es"), es);
                text
            };
            days.into_iter().map(both).collect()
        } else {
            Vec::new()
        };
        Question { id: 1, kind, text: Tongues::default(), choices, required, only_if: None }
    }

    #[expect(clippy::unnecessary_wraps, reason = "as the answers stand in the tables")]
    fn places(places: &[u16]) -> Option<Answer> {
        Some(Answer::Choices(places.to_vec()))
    }

    #[test]
    fn texts_are_read_by_table() {
        let scale = Kind::Scale { from: 1, to: 5 };
        let number = Kind::Number { least: Some(0), most: Some(20) };
        for (kind, text, read) in [
            (Kind::Single, " 2. ", places(&[1])),
            (Kind::Single, "friday!", places(&[2])),
            (Kind::Single, "Martes", places(&[1])),
            (Kind::Single, "4", None),
            (Kind::Single, "0", None),
            (Kind::Single, "maybe", None),
            (Kind::Multiple, "1 and 3", places(&[0, 2])),
            (Kind::Multiple, "3,1,3", places(&[0, 2])),
            (Kind::Multiple, "lunes y viernes", places(&[0, 2])),
            (Kind::Multiple, "1 and 7", None),
            (Kind::YesNo, "Yes please", places(&[0])),
            (Kind::YesNo, "Sí", places(&[0])),
            (Kind::YesNo, "no gracias", places(&[1])),
            (Kind::YesNo, "2", places(&[1])),
            (Kind::YesNo, "perhaps", None),
            (scale.clone(), "5", Some(Answer::Number(5))),
            (scale, "6", None),
            (number.clone(), "0", Some(Answer::Number(0))),
            (number.clone(), "-1", None),
            (number, "three", None),
            (Kind::Text, " More shade, please\u{0}. ", Some(Answer::Text("More shade, please.".to_owned()))),
            (Kind::Text, " ", None),
            (Kind::Consent, "yes", None),
        ] {
            assert_eq!(of_text(&question(kind.clone(), true), text), read, "{kind:?} {text}");
        }
    }

    #[test]
    fn keys_5_to_8_are_read_by_table() {
        for (kind, key, read) in [
            (Kind::Single, '7', places(&[2])),
            (Kind::Single, '8', None),
            (Kind::Single, '1', None),
            (Kind::YesNo, '6', places(&[1])),
            (Kind::YesNo, '9', None),
            (Kind::YesNo, '#', None),
            (Kind::Scale { from: 0, to: 3 }, '5', Some(Answer::Number(0))),
            (Kind::Scale { from: 1, to: 3 }, '8', None),
            (Kind::Multiple, '5', None),
            (Kind::Text, '5', None),
        ] {
            assert_eq!(of_key(&question(kind.clone(), true), key), read, "{kind:?} {key}");
        }
    }

    #[test]
    fn a_call_asks_what_four_keys_can_answer() {
        for (kind, anonymous, asked) in [
            (Kind::YesNo, false, true),
            (Kind::Single, false, true),
            (Kind::Scale { from: 1, to: 4 }, false, true),
            (Kind::Scale { from: 1, to: 5 }, false, false),
            (Kind::Text, false, false),
            (Kind::YesNo, true, false),
        ] {
            let survey = Survey { questions: vec![question(kind.clone(), true)], anonymous, ..Survey::default() };
            assert_eq!(keyed(&survey).is_some(), asked, "{kind:?}");
        }
    }

    #[test]
    fn a_form_says_what_is_wrong_with_an_answer() {
        let number = Kind::Number { least: Some(1), most: Some(9) };
        for (kind, required, values, name, read) in [
            (Kind::Single, true, vec![""], "", Err(NotAnAnswer::Missing)),
            (Kind::Single, false, vec![], "", Ok(None)),
            (Kind::Single, true, vec!["2"], "", Ok(places(&[2]))),
            (Kind::Single, true, vec!["3"], "", Err(NotAnAnswer::NoChoice)),
            (Kind::Multiple, true, vec!["2", "0", "2"], "", Ok(places(&[0, 2]))),
            (number.clone(), true, vec!["many"], "", Err(NotAnAnswer::NoNumber)),
            (number.clone(), true, vec!["0"], "", Err(NotAnAnswer::TooLow(1))),
            (number, true, vec!["10"], "", Err(NotAnAnswer::TooHigh(9))),
            (Kind::Scale { from: 1, to: 5 }, true, vec!["9"], "", Err(NotAnAnswer::OutOfScale { from: 1, to: 5 })),
            (Kind::Consent, true, vec!["0"], " ", Err(NotAnAnswer::NotSigned)),
            (
                Kind::Consent,
                true,
                vec!["1"],
                "Ana Ruiz",
                Ok(Some(Answer::Signed { agrees: false, name: "Ana Ruiz".to_owned() })),
            ),
        ] {
            assert_eq!(of_form(&question(kind.clone(), required), &values, name), read, "{kind:?} {values:?}");
        }
    }
}
