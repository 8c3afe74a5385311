//! What families read and hear of a survey, in English and Spanish; another language gets the English around the
//! questions that were written for it.

use super::{Kind, Question, Survey, keyed};
use crate::broadcast::Wording;
use crate::language::Language;

/// The answers of a closed question as a reader sees them, in order.
pub fn choices_of(question: &Question, language: &Language) -> Vec<String> {
    let spanish = language.primary() == "es";
    let two = |one: &str, other: &str| vec![one.to_owned(), other.to_owned()];
    match &question.kind {
        Kind::Single | Kind::Multiple => {
            question.choices.iter().map(|choice| choice.read(language).to_owned()).collect()
        }
        Kind::YesNo if spanish => two("Sí", "No"),
        Kind::YesNo => two("Yes", "No"),
        Kind::Consent if spanish => two("Estoy de acuerdo", "No estoy de acuerdo"),
        Kind::Consent => two("I agree", "I do not agree"),
        Kind::Scale { from, to } => (*from..=*to).map(|step| step.to_string()).collect(),
        Kind::Number { .. } | Kind::Text => Vec::new(),
    }
}

/// A question as a text message asks it: `2 of 5: Which day? Reply 1 Monday, 2 Friday.`
///
/// `at` counts from 1 among `of` questions as the way stands now.
pub fn question_in_a_text(question: &Question, language: &Language, (at, of): (usize, usize)) -> String {
    let spanish = language.primary() == "es";
    let numbered = || {
        let choices = choices_of(question, language).into_iter().enumerate();
        choices.map(|(place, choice)| format!("{} {choice}", place + 1)).collect::<Vec<_>>().join(", ")
    };
    let how = match (&question.kind, spanish) {
        (Kind::Single, false) => format!("Reply {}.", numbered()),
        (Kind::Single, true) => format!("Responda {}.", numbered()),
        (Kind::Multiple, false) => format!("Reply one or more: {}.", numbered()),
        (Kind::Multiple, true) => format!("Responda una o más: {}.", numbered()),
        (Kind::YesNo, false) => "Reply yes or no.".to_owned(),
        (Kind::YesNo, true) => "Responda sí o no.".to_owned(),
        (Kind::Scale { from, to }, false) => format!("Reply {from} to {to}."),
        (Kind::Scale { from, to }, true) => format!("Responda de {from} a {to}."),
        (Kind::Number { .. }, false) => "Reply a number.".to_owned(),
        (Kind::Number { .. }, true) => "Responda un número.".to_owned(),
        (Kind::Text, false) => "Reply in your words.".to_owned(),
        (Kind::Text, true) => "Responda con sus palabras.".to_owned(),
        (Kind::Consent, false) => "Sign it on the page.".to_owned(),
        (Kind::Consent, true) => "Fírmelo en la página.".to_owned(),
    };
    let skip = match (question.required, spanish) {
        (true, _) => "",
        (false, false) => " Or SKIP.",
        (false, true) => " U OMITIR.",
    };
    let place = match (of, spanish) {
        (1, _) => String::new(),
        (of, false) => format!("{at} of {of}: "),
        (of, true) => format!("{at} de {of}: "),
    };
    format!("{place}{} {how}{skip}", question.text.read(language).trim())
}

/// The message that asks it, in each of its languages: a draft for whoever sends it.
///
/// A text asks the first question itself where texts take answers; every mail and text carries the link.
pub fn wordings(survey: &Survey) -> Vec<Wording> {
    survey.languages.iter().map(|language| wording(survey, language)).collect()
}

fn wording(survey: &Survey, language: &Language) -> Wording {
    let spanish = language.primary() == "es";
    let (title, intro) = (survey.title.read(language).trim(), survey.intro.read(language).trim());
    let paragraph = if intro.is_empty() { String::new() } else { format!("{intro}\n\n") };
    let first = survey.questions.first().filter(|question| survey.is_asked_in_talk() && question.kind != Kind::Consent);
    let asked = first.map(|question| question_in_a_text(question, language, (1, survey.questions.len())));
    let spoken = keyed(survey).map_or("", |question| question.text.read(language).trim());
    let (subject, email, mut text, call) = if spanish {
        (
            format!("Encuesta: {title}"),
            format!(
                "{paragraph}[Responda aquí]({{{{survey_link}}}}). Puede cambiar su respuesta hasta la fecha límite."
            ),
            format!("{{{{school}}}}: encuesta \"{title}\". {{{{survey_link}}}}"),
            format!("{{{{school}}}} le hace una encuesta: {title}. {spoken}").trim().to_owned(),
        )
    } else {
        (
            format!("Survey: {title}"),
            format!("{paragraph}[Answer here]({{{{survey_link}}}}). You can change your answer until the deadline."),
            format!("{{{{school}}}} asks: {title}. {{{{survey_link}}}}"),
            format!("{{{{school}}}} has a survey for you: {title}. {spoken}").trim().to_owned(),
        )
    };
    if let Some(asked) = asked {
        text.push(' ');
        text.push_str(&asked);
    }
    Wording {
        language: language.clone(),
        email_subject: subject,
        email_body: email,
        sms_body: text,
        voice_body: call,
        voice_recording: None,
    }
}
