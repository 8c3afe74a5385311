//! `/survey/{token}`: the link in a message that asks a survey. A look changes nothing; where the owner allows it, a post
//! needs no account: whoever has the message may answer.

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Redirect, Response};
use schoolbell_domain::language::Language;
use schoolbell_domain::survey::{NotAnAnswer, Seat};
use schoolbell_engine::commands::answer_survey::{Given, OpenSurvey, Place, answer_by_link, look_by_link};
use schoolbell_store::read::district::lookup_district;

use crate::WebState;
use crate::error::{PageError, PageResult};
use crate::family::times::FamilyTeller;
use crate::form::Fields;
use crate::frame::{Theme, html};
use crate::questions::{Asked, asked, read, wrong_words};
use crate::words::Words;

#[derive(Template)]
#[template(path = "survey.html")]
struct SurveyPage {
    theme: Theme,
    t: Words,
    district: String,
    action: String,
    part: Part,
}

/// A survey as it is shown to whoever answers: one form for each answer that is theirs to give.
#[derive(Debug)]
pub struct Part {
    pub title: String,
    pub intro: String,
    /// Until when, in words.
    pub until: String,
    pub anonymous: bool,
    /// Whether answers are still taken.
    pub is_open: bool,
    pub forms: Vec<SeatForm>,
}

/// The form of one seat.
#[derive(Debug)]
pub struct SeatForm {
    pub seat: i64,
    /// The child whom it is about, in a survey with an answer for each; otherwise empty.
    pub about: String,
    /// It was answered, and can be changed.
    pub answered: bool,
    pub questions: Vec<Asked>,
    pub wrong: bool,
}

/// What a form that could not be kept had wrong: its seat, and the questions.
pub type Refused = (i64, Vec<(u16, NotAnAnswer)>);

/// The forms of a survey, with what was refused beside its questions.
pub fn part(open: &OpenSurvey, t: Words, until: String, refused: Option<&Refused>) -> Part {
    let survey = &open.standing.survey;
    let language = Language::of(t.tag());
    let form = |place: &Place| {
        let mut questions = asked(survey, &place.answers, (&language, t));
        let wrong = refused.filter(|(seat, _)| *seat == place.seat.seat).map(|(_, wrong)| wrong.as_slice());
        for (id, problem) in wrong.unwrap_or_default() {
            if let Some(question) = questions.iter_mut().find(|question| question.id == *id) {
                question.wrong = wrong_words(t, problem);
            }
        }
        let about = place.seat.about.iter().map(|(_, given)| given.clone()).collect::<Vec<_>>();
        SeatForm {
            seat: place.seat.seat,
            about: if survey.seat == Seat::Child { t.list(&about) } else { String::new() },
            answered: place.seat.answered,
            wrong: wrong.is_some(),
            questions,
        }
    };
    Part {
        title: survey.title.read(&language).to_owned(),
        intro: survey.intro.read(&language).to_owned(),
        until,
        anonymous: survey.anonymous,
        is_open: open.is_open,
        forms: open.places.iter().map(form).collect(),
    }
}

/// `GET /survey/{token}`.
pub async fn page(
    State(state): State<WebState>,
    headers: HeaderMap,
    Path(token): Path<String>,
) -> PageResult<Response> {
    let open = look_by_link(&state.engine, &token).await?;
    if !open.standing.survey.open_link {
        return Ok(Redirect::to(&format!("/family/surveys/{}", open.standing.id)).into_response());
    }
    Ok(render(&state, &headers, (&token, &open), None).await?.into_response())
}

/// `POST /survey/{token}`.
pub async fn post(
    State(state): State<WebState>,
    headers: HeaderMap,
    Path(token): Path<String>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> PageResult<Response> {
    let fields = Fields::new(pairs);
    let open = look_by_link(&state.engine, &token).await?;
    if !open.is_open {
        // It closed while the form stood open; the page says so.
        let page = render(&state, &headers, (&token, &open), None).await?;
        return Ok((StatusCode::CONFLICT, page).into_response());
    }
    let seat: i64 = fields.text("seat").parse().map_err(|_| PageError::NotFound)?;
    let (answers, wrong) = read(&open.standing.survey, &fields);
    if !wrong.is_empty() {
        let mut again = open;
        keep_written(&mut again, seat, answers);
        let page = render(&state, &headers, (&token, &again), Some((seat, wrong))).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    }
    let language = Language::of(Words::of_visitor(&headers).tag());
    answer_by_link(&state.engine, &token, Given { seat, answers: &answers, language: &language }).await?;
    let open = look_by_link(&state.engine, &token).await?;
    Ok(render(&state, &headers, (&token, &open), None).await?.into_response())
}

/// What somebody wrote stands in the form again.
pub fn keep_written(open: &mut OpenSurvey, seat: i64, answers: schoolbell_domain::survey::Answers) {
    if let Some(place) = open.places.iter_mut().find(|place| place.seat.seat == seat) {
        place.answers = answers;
    }
}

async fn render(
    state: &WebState,
    headers: &HeaderMap,
    (token, open): (&str, &OpenSurvey),
    refused: Option<Refused>,
) -> PageResult<Html<String>> {
    let mut reads = state.engine.reader().read().await?;
    let district = lookup_district(&mut reads).await?;
    let t = Words::of_visitor(headers);
    let until = match (&district, open.standing.survey.deadline) {
        (Some(district), Some(deadline)) => {
            FamilyTeller { t, zone: district.time_zone.clone(), now: state.engine.now() }.tell(deadline)
        }
        (None, _) | (_, None) => String::new(),
    };
    html(&SurveyPage {
        theme: Theme::of(headers),
        part: part(open, t, until, refused.as_ref()),
        t,
        district: district.map(|district| district.name).unwrap_or_default(),
        action: format!("/survey/{token}"),
    })
}
