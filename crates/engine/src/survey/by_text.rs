//! A survey by text: each text answers the question that stands next, and the reply asks the one after.

use schoolbell_domain::channel::Channel;
use schoolbell_domain::ids::{PersonId, SurveyId};
use schoolbell_domain::language::Language;
use schoolbell_domain::phone::Phone;
use schoolbell_domain::survey::{Answers, Kind, Question, Via, asked, next, of_text, question_in_a_text};
use schoolbell_store::read::surveys::{self, SeatRow, StandingSurvey};
use schoolbell_store::{StoreResult, Tx};

use super::keep::{Saying, is_open, keep, so_far};
use crate::Engine;

const SKIP: [&str; 4] = ["skip", "pass", "omitir", "saltar"];

/// Where a talk stands: a question of a survey that this number was asked, and that nobody of its seat has answered.
struct Talk {
    standing: StandingSurvey,
    seat: SeatRow,
    person: PersonId,
    answers: Answers,
    passed: Vec<u16>,
    question: Question,
}

/// A text that is no keyword: an answer, if its number was asked a survey that is open. What is answered, or `None` if
/// it was not asked.
pub(crate) async fn by_text(engine: &Engine, tx: &mut Tx, number: &Phone, text: &str) -> StoreResult<Option<String>> {
    let Some(mut talk) = standing_talk(engine, tx, number).await? else { return Ok(None) };
    let language = talk.seat.language.clone();
    let word = text.trim().trim_end_matches('.').to_lowercase();
    if SKIP.contains(&word.as_str()) && !talk.question.required {
        talk.passed.push(talk.question.id);
    } else if let Some(answer) = of_text(&talk.question, text) {
        talk.answers.insert(talk.question.id, answer);
    } else {
        return Ok(Some(again(&talk, &language)));
    }
    let saying = Saying {
        seat: talk.seat.seat,
        person: talk.person,
        language: &language,
        via: Via::Text,
        answers: &talk.answers,
        passed: &talk.passed,
    };
    keep(engine, tx, &talk.standing, &saying).await?;
    let more = standing_talk(engine, tx, number).await?.filter(|more| more.standing.id == talk.standing.id);
    Ok(Some(match more {
        Some(more) => ask(&more, &language),
        None if language.primary() == "es" => "Gracias. Hemos anotado sus respuestas.".to_owned(),
        None => "Thank you. Your answers are noted.".to_owned(),
    }))
}

/// Whether the next answer of this number may be a plain yes: it is no consent then.
pub(crate) async fn awaits_yes(engine: &Engine, tx: &mut Tx, number: &Phone) -> StoreResult<bool> {
    let talk = standing_talk(engine, tx, number).await?;
    Ok(talk.is_some_and(|talk| talk.question.kind == Kind::YesNo))
}

/// The newest survey that asked this number and has a question for it; a slip that must be signed is none for a text.
async fn standing_talk(engine: &Engine, tx: &mut Tx, number: &Phone) -> StoreResult<Option<Talk>> {
    let asked_to = surveys::asked_to(tx, (Channel::Sms, number.expose())).await?;
    let mut known: Vec<SurveyId> = asked_to.iter().map(|(survey, _)| *survey).collect();
    known.dedup();
    for survey in known {
        let people: Vec<PersonId> =
            asked_to.iter().filter(|(of, _)| *of == survey).map(|(_, person)| *person).collect();
        let Some(standing) = surveys::lookup(tx, survey).await? else { continue };
        if !is_open(&standing, engine.now()) || !standing.survey.is_asked_in_talk() {
            continue;
        }
        for person in people {
            for seat in surveys::seats(tx, survey, &[person]).await? {
                let row = so_far(tx, &standing, seat.seat).await?;
                let (answers, passed) = row.map(|row| (row.answers, row.passed)).unwrap_or_default();
                let question = next(&standing.survey, &answers, &passed).cloned();
                if let Some(question) = question.filter(|question| question.kind != Kind::Consent) {
                    return Ok(Some(Talk { standing, seat, person, answers, passed, question }));
                }
            }
        }
    }
    Ok(None)
}

/// The next question; of a survey with an answer for each child, about whom.
fn ask(talk: &Talk, language: &Language) -> String {
    let way = asked(&talk.standing.survey, &talk.answers);
    let at = way.iter().position(|question| question.id == talk.question.id).map_or(1, |at| at + 1);
    let question = question_in_a_text(&talk.question, language, (at, way.len()));
    let per_child = talk.standing.survey.seat == schoolbell_domain::survey::Seat::Child;
    match talk.seat.about.first().filter(|_| per_child) {
        Some((_, given)) => format!("{given}: {question}"),
        None => question,
    }
}

fn again(talk: &Talk, language: &Language) -> String {
    let sorry = if language.primary() == "es" { "No lo entendimos." } else { "We could not read that." };
    format!("{sorry} {}", ask(talk, language))
}
