//! The questions of a survey as a form: shown to whoever answers, and read again. The page behind a link and the family's
//! own pages share it.

use schoolbell_domain::language::Language;
use schoolbell_domain::survey::{
    Answer, Answers, Kind, NotAnAnswer, Question, Survey, choices_of, is_complete, of_form, pruned,
};

use crate::form::Fields;
use crate::words::Words;

/// One question as it stands in the form.
#[derive(Debug)]
pub struct Asked {
    pub id: u16,
    pub kind: &'static str,
    pub text: String,
    /// Value, words, and whether it is chosen.
    pub choices: Vec<(i64, String, bool)>,
    /// What is written in its field.
    pub written: String,
    /// The name of a signature.
    pub signed: String,
    pub required: bool,
    /// The least and most number, empty without a bound.
    pub bounds: (String, String),
    /// `3:0,1`: shown only where question 3 has one of these answers.
    pub only_if: String,
    /// The same in words: what has to be answered above.
    pub only_if_words: String,
    /// What is wrong with the answer, or empty.
    pub wrong: String,
}

/// The questions in a language, with what was answered before.
pub fn asked(survey: &Survey, answers: &Answers, (language, t): (&Language, Words)) -> Vec<Asked> {
    survey.questions.iter().map(|question| one(survey, question, answers, (language, t))).collect()
}

fn one(survey: &Survey, question: &Question, answers: &Answers, (language, t): (&Language, Words)) -> Asked {
    let answer = answers.get(&question.id);
    let first = if let Kind::Scale { from, .. } = question.kind { from } else { 0 };
    let is_chosen = |value: i64| match answer {
        Some(Answer::Choices(places)) => places.iter().any(|place| i64::from(*place) == value),
        Some(Answer::Number(number)) => *number == value,
        Some(Answer::Signed { agrees, .. }) => value == i64::from(!*agrees),
        Some(Answer::Text(_)) | None => false,
    };
    let choices = choices_of(question, language).into_iter().zip(first..);
    let bound = |number: Option<i64>| number.map(|number| number.to_string()).unwrap_or_default();
    Asked {
        id: question.id,
        kind: question.kind.word(),
        text: question.text.read(language).to_owned(),
        choices: choices.map(|(words, value)| (value, words, is_chosen(value))).collect(),
        written: match answer {
            Some(Answer::Text(text)) => text.clone(),
            Some(Answer::Number(number)) => number.to_string(),
            Some(Answer::Choices(_) | Answer::Signed { .. }) | None => String::new(),
        },
        signed: match answer {
            Some(Answer::Signed { name, .. }) => name.clone(),
            Some(Answer::Text(_) | Answer::Number(_) | Answer::Choices(_)) | None => String::new(),
        },
        required: question.required,
        bounds: match question.kind {
            Kind::Number { least, most } => (bound(least), bound(most)),
            Kind::Single | Kind::Multiple | Kind::YesNo | Kind::Scale { .. } | Kind::Text | Kind::Consent => {
                (String::new(), String::new())
            }
        },
        only_if: branch(question),
        only_if_words: branch_words(survey, question, (language, t)),
        wrong: String::new(),
    }
}

fn branch(question: &Question) -> String {
    question.only_if.as_ref().map_or_else(String::new, |only_if| {
        let values: Vec<String> = only_if.any_of.iter().map(ToString::to_string).collect();
        format!("{}:{}", only_if.question, values.join(","))
    })
}

/// `Only if you answered "Friday" to "Which day?"`, for pages without scripts.
fn branch_words(survey: &Survey, question: &Question, (language, t): (&Language, Words)) -> String {
    let Some(only_if) = &question.only_if else { return String::new() };
    let Some(earlier) = survey.question(only_if.question) else { return String::new() };
    let choices = choices_of(earlier, language);
    let words: Vec<String> = only_if
        .any_of
        .iter()
        .map(|value| match earlier.kind {
            Kind::Single | Kind::Multiple | Kind::YesNo | Kind::Consent => {
                usize::try_from(*value).ok().and_then(|place| choices.get(place)).cloned().unwrap_or_default()
            }
            Kind::Scale { .. } | Kind::Number { .. } | Kind::Text => value.to_string(),
        })
        .collect();
    t.two("survey-only-if", ("question", earlier.text.read(language)), ("answers", &words.join(", ")))
}

/// What a form answers, and what is wrong with it by question. Answers to questions that are not asked do not count, and
/// nothing wrong with them does.
pub fn read(survey: &Survey, fields: &Fields) -> (Answers, Vec<(u16, NotAnAnswer)>) {
    let (mut answers, mut wrong) = (Answers::new(), Vec::new());
    for question in &survey.questions {
        let name = format!("q{}", question.id);
        let values: Vec<&str> = fields.values(&name).collect();
        match of_form(question, &values, fields.text(&format!("{name}-name"))) {
            Ok(Some(answer)) => {
                answers.insert(question.id, answer);
            }
            Ok(None) => {}
            Err(problem) => wrong.push((question.id, problem)),
        }
    }
    let answers = pruned(survey, &answers);
    let way: Vec<u16> = schoolbell_domain::survey::asked(survey, &answers).iter().map(|question| question.id).collect();
    wrong.retain(|(id, _)| way.contains(id));
    if wrong.is_empty() && !is_complete(survey, &answers) {
        // Nothing at all was said.
        wrong.extend(way.first().map(|id| (*id, NotAnAnswer::Missing)));
    }
    (answers, wrong)
}

/// What is wrong, in the reader's language.
pub fn wrong_words(t: Words, wrong: &NotAnAnswer) -> String {
    match wrong {
        NotAnAnswer::Missing => t.say("survey-missing"),
        NotAnAnswer::NoChoice => t.say("survey-no-choice"),
        NotAnAnswer::NoNumber => t.say("survey-no-number"),
        NotAnAnswer::OutOfScale { from, to } => {
            t.two("survey-out-of-scale", ("from", &from.to_string()), ("to", &to.to_string()))
        }
        NotAnAnswer::TooLow(least) => t.one("survey-too-low", "least", least),
        NotAnAnswer::TooHigh(most) => t.one("survey-too-high", "most", most),
        NotAnAnswer::NotSigned => t.say("survey-not-signed"),
    }
}
