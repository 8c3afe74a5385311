//! `/surveys/new` and `/surveys/{id}/edit`: the builder. Every button keeps what is written, with and without scripts.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use schoolbell_domain::category::Category;
use schoolbell_domain::ids::{SchoolId, SurveyId};
use schoolbell_domain::language::Language;
use schoolbell_domain::permission::{Act, Scope, can};
use schoolbell_domain::survey::{Kind, Question, Seat, Survey, SurveyState, choices_of};
use schoolbell_engine::commands::survey::{begin_asking, save_survey};
use schoolbell_engine::{CommandError, Problem};
use schoolbell_store::read::district;
use schoolbell_store::read::surveys::{StandingSurvey, lookup};

use super::fields::{press, read};
use super::list::href;
use crate::WebState;
use crate::error::{PageError, PageResult, as_sentence};
use crate::form::{Problems, Signed};
use crate::frame::{Frame, Place, html};
use crate::session::Staff;

#[derive(Template)]
#[template(path = "survey_build.html")]
struct BuildPage {
    frame: Frame,
    problems: Problems,
    action: String,
    version: i64,
    survey: Survey,
    /// In the order of the survey: tag, name, title and why it is asked.
    languages: Vec<(String, String, String, String)>,
    /// Those that may be added.
    more: Vec<(&'static str, &'static str)>,
    questions: Vec<QuestionPart>,
    owners: Vec<(String, String, bool)>,
    seats: Vec<(&'static str, String, bool)>,
    deadline: String,
    remind: String,
    zone: String,
    kinds: Vec<(&'static str, &'static str)>,
}

struct QuestionPart {
    at: usize,
    id: u16,
    kind: &'static str,
    plain: &'static str,
    /// Tag, name of the language, text, choices by line.
    texts: Vec<(String, String, String, String)>,
    has_choices: bool,
    /// Names, labels and values of its numbers.
    numbers: Vec<(&'static str, &'static str, String)>,
    required: bool,
    /// Value, words, ticked.
    branches: Vec<(String, String, bool)>,
    is_branch: bool,
}

/// `GET /surveys/new`.
pub async fn new(State(state): State<WebState>, staff: Staff) -> PageResult<Html<String>> {
    staff.must_somewhere(Act::Send(Category::Surveys))?;
    let survey = begun(&state, &staff).await?;
    show(&state, &staff, Shown { which: None, survey, problems: Vec::new() }).await
}

/// In the name of the district, or of one's first school.
async fn begun(state: &WebState, staff: &Staff) -> PageResult<Survey> {
    let owners = owners(state, staff).await?;
    let owner = owners.first().and_then(|(owner, _)| *owner);
    Ok(Survey { languages: vec![Language::default()], open_link: true, owner, ..Survey::default() })
}

/// Where one may ask: `None` is the district.
async fn owners(state: &WebState, staff: &Staff) -> PageResult<Vec<(Option<SchoolId>, String)>> {
    let may = |place| can(&staff.actor.grants, Act::Send(Category::Surveys), place);
    let schools = district::schools(&mut state.engine.reader().read().await?).await?;
    let mut owners = Vec::new();
    if may(Scope::District) {
        owners.push((None, format!("{} (the district)", staff.district)));
    }
    let mine = schools.into_iter().filter(|school| may(Scope::School(school.id)));
    owners.extend(mine.map(|school| (Some(school.id), school.name)));
    Ok(owners)
}

struct Shown {
    which: Option<(SurveyId, i64)>,
    survey: Survey,
    problems: Vec<Problem>,
}

async fn show(state: &WebState, staff: &Staff, shown: Shown) -> PageResult<Html<String>> {
    let Shown { which, survey, problems } = shown;
    let teller = staff.teller();
    let owner = |of: Option<SchoolId>| of.map_or_else(|| "district".to_owned(), |id| id.to_string());
    let owners = owners(state, staff).await?.into_iter();
    let known = [("es", "Spanish"), ("vi", "Vietnamese"), ("zh", "Chinese"), ("ar", "Arabic"), ("hmn", "Hmong")];
    let more = known.into_iter().filter(|(tag, _)| survey.languages.iter().all(|language| language.tag() != *tag));
    let kinds = [
        Kind::Single,
        Kind::Multiple,
        Kind::YesNo,
        Kind::Scale { from: 1, to: 5 },
        Kind::Number { least: None, most: None },
        Kind::Text,
        Kind::Consent,
    ];
    html(&BuildPage {
        frame: Frame::new(staff, Place::Messages, if which.is_some() { "Survey" } else { "New survey" }),
        problems: Problems(problems),
        action: which.map_or_else(|| "/surveys/new".to_owned(), |(id, _)| format!("/surveys/{id}/edit")),
        version: which.map_or(0, |(_, version)| version),
        languages: survey.languages.iter().map(|language| tongue(&survey, language)).collect(),
        more: more.collect(),
        questions: survey.questions.iter().enumerate().map(|(at, one)| question(&survey, at, one)).collect(),
        owners: owners.map(|(of, name)| (owner(of), name, of == survey.owner)).collect(),
        seats: Seat::ALL
            .into_iter()
            .map(|seat| (seat.word(), as_sentence(seat.plain()), seat == survey.seat))
            .collect(),
        deadline: survey.deadline.map(|at| teller.for_input(at)).unwrap_or_default(),
        remind: survey.remind_after_days.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
        zone: teller.zone_words(),
        kinds: kinds.iter().map(|kind| (kind.word(), kind.plain())).collect(),
        survey,
    })
}

fn tongue(survey: &Survey, language: &Language) -> (String, String, String, String) {
    let text = |text: &str| text.to_owned();
    (
        text(language.tag()),
        text(language.name()),
        text(survey.title.exactly(language)),
        text(survey.intro.exactly(language)),
    )
}

fn question(survey: &Survey, at: usize, question: &Question) -> QuestionPart {
    let texts = survey.languages.iter().map(|language| {
        let choices: Vec<&str> = question.choices.iter().map(|choice| choice.exactly(language)).collect();
        let text = question.text.exactly(language).to_owned();
        (language.tag().to_owned(), language.name().to_owned(), text, choices.join("\n"))
    });
    let number = |number: Option<i64>| number.map(|number| number.to_string()).unwrap_or_default();
    QuestionPart {
        at: at + 1,
        id: question.id,
        kind: question.kind.word(),
        plain: question.kind.plain(),
        texts: texts.collect(),
        has_choices: question.kind.has_choices(),
        numbers: match question.kind {
            Kind::Scale { from, to } => vec![("from", "From", from.to_string()), ("to", "To", to.to_string())],
            Kind::Number { least, most } => {
                vec![("least", "At least", number(least)), ("most", "At most", number(most))]
            }
            Kind::Single | Kind::Multiple | Kind::YesNo | Kind::Text | Kind::Consent => Vec::new(),
        },
        required: question.required,
        branches: branches(survey, at, question),
        is_branch: question.only_if.is_some(),
    }
}

/// Every answer of an earlier question that this one can hang on.
fn branches(survey: &Survey, at: usize, question: &Question) -> Vec<(String, String, bool)> {
    let language = survey.first_language();
    let mut found = Vec::new();
    for (place, earlier) in survey.questions.iter().take(at).enumerate() {
        let first = if let Kind::Scale { from, .. } = earlier.kind { from } else { 0 };
        for (value, words) in (first..).zip(choices_of(earlier, &language)) {
            let ticked = question
                .only_if
                .as_ref()
                .is_some_and(|only_if| only_if.question == earlier.id && only_if.any_of.contains(&value));
            found.push((format!("{}:{value}", earlier.id), format!("Question {}: {words}", place + 1), ticked));
        }
    }
    found
}

async fn draft(state: &WebState, staff: &Staff, id: SurveyId) -> PageResult<StandingSurvey> {
    let standing = lookup(&mut state.engine.reader().read().await?, id).await?.ok_or(PageError::NotFound)?;
    staff.actor.must(Act::Send(Category::Surveys), standing.survey.scope())?;
    Ok(standing)
}

/// `GET /surveys/{id}/edit`.
pub async fn page(State(state): State<WebState>, staff: Staff, Path(id): Path<SurveyId>) -> PageResult<Response> {
    let standing = draft(&state, &staff, id).await?;
    if standing.state != SurveyState::Draft {
        return Ok(Redirect::to(&href(id, standing.state)).into_response());
    }
    let shown = Shown { which: Some((id, standing.version)), survey: standing.survey, problems: Vec::new() };
    Ok(show(&state, &staff, shown).await?.into_response())
}

/// `POST /surveys/new`.
pub async fn create(State(state): State<WebState>, form: Signed) -> PageResult<Response> {
    let before = begun(&state, &form.staff).await?;
    keep(&state, &form, None, &before).await
}

/// `POST /surveys/{id}/edit`.
pub async fn post(State(state): State<WebState>, Path(id): Path<SurveyId>, form: Signed) -> PageResult<Response> {
    let standing = draft(&state, &form.staff, id).await?;
    let version = form.fields.text("version").parse().unwrap_or(standing.version);
    keep(&state, &form, Some((id, version)), &standing.survey).await
}

/// Keeps what the form holds, then does what its button says.
async fn keep(
    state: &WebState,
    form: &Signed,
    which: Option<(SurveyId, i64)>,
    before: &Survey,
) -> PageResult<Response> {
    let (staff, fields) = (&form.staff, &form.fields);
    let (mut survey, mut problems) = read(fields, before, &staff.teller());
    let act = fields.text("act");
    if let Some(tag) = act.strip_prefix("speak ") {
        survey.languages.push(Language::of(tag));
    }
    press(&mut survey, act);
    let kept = save_survey(&state.engine, &staff.actor, which, &survey).await?;
    if act == "ask" && problems.is_empty() {
        match begin_asking(&state.engine, &staff.actor, kept.id).await {
            Ok(message) => {
                return Ok(Redirect::to(&format!("/broadcasts/{}/edit?step=who", message.id)).into_response());
            }
            Err(CommandError::BadInput(found)) => problems.extend(found),
            Err(error) => return Err(error.into()),
        }
    }
    if problems.is_empty() {
        let place = if act.starts_with("add ") { "#last" } else { "" };
        return Ok(Redirect::to(&format!("/surveys/{}/edit{place}", kept.id)).into_response());
    }
    let shown = Shown { which: Some((kept.id, kept.version)), survey, problems };
    Ok((StatusCode::UNPROCESSABLE_ENTITY, show(state, staff, shown).await?).into_response())
}
