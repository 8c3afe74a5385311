//! The builder's form, read: every field of the survey, whichever button was pressed.

use jiff::Timestamp;
use schoolbell_domain::language::Language;
use schoolbell_domain::survey::{Kind, OnlyIf, Question, Seat, Survey, Tongues};
use schoolbell_engine::Problem;

use crate::form::{Fields, problem};
use crate::times::Teller;

/// Reads the survey that the form holds. `owner` is checked by the command. A field that cannot be read is a problem; its
/// question is kept with what could be.
pub fn read(fields: &Fields, before: &Survey, teller: &Teller) -> (Survey, Vec<Problem>) {
    let mut problems = Vec::new();
    let languages = languages(fields, before);
    let in_each = |start: &str| {
        let text = |language: &Language| (language.clone(), fields.body(&format!("{start}.{}", language.tag())));
        Tongues(languages.iter().map(text).collect())
    };
    let questions = before.questions.iter().map(|question| self::question(fields, before, question, &in_each));
    let survey = Survey {
        title: in_each("title"),
        intro: in_each("intro"),
        questions: questions.collect(),
        seat: Seat::from_word(fields.text("seat")).unwrap_or(before.seat),
        anonymous: fields.text("anonymous") == "yes",
        open_link: fields.text("door") != "sign_in",
        deadline: deadline(fields, teller, &mut problems),
        remind_after_days: days(fields.text("remind"), &mut problems),
        owner: match fields.text("owner") {
            "district" => None,
            "" => before.owner,
            id => id.parse().map_or(before.owner, Some),
        },
        languages,
    };
    (survey, problems)
}

/// English first where nothing else is chosen.
fn languages(fields: &Fields, before: &Survey) -> Vec<Language> {
    let chosen: Vec<Language> = fields.values("language").map(Language::of).collect();
    match (chosen.is_empty(), before.languages.is_empty()) {
        (false, _) => {
            // In the order that stands; new ones come last.
            let mut all: Vec<Language> = before.languages.iter().filter(|one| chosen.contains(one)).cloned().collect();
            all.extend(chosen.into_iter().filter(|one| !before.languages.contains(one)));
            all.dedup();
            all
        }
        (true, false) => before.languages.clone(),
        (true, true) => vec![Language::default()],
    }
}

fn deadline(fields: &Fields, teller: &Teller, problems: &mut Vec<Problem>) -> Option<Timestamp> {
    let text = fields.text("deadline");
    if text.is_empty() {
        return None;
    }
    let read = teller.read_input(text);
    if read.is_none() {
        problems.push(problem("deadline", "choose a day and a time, for example 2026-03-04T17:00"));
    }
    read
}

fn days(text: &str, problems: &mut Vec<Problem>) -> Vec<u8> {
    let mut days = Vec::new();
    for part in text.split([',', ' ']).filter(|part| !part.is_empty()) {
        match part.parse() {
            Ok(day) if day > 0 => days.push(day),
            Ok(_) | Err(_) => {
                problems.push(problem("remind", "write days after the first message, for example 3, 6"));
            }
        }
    }
    days.sort_unstable();
    days.dedup();
    days
}

fn question(fields: &Fields, survey: &Survey, before: &Question, in_each: &impl Fn(&str) -> Tongues) -> Question {
    let start = format!("q{}", before.id);
    let number = |name: &str| fields.text(&format!("{start}.{name}")).parse::<i64>().ok();
    let kind = match before.kind {
        Kind::Scale { from, to } => {
            Kind::Scale { from: number("from").unwrap_or(from), to: number("to").unwrap_or(to) }
        }
        Kind::Number { .. } => Kind::Number { least: number("least"), most: number("most") },
        Kind::Single | Kind::Multiple | Kind::YesNo | Kind::Text | Kind::Consent => before.kind.clone(),
    };
    Question {
        id: before.id,
        text: in_each(&format!("{start}.text")),
        choices: if kind.has_choices() { choices(&in_each(&format!("{start}.choices"))) } else { Vec::new() },
        kind,
        required: fields.text(&format!("{start}.required")) == "yes",
        only_if: only_if(fields, survey, &start),
    }
}

/// A choice in each line, the same line in every language.
fn choices(lines: &Tongues) -> Vec<Tongues> {
    let split = |text: &str| -> Vec<String> {
        text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
    };
    let each: Vec<(Language, Vec<String>)> = lines.0.iter().map(|(of, text)| (of.clone(), split(text))).collect();
    let most = each.iter().map(|(_, lines)| lines.len()).max().unwrap_or(0);
    (0..most)
        .map(|at| {
            Tongues(each.iter().map(|(of, lines)| (of.clone(), lines.get(at).cloned().unwrap_or_default())).collect())
        })
        .collect()
}

/// `3:1` of every box that is ticked; those of the first question named count.
fn only_if(fields: &Fields, survey: &Survey, start: &str) -> Option<OnlyIf> {
    let name = format!("{start}.if");
    let ticked: Vec<(u16, i64)> = fields
        .values(&name)
        .filter_map(|value| value.split_once(':'))
        .filter_map(|(question, value)| Some((question.parse().ok()?, value.parse().ok()?)))
        .collect();
    let question = ticked.first()?.0;
    survey.question(question)?;
    let any_of = ticked.into_iter().filter(|(of, _)| *of == question).map(|(_, value)| value).collect();
    Some(OnlyIf { question, any_of })
}

/// What a button of the builder does to the questions: `add yes_no`, `up 3`, `down 3`, `remove 3`.
pub fn press(survey: &mut Survey, act: &str) {
    let (verb, what) = act.split_once(' ').unwrap_or((act, ""));
    let at = what.parse::<u16>().ok().and_then(|id| survey.questions.iter().position(|question| question.id == id));
    match (verb, at) {
        ("add", _) => survey.questions.extend(new_question(survey.next_question(), what)),
        ("up", Some(at)) if at > 0 => survey.questions.swap(at, at - 1),
        ("down", Some(at)) if at + 1 < survey.questions.len() => survey.questions.swap(at, at + 1),
        ("remove", Some(at)) => {
            let id = survey.questions.remove(at).id;
            for question in &mut survey.questions {
                question.only_if = question.only_if.take().filter(|only_if| only_if.question != id);
            }
        }
        _ => {}
    }
}

fn new_question(id: u16, kind: &str) -> Option<Question> {
    let kind = match kind {
        "single" => Kind::Single,
        "multiple" => Kind::Multiple,
        "yes_no" => Kind::YesNo,
        "scale" => Kind::Scale { from: 1, to: 5 },
        "number" => Kind::Number { least: Some(0), most: None },
        "text" => Kind::Text,
        "consent" => Kind::Consent,
        _ => return None,
    };
    let required = kind != Kind::Text;
    Some(Question { id, kind, text: Tongues::default(), choices: Vec::new(), required, only_if: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn survey() -> Survey {
        let mut survey = Survey::default();
        for kind in ["single", "yes_no", "text"] {
            press(&mut survey, &format!("add {kind}"));
        }
        survey.questions[2].only_if = Some(OnlyIf { question: 2, any_of: vec![1] });
        survey
    }

    fn ids(survey: &Survey) -> Vec<u16> {
        survey.questions.iter().map(|question| question.id).collect()
    }

    #[test]
    fn questions_are_moved_and_taken_out_and_what_hung_on_them_stands_free() {
        let mut survey = survey();
        press(&mut survey, "up 2");
        assert_eq!(ids(&survey), [2, 1, 3]);
        press(&mut survey, "up 2");
        press(&mut survey, "down 3");
        press(&mut survey, "remove 9");
        press(&mut survey, "nonsense");
        assert_eq!(ids(&survey), [2, 1, 3]);
        press(&mut survey, "remove 2");
        assert_eq!(ids(&survey), [1, 3]);
        assert_eq!(survey.questions[1].only_if, None);
        press(&mut survey, "add scale");
        assert_eq!(ids(&survey), [1, 3, 4]);
    }

    #[test]
    fn choices_are_lines_and_a_missing_translation_is_empty() {
        let (en, es) = (Language::of("en"), Language::of("es"));
        let lines = Tongues(vec![(en.clone(), "Monday\n\n Friday ".to_owned()), (es.clone(), "lunes".to_owned())]);
        let found = choices(&lines);
        assert_eq!(found.len(), 2);
        assert_eq!((found[1].exactly(&en), found[1].exactly(&es)), ("Friday", ""));
    }
}
