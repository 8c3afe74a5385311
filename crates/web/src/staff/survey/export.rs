//! `/surveys/{id}/answers.csv` and `.xlsx`: one line for each answer. Of an anonymous survey the answers alone, in an order
//! that tells nothing.

use std::collections::HashMap;

use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use schoolbell_domain::ids::{PersonId, SurveyId};
use schoolbell_domain::survey::{Answer, Question, SMALLEST_GROUP, Survey, choices_of, may_read_answers};
use schoolbell_formats::sheet::{self, Cell, Sheet};
use schoolbell_store::read::district;
use schoolbell_store::read::names::{Name, names};
use schoolbell_store::read::surveys::{self, ResponseRow};
use schoolbell_store::tx::Reads;

use super::results::get;
use crate::WebState;
use crate::error::{PageError, PageResult};
use crate::session::Staff;

/// `GET /surveys/{id}/answers.csv`.
pub async fn csv(State(state): State<WebState>, staff: Staff, Path(id): Path<SurveyId>) -> PageResult<Response> {
    let sheet = table(&state, &staff, id).await?;
    Ok(file(id, ("text/csv; charset=utf-8", "csv"), sheet::csv(&sheet).into_bytes()))
}

/// `GET /surveys/{id}/answers.xlsx`.
pub async fn xlsx(State(state): State<WebState>, staff: Staff, Path(id): Path<SurveyId>) -> PageResult<Response> {
    let sheet = table(&state, &staff, id).await?;
    let bytes = tokio::task::spawn_blocking(move || sheet::xlsx(&sheet)).await.map_err(PageError::fault)?;
    let kind = ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx");
    Ok(file(id, kind, bytes.map_err(PageError::fault)?))
}

fn file(id: SurveyId, (kind, end): (&str, &str), bytes: Vec<u8>) -> Response {
    let name = format!("attachment; filename=\"survey-{id}.{end}\"");
    ([(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, name)], bytes).into_response()
}

/// A look at all answers at once is for those who may read them (A52).
async fn table(state: &WebState, staff: &Staff, id: SurveyId) -> PageResult<Sheet> {
    let mut reads = state.engine.reader().read().await?;
    let standing = get(&mut reads, staff, id).await?;
    let survey = &standing.survey;
    let responses = surveys::responses(&mut reads, id).await?;
    let too_few = survey.anonymous && (responses.len() as u64) < SMALLEST_GROUP;
    if !may_read_answers(&staff.actor.grants, survey.owner) || too_few {
        return Err(PageError::NotFound);
    }
    let who = if survey.anonymous { None } else { Some(who(&mut reads, id, &responses).await?) };
    let mut sheet = Sheet::default();
    if who.is_some() {
        sheet.head.extend(["Answered by", "School", "Grade", "Language", "Over", "At"].map(str::to_owned));
    }
    let language = survey.first_language();
    sheet.head.extend(survey.questions.iter().map(|question| question.text.read(&language).to_owned()));
    for response in &responses {
        let mut row = Vec::new();
        if let Some(who) = &who {
            let name = response.person.and_then(|person| who.names.get(&person));
            let (school, grade) = response.seat.and_then(|seat| who.places.get(&seat)).cloned().unwrap_or_default();
            row.extend(
                [
                    name.map(|name| format!("{} {}", name.given, name.family)).unwrap_or_default(),
                    school,
                    grade,
                    response.language.tag().to_owned(),
                    response.via.plain().to_owned(),
                    response.changed_at.to_zoned(staff.zone.clone()).strftime("%Y-%m-%d %H:%M").to_string(),
                ]
                .map(Cell::Text),
            );
        }
        row.extend(survey.questions.iter().map(|question| cell(survey, question, response)));
        sheet.rows.push(row);
    }
    Ok(sheet)
}

struct Who {
    names: HashMap<PersonId, Name>,
    /// School and grade by seat.
    places: HashMap<i64, (String, String)>,
}

async fn who(reads: &mut impl Reads, id: SurveyId, responses: &[ResponseRow]) -> PageResult<Who> {
    let people: Vec<PersonId> = responses.iter().filter_map(|response| response.person).collect();
    let schools = district::schools(reads).await?;
    let name = |of| schools.iter().find(|school| Some(school.id) == of).map(|school| school.name.clone());
    let places = surveys::places(reads, id).await?.into_iter();
    let places = places.map(|(seat, school, grade)| (seat, (name(school).unwrap_or_default(), grade))).collect();
    Ok(Who { names: names(reads, &people).await?, places })
}

fn cell(survey: &Survey, question: &Question, response: &ResponseRow) -> Cell {
    let choices = || choices_of(question, &survey.first_language());
    let word = |place: &u16| choices().get(usize::from(*place)).cloned().unwrap_or_default();
    match response.answers.get(&question.id) {
        None => Cell::Text(String::new()),
        Some(Answer::Choices(places)) => Cell::Text(places.iter().map(word).collect::<Vec<_>>().join("; ")),
        Some(Answer::Number(number)) => Cell::Number(*number),
        Some(Answer::Text(text)) => Cell::Text(text.clone()),
        Some(Answer::Signed { agrees, name }) => Cell::Text(format!("{}: {name}", word(&u16::from(!*agrees)))),
    }
}
