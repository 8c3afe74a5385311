//! `/surveys/{id}`: how many answered and what, as pictures with their tables. Only the level that asks reads the answers
//! (A52); of an anonymous survey no small group is shown.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use schoolbell_domain::category::Category;
use schoolbell_domain::ids::SurveyId;
use schoolbell_domain::language::Language;
use schoolbell_domain::permission::Act;
use schoolbell_domain::survey::{
    Answer, Answers, Figure, Question, SMALLEST_GROUP, Survey, SurveyState, Via, choices_of, cross, figure,
    may_read_answers, rate, shown,
};
use schoolbell_engine::commands::survey::{begin_asking, close_survey, put_off_survey};
use schoolbell_store::read::surveys::{self, RateRow, ResponseRow, StandingSurvey};
use schoolbell_store::read::{district, names};
use schoolbell_store::tx::Reads;
use serde::Deserialize;

use super::list::words;
use crate::WebState;
use crate::chart::Chart;
use crate::error::{PageError, PageResult};
use crate::family::home::grade;
use crate::form::{Signed, problem};
use crate::frame::{Frame, Place, html};
use crate::session::Staff;
use crate::times::{TimeElement, grouped};
use crate::words::Words;

/// Texts on one page; the search finds the others.
const TEXTS: usize = 50;

#[derive(Template)]
#[template(path = "survey_results.html")]
struct ResultsPage {
    frame: Frame,
    id: SurveyId,
    title: String,
    state: &'static str,
    is_open: bool,
    anonymous: bool,
    deadline: Option<TimeElement>,
    deadline_input: String,
    zone: String,
    answered: String,
    /// Who has answered some and not all that needs an answer.
    begun: usize,
    sight: Sight,
    questions: Vec<QuestionResult>,
    rates: Vec<Chart>,
    days: Chart,
    search: String,
    cross: CrossPart,
}

/// What a reader sees of the answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sight {
    Whole,
    /// Of an anonymous survey: fewer answers than may be shown.
    TooFew,
    /// Of a survey of another level: how many answered, not what.
    Counts,
}

struct QuestionResult {
    chart: Chart,
    /// `Mean 3.4, median 4; 120 answers`.
    summary: String,
    texts: Vec<String>,
    more_texts: usize,
    signed: Vec<(String, String, &'static str)>,
}

/// Two questions against each other.
#[derive(Default)]
struct CrossPart {
    /// Id, words, chosen for down, chosen for across.
    questions: Vec<(u16, String, bool, bool)>,
    across: Vec<String>,
    rows: Vec<(String, Vec<String>)>,
    words: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    search: String,
    down: Option<u16>,
    across: Option<u16>,
}

/// `GET /surveys/{id}`.
pub async fn page(
    State(state): State<WebState>,
    staff: Staff,
    Path(id): Path<SurveyId>,
    Query(asked): Query<Asked>,
) -> PageResult<Html<String>> {
    let mut reads = state.engine.reader().read().await?;
    let standing = get(&mut reads, &staff, id).await?;
    let survey = &standing.survey;
    let rates = surveys::rates(&mut reads, id).await?;
    let may_read = may_read_answers(&staff.actor.grants, survey.owner);
    let responses = if may_read { surveys::responses(&mut reads, id).await? } else { Vec::new() };
    let sight = if !may_read {
        Sight::Counts
    } else if survey.anonymous && (responses.len() as u64) < SMALLEST_GROUP {
        Sight::TooFew
    } else {
        Sight::Whole
    };
    let read = if sight == Sight::Whole { responses } else { Vec::new() };
    let (all, done) = rates.iter().fold((0, 0), |(all, done), row| (all + row.asked, done + row.answered));
    let teller = staff.teller();
    let mut questions = Vec::new();
    for (at, question) in survey.questions.iter().enumerate().filter(|_| sight == Sight::Whole) {
        questions.push(result(&mut reads, survey, (at, question), (&read, &asked.search)).await?);
    }
    let schools = district::schools(&mut reads).await?;
    let school = |row: &RateRow| {
        let of = row.school.and_then(|id| schools.iter().find(|school| school.id == id));
        of.map_or_else(|| "Staff".to_owned(), |school| school.name.clone())
    };
    let language = |row: &RateRow| Language::of(&row.language).name().to_owned();
    let english = Words::of(&Language::default());
    let grade = |row: &RateRow| if row.grade.is_empty() { "None".to_owned() } else { grade(english, &row.grade) };
    let hides = survey.anonymous;
    html(&ResultsPage {
        title: survey.title.read(&survey.first_language()).to_owned(),
        state: words(standing.state),
        is_open: standing.state == SurveyState::Open,
        anonymous: survey.anonymous,
        deadline: survey.deadline.map(|at| teller.tell(at)),
        deadline_input: survey.deadline.map(|at| teller.for_input(at)).unwrap_or_default(),
        zone: teller.zone_words(),
        answered: format!("{} of {} ({})", grouped(done), grouped(all), percent(done, all)),
        rates: vec![
            rated("rate-school", "Answered, by school", (&rates, hides), school),
            rated("rate-grade", "Answered, by grade", (&rates, hides), grade),
            rated("rate-language", "Answered, by language", (&rates, hides), language),
            by_channel(&read, hides),
        ],
        days: by_day(&read, &staff),
        cross: crossed(survey, &read, &asked),
        search: asked.search,
        frame: Frame::new(&staff, Place::Messages, "Survey"),
        id,
        begun: read.iter().filter(|response| !response.complete).count(),
        sight,
        questions,
    })
}

pub(super) async fn get(reads: &mut impl Reads, staff: &Staff, id: SurveyId) -> PageResult<StandingSurvey> {
    let standing = surveys::lookup(reads, id).await?.ok_or(PageError::NotFound)?;
    staff.actor.must(Act::Send(Category::Surveys), standing.survey.scope())?;
    Ok(standing)
}

/// `34.9 %`.
fn percent(part: u64, whole: u64) -> String {
    let tenths = rate(part, whole);
    format!("{}.{} %", tenths / 10, tenths % 10)
}

fn count(value: u64, of: u64) -> String {
    format!("{} ({})", grouped(value), percent(value, of))
}

async fn result(
    reads: &mut impl Reads,
    survey: &Survey,
    (at, question): (usize, &Question),
    (responses, search): (&[ResponseRow], &str),
) -> PageResult<QuestionResult> {
    let language = survey.first_language();
    let title = format!("{}. {}", at + 1, question.text.read(&language));
    let figure = figure(question, responses.iter().map(|response| &response.answers));
    let of = figure.of();
    let (rows, summary) = match figure {
        Figure::Choices { counts, of } => {
            let rows = choices_of(question, &language).into_iter().zip(counts);
            (rows.map(|(words, value)| (words, value, count(value, of))).collect(), answers(of))
        }
        Figure::Numbers { counts, mean, median, of } => {
            let rows = counts.into_iter().map(|(number, value)| (number.to_string(), value, count(value, of)));
            (rows.collect(), format!("Mean {mean:.1}, median {median:.1}; {}", answers(of)))
        }
        Figure::Texts { of } => (Vec::new(), answers(of)),
    };
    let (texts, more_texts) = texts(question, responses, search);
    Ok(QuestionResult {
        chart: Chart::of(format!("q{}", question.id), title, "Answers", rows),
        summary: if of == 0 { "No answers yet.".to_owned() } else { summary },
        texts,
        more_texts,
        signed: signed(reads, question, responses).await?,
    })
}

fn answers(of: u64) -> String {
    if of == 1 { "1 answer".to_owned() } else { format!("{} answers", grouped(of)) }
}

/// Free texts with the words searched for, in an order that tells nothing.
fn texts(question: &Question, responses: &[ResponseRow], search: &str) -> (Vec<String>, usize) {
    let wanted = search.trim().to_lowercase();
    let said = responses.iter().filter_map(|response| match response.answers.get(&question.id) {
        Some(Answer::Text(text)) if wanted.is_empty() || text.to_lowercase().contains(&wanted) => Some(text.clone()),
        Some(Answer::Text(_) | Answer::Choices(_) | Answer::Number(_) | Answer::Signed { .. }) | None => None,
    });
    let mut found: Vec<String> = said.collect();
    found.sort_unstable_by_key(|text| text.to_lowercase());
    let more = found.len().saturating_sub(TEXTS);
    found.truncate(TEXTS);
    (found, more)
}

/// Who signed a slip, for whom: name, child, and what they said.
async fn signed(
    reads: &mut impl Reads,
    question: &Question,
    responses: &[ResponseRow],
) -> PageResult<Vec<(String, String, &'static str)>> {
    let signed: Vec<_> = responses
        .iter()
        .filter_map(|response| match response.answers.get(&question.id) {
            Some(Answer::Signed { agrees, name }) => Some((response.person, *agrees, name.clone())),
            Some(Answer::Text(_) | Answer::Choices(_) | Answer::Number(_)) | None => None,
        })
        .collect();
    let people: Vec<_> = signed.iter().filter_map(|(person, _, _)| *person).collect();
    let known = names::names(reads, &people).await?;
    let of = |person: Option<_>| {
        let name = person.and_then(|person| known.get(&person));
        name.map(|name| format!("{} {}", name.given, name.family)).unwrap_or_default()
    };
    let said = |agrees: bool| if agrees { "agrees" } else { "does not agree" };
    Ok(signed.into_iter().map(|(person, agrees, name)| (name, of(person), said(agrees))).collect())
}

/// Answered seats of asked ones, by a property.
fn rated(
    id: &'static str,
    title: &'static str,
    (rows, hides): (&[RateRow], bool),
    of: impl Fn(&RateRow) -> String,
) -> Chart {
    let mut sums: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for row in rows {
        let sum = sums.entry(of(row)).or_default();
        *sum = (sum.0 + row.answered, sum.1 + row.asked);
    }
    let counts: Vec<u64> = sums.values().map(|(answered, _)| *answered).collect();
    let seen = if hides { shown(&counts) } else { vec![true; counts.len()] };
    let bars = sums.into_iter().zip(seen).map(|((label, (answered, asked)), seen)| {
        if seen {
            (
                label,
                rate(answered, asked),
                format!("{} of {} ({})", grouped(answered), grouped(asked), percent(answered, asked)),
            )
        } else {
            (label, 0, "too few to show".to_owned())
        }
    });
    Chart::of(id, title, "Answered", bars.collect())
}

fn by_channel(responses: &[ResponseRow], hides: bool) -> Chart {
    let counts = Via::ALL.map(|via| responses.iter().filter(|response| response.via == via).count() as u64);
    let seen = if hides { shown(&counts) } else { vec![true; counts.len()] };
    let all = responses.len() as u64;
    let bars = Via::ALL.into_iter().zip(counts).zip(seen).filter(|((_, value), _)| *value > 0);
    let bars = bars.map(|((via, value), seen)| {
        let label = via.plain().to_owned();
        if seen { (label, value, count(value, all)) } else { (label, 0, "too few to show".to_owned()) }
    });
    Chart::of("rate-via", "How they answered", "Answers", bars.collect())
}

/// The latest answer of each, by day; of an anonymous survey the day is all that is known.
fn by_day(responses: &[ResponseRow], staff: &Staff) -> Chart {
    let mut days: BTreeMap<String, u64> = BTreeMap::new();
    for response in responses {
        let day = response.changed_at.to_zoned(staff.zone.clone()).strftime("%b %-d").to_string();
        *days
            .entry(format!("{} {day}", response.changed_at.to_zoned(staff.zone.clone()).strftime("%Y-%m-%d")))
            .or_default() += 1;
    }
    let bars = days.into_iter().map(|(day, value)| {
        let label = day.split_once(' ').map_or(day.clone(), |(_, words)| words.to_owned());
        (label, value, grouped(value))
    });
    Chart::of("days", "When they answered", "Answers", bars.collect())
}

fn crossed(survey: &Survey, responses: &[ResponseRow], asked: &Asked) -> CrossPart {
    let language = survey.first_language();
    let closed: Vec<(usize, &Question)> =
        survey.questions.iter().enumerate().filter(|(_, one)| !choices_of(one, &language).is_empty()).collect();
    if closed.len() < 2 {
        return CrossPart::default();
    }
    let chosen = |id: Option<u16>| closed.iter().find(|(_, one)| Some(one.id) == id).map(|(_, one)| *one);
    let (down, across) = (chosen(asked.down), chosen(asked.across));
    let name = |(at, one): &(usize, &Question)| {
        (
            one.id,
            format!("{}. {}", at + 1, one.text.read(&language)),
            Some(one.id) == asked.down,
            // Before anything is chosen, the second question stands across.
            asked
                .across
                .map_or_else(|| closed.get(1).is_some_and(|(_, second)| second.id == one.id), |id| id == one.id),
        )
    };
    let mut part = CrossPart { questions: closed.iter().map(name).collect(), ..CrossPart::default() };
    let (Some(down), Some(across)) = (down, across) else { return part };
    let all: Vec<&Answers> = responses.iter().map(|response| &response.answers).collect();
    let Some(counts) = cross(down, across, all) else { return part };
    part.words = format!("{} against {}", down.text.read(&language), across.text.read(&language));
    part.across = choices_of(across, &language);
    part.rows = choices_of(down, &language)
        .into_iter()
        .zip(counts)
        .map(|(label, row)| {
            let seen = if survey.anonymous { shown(&row) } else { vec![true; row.len()] };
            let cells = row.iter().zip(seen).map(|(value, seen)| if seen { grouped(*value) } else { "–".to_owned() });
            (label, cells.collect())
        })
        .collect();
    part
}

/// `POST /surveys/{id}`: ask again, another deadline, or the end.
pub async fn post(State(state): State<WebState>, Path(id): Path<SurveyId>, form: Signed) -> PageResult<Response> {
    let (engine, actor) = (&state.engine, &form.staff.actor);
    match form.fields.text("act") {
        "ask" => {
            let message = begin_asking(engine, actor, id).await?;
            return Ok(Redirect::to(&format!("/broadcasts/{}/edit?step=who", message.id)).into_response());
        }
        "close" => close_survey(engine, actor, id).await?,
        "put_off" => {
            let deadline = form.staff.teller().read_input(form.fields.text("deadline"));
            let wrong = || PageError::BadInput(vec![problem("deadline", "choose a day and a time")]);
            put_off_survey(engine, actor, id, deadline.ok_or_else(wrong)?).await?;
        }
        _ => {}
    }
    Ok(Redirect::to(&format!("/surveys/{id}")).into_response())
}
