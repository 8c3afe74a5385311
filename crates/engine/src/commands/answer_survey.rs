//! A family answers a survey: by the link of a message, or on its own pages.

use schoolbell_domain::ids::{PersonId, SurveyId};
use schoolbell_domain::language::Language;
use schoolbell_domain::survey::{Answers, Via, asked};
use schoolbell_store::Tx;
use schoolbell_store::read::surveys::{self, SeatRow, StandingSurvey};
use schoolbell_store::tx::Reads;

use crate::Engine;
use crate::error::{CommandError, CommandResult};
use crate::family::Family;
use crate::live::LiveEvent;
use crate::survey::keep::{Saying, is_of, is_open, keep, so_far};
use crate::survey::link;

/// A survey as somebody may answer it.
#[derive(Debug, Clone)]
pub struct OpenSurvey {
    pub standing: StandingSurvey,
    /// Whether answers are still taken.
    pub is_open: bool,
    pub places: Vec<Place>,
}

/// One answer that somebody may give.
#[derive(Debug, Clone)]
pub struct Place {
    pub seat: SeatRow,
    /// Who speaks here.
    pub person: PersonId,
    /// What they said so far; empty where somebody else of the family did.
    pub answers: Answers,
}

/// What is answered, and how.
#[derive(Debug, Clone, Copy)]
pub struct Given<'a> {
    pub seat: i64,
    pub answers: &'a Answers,
    pub language: &'a Language,
}

/// What a link opens; looks, and changes nothing. `NotFound` for a link that is none of ours.
pub async fn look_by_link(engine: &Engine, token: &str) -> CommandResult<OpenSurvey> {
    let seal = engine.db.write("seal of links", async |tx| link::seal(tx).await).await?;
    let (survey, person) = opened(&seal, token)?;
    look(engine, &mut engine.db.read().await?, survey, &[person]).await
}

fn opened(seal: &schoolbell_formats::mail::Seal, token: &str) -> CommandResult<(SurveyId, PersonId)> {
    link::open(seal, token).ok_or_else(|| CommandError::NotFound("this link".to_owned()))
}

/// What a family that is signed in may answer; `NotFound` for a survey that did not ask it.
pub async fn look_in_portal(engine: &Engine, family: &Family, survey: SurveyId) -> CommandResult<OpenSurvey> {
    look(engine, &mut engine.db.read().await?, survey, &people(family)).await
}

/// The open surveys of a family, newest first, each with whether something is missing.
pub async fn surveys_of(engine: &Engine, family: &Family) -> CommandResult<Vec<(StandingSurvey, bool)>> {
    let mut reads = engine.db.read().await?;
    let people = people(family);
    let mut found = Vec::new();
    for survey in surveys::open_of(&mut reads, &people).await? {
        let Some(standing) = surveys::lookup(&mut reads, survey).await? else { continue };
        if is_open(&standing, engine.now()) {
            let seats = surveys::seats(&mut reads, survey, &people).await?;
            found.push((standing, seats.iter().any(|seat| !seat.answered)));
        }
    }
    Ok(found)
}

/// Guardians of the account, and the children for whom a home phone may have been asked.
fn people(family: &Family) -> Vec<PersonId> {
    let children = family.circle.children.iter().map(|child| child.id);
    family.circle.guardians.iter().copied().chain(children).collect()
}

async fn look(
    engine: &Engine,
    reads: &mut impl Reads,
    survey: SurveyId,
    people: &[PersonId],
) -> CommandResult<OpenSurvey> {
    let not_found = || CommandError::NotFound("this survey".to_owned());
    let standing = surveys::lookup(reads, survey).await?.ok_or_else(not_found)?;
    let mut places: Vec<Place> = Vec::new();
    for person in people {
        for seat in surveys::seats(reads, survey, &[*person]).await? {
            if places.iter().any(|place| place.seat.seat == seat.seat) {
                continue;
            }
            let row = so_far(reads, &standing, seat.seat).await?;
            let of_them = row.filter(|row| people.iter().any(|person| is_of(&standing, row, *person)));
            let answers = of_them.map(|row| row.answers).unwrap_or_default();
            places.push(Place { seat, person: *person, answers });
        }
    }
    if places.is_empty() {
        return Err(not_found());
    }
    Ok(OpenSurvey { is_open: is_open(&standing, engine.now()), standing, places })
}

/// Keeps what somebody with the link answers; whether nothing is missing now. Answered again, the later one counts.
pub async fn answer_by_link(engine: &Engine, token: &str, given: Given<'_>) -> CommandResult<bool> {
    let complete = engine
        .db
        .write("answer a survey", async |tx| {
            let seal = link::seal(tx).await?;
            let (survey, person) = opened(&seal, token)?;
            let open = look(engine, tx, survey, &[person]).await?;
            if !open.standing.survey.open_link {
                return Err(CommandError::refused("door", "sign in to answer this survey"));
            }
            answer(engine, tx, &open, (given, Via::Link)).await
        })
        .await?;
    engine.live.tell(LiveEvent::Inbound);
    Ok(complete)
}

/// Keeps what a family answers on its own pages.
pub async fn answer_in_portal(
    engine: &Engine,
    family: &Family,
    survey: SurveyId,
    given: Given<'_>,
) -> CommandResult<bool> {
    let people = people(family);
    let complete = engine
        .db
        .write("answer a survey", async |tx| {
            let open = look(engine, tx, survey, &people).await?;
            answer(engine, tx, &open, (given, Via::Portal)).await
        })
        .await?;
    engine.live.tell(LiveEvent::Inbound);
    Ok(complete)
}

async fn answer(
    engine: &Engine,
    tx: &mut Tx,
    open: &OpenSurvey,
    (given, via): (Given<'_>, Via),
) -> CommandResult<bool> {
    if !open.is_open {
        return Err(CommandError::refused("deadline", "this survey is closed; the school takes no more answers"));
    }
    let place = open.places.iter().find(|place| place.seat.seat == given.seat);
    let place = place.ok_or_else(|| CommandError::NotFound("this survey".to_owned()))?;
    // What was left empty on the page is passed over: no later text is taken for an answer to it.
    let survey = &open.standing.survey;
    let left = asked(survey, given.answers).into_iter().filter(|question| !given.answers.contains_key(&question.id));
    let passed: Vec<u16> = left.map(|question| question.id).collect();
    let saying = Saying {
        seat: given.seat,
        person: place.person,
        language: given.language,
        via,
        answers: given.answers,
        passed: &passed,
    };
    Ok(keep(engine, tx, &open.standing, &saying).await?)
}
