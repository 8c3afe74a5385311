//! Surveys with who was asked and what was answered.

use jiff::Timestamp;
use schoolbell_domain::channel::Channel;
use schoolbell_domain::ids::{BroadcastId, PersonId, ResponseId, SchoolId, SurveyId};
use schoolbell_domain::language::Language;
use schoolbell_domain::survey::{Answers, Survey, SurveyState, Via};

use crate::error::{StoreError, StoreResult};
use crate::on;
use crate::sql::{fetch_set, rows_that_fit};
use crate::statements;
use crate::time::instant;
use crate::tx::Reads;

/// A survey as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct StandingSurvey {
    pub id: SurveyId,
    pub state: SurveyState,
    pub survey: Survey,
    pub version: i64,
    /// Hides who answered; none before it is asked.
    pub secret: Option<String>,
    pub created_at: Timestamp,
    pub opened_at: Option<Timestamp>,
    pub closed_at: Option<Timestamp>,
}

/// A line of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SurveyLine {
    pub id: SurveyId,
    pub state: SurveyState,
    pub title: String,
    pub owner: Option<SchoolId>,
    pub deadline: Option<Timestamp>,
    pub asked: u64,
    pub answered: u64,
}

/// A seat that somebody may speak for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeatRow {
    pub seat: i64,
    pub answered: bool,
    /// Of whoever speaks for it, as the roster says.
    pub language: Language,
    /// The students whom it is about, as `(id, first name)`.
    pub about: Vec<(PersonId, String)>,
}

/// What somebody answered so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResponseRow {
    pub id: ResponseId,
    pub hidden_by: String,
    /// None of an anonymous survey.
    pub seat: Option<i64>,
    pub person: Option<PersonId>,
    pub language: Language,
    pub via: Via,
    pub answers: Answers,
    pub passed: Vec<u16>,
    pub complete: bool,
    pub changed_at: Timestamp,
}

/// Seats of one kind: how many there are, how many answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateRow {
    pub school: Option<SchoolId>,
    pub grade: String,
    pub language: String,
    pub asked: u64,
    pub answered: u64,
}

type Row = (i64, String, String, i64, Option<String>, i64, Option<i64>, Option<i64>);
type LineTuple = (i64, String, String, Option<i64>, Option<i64>, i64, i64);
type ResponseTuple = (i64, String, Option<i64>, Option<i64>, String, String, String, String, bool, i64);

statements! {
    LOOKUP = "SELECT id, state, definition, version, secret, created_at, opened_at, closed_at FROM survey WHERE id = $1";
    LIST = "SELECT survey.id, survey.state, survey.title, survey.owner_school, survey.deadline, \
        (SELECT COUNT(*) FROM survey_seat seat WHERE seat.survey_id = survey.id), \
        (SELECT COUNT(*) FROM survey_seat seat WHERE seat.survey_id = survey.id AND seat.answered_at IS NOT NULL) \
        FROM survey ORDER BY survey.id DESC LIMIT 200";
    DUE = "SELECT id FROM survey WHERE state = 'open' AND deadline <= $1 ORDER BY id";
    OPEN_OF = "SELECT DISTINCT survey.id FROM survey JOIN survey_speaker speaker ON speaker.survey_id = survey.id \
        WHERE survey.state = 'open' AND speaker.role = 'speaks' AND speaker.person_id IN {list@1} ORDER BY survey.id DESC";
    SEATS = "SELECT DISTINCT seat.seat, seat.answered_at, seat.language FROM survey_seat seat \
        JOIN survey_speaker speaker ON speaker.survey_id = seat.survey_id AND speaker.seat = seat.seat \
        WHERE seat.survey_id = $1 AND speaker.role = 'speaks' AND speaker.person_id IN {list@2} ORDER BY seat.seat";
    ABOUT = "SELECT speaker.person_id, person.given FROM survey_speaker speaker \
        JOIN person ON person.id = speaker.person_id WHERE speaker.survey_id = $1 AND speaker.seat = $2 \
        AND speaker.role = 'about' ORDER BY person.given, person.id";
    RESPONSE = "SELECT id, hidden_by, seat, person_id, language, via, answers, passed, complete, changed_at \
        FROM survey_response WHERE survey_id = $1 AND hidden = $2";
    RESPONSES = "SELECT id, hidden_by, seat, person_id, language, via, answers, passed, complete, changed_at \
        FROM survey_response WHERE survey_id = $1 ORDER BY id";
    SEAT_PLACES = "SELECT seat.seat, seat.school_id, seat.grade FROM survey_seat seat WHERE seat.survey_id = $1 \
        AND seat.answered_at IS NOT NULL";
    RATES = "SELECT school_id, grade, language, COUNT(*), COUNT(answered_at) FROM survey_seat WHERE survey_id = $1 \
        GROUP BY school_id, grade, language ORDER BY school_id, grade, language";
    ASKED_TO = "SELECT DISTINCT asking.survey_id, delivery.person_id FROM survey_asking asking \
        JOIN survey ON survey.id = asking.survey_id AND survey.state = 'open' \
        JOIN delivery ON delivery.origin_id = asking.broadcast_id \
        WHERE delivery.channel = $1 AND delivery.address = $2 AND delivery.state <> 0 \
        AND delivery.person_id IS NOT NULL ORDER BY asking.survey_id DESC, delivery.person_id";
    ASKED_BY = "SELECT asking.survey_id, delivery.person_id FROM delivery \
        JOIN survey_asking asking ON asking.broadcast_id = delivery.origin_id \
        WHERE delivery.id = $1 AND delivery.person_id IS NOT NULL";
    ASKINGS = "SELECT broadcast_id FROM survey_asking WHERE survey_id = $1 ORDER BY broadcast_id";
    SURVEY_OF = "SELECT survey_id FROM survey_asking WHERE broadcast_id = $1";
    OPEN_STUDENTS = "SELECT DISTINCT speaker.person_id FROM survey_speaker speaker \
        JOIN survey_seat seat ON seat.survey_id = speaker.survey_id AND seat.seat = speaker.seat \
        WHERE speaker.survey_id = $1 AND speaker.role = 'about' AND seat.answered_at IS NULL ORDER BY speaker.person_id";
    OPEN_SPEAKERS = "SELECT DISTINCT speaker.person_id FROM survey_speaker speaker \
        JOIN survey_seat seat ON seat.survey_id = speaker.survey_id AND seat.seat = speaker.seat \
        WHERE speaker.survey_id = $1 AND speaker.role = 'speaks' AND seat.answered_at IS NULL ORDER BY speaker.person_id";
}

pub async fn lookup(reads: &mut impl Reads, id: SurveyId) -> StoreResult<Option<StandingSurvey>> {
    let row: Option<Row> = on!(reads.tx(), |conn| sqlx::query_as(LOOKUP).bind(id.raw()).fetch_optional(conn).await)?;
    row.map(standing).transpose()
}

fn standing(row: Row) -> StoreResult<StandingSurvey> {
    let (id, state, definition, version, secret, created_at, opened_at, closed_at) = row;
    let id = SurveyId::from_raw(id);
    let damaged = |what: String| StoreError::Damaged { row: id.to_string(), what };
    Ok(StandingSurvey {
        state: SurveyState::from_word(&state).ok_or_else(|| damaged("its state".to_owned()))?,
        survey: serde_json::from_str(&definition).map_err(|error| damaged(error.to_string()))?,
        id,
        version,
        secret,
        created_at: instant(created_at)?,
        opened_at: opened_at.map(instant).transpose()?,
        closed_at: closed_at.map(instant).transpose()?,
    })
}

/// The latest surveys of everybody, newest first.
pub async fn list(reads: &mut impl Reads) -> StoreResult<Vec<SurveyLine>> {
    let rows: Vec<LineTuple> = on!(reads.tx(), |conn| sqlx::query_as(LIST).fetch_all(conn).await)?;
    rows.into_iter()
        .map(|(id, state, title, owner, deadline, asked, answered)| {
            let id = SurveyId::from_raw(id);
            let damaged = || StoreError::Damaged { row: id.to_string(), what: "its state".to_owned() };
            Ok(SurveyLine {
                state: SurveyState::from_word(&state).ok_or_else(damaged)?,
                id,
                title,
                owner: owner.map(SchoolId::from_raw),
                deadline: deadline.map(instant).transpose()?,
                asked: count(asked),
                answered: count(answered),
            })
        })
        .collect()
}

fn count(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

/// Open surveys whose deadline has passed.
pub async fn due(reads: &mut impl Reads, now: Timestamp) -> StoreResult<Vec<SurveyId>> {
    let rows: Vec<i64> =
        on!(reads.tx(), |conn| sqlx::query_scalar(DUE).bind(now.as_millisecond()).fetch_all(conn).await)?;
    Ok(rows.into_iter().map(SurveyId::from_raw).collect())
}

/// The open surveys in which one of these people may speak, newest first.
pub async fn open_of(reads: &mut impl Reads, people: &[PersonId]) -> StoreResult<Vec<SurveyId>> {
    let tx = reads.tx();
    let mut found = Vec::new();
    for chunk in people.chunks(rows_that_fit(1, 500)) {
        let rows = fetch_set!(tx, (i64,), OPEN_OF, [], chunk, |query, id| query.bind(id.raw()))?;
        found.extend(rows.into_iter().map(|(id,)| SurveyId::from_raw(id)));
    }
    found.sort_unstable_by(|a, b| b.cmp(a));
    found.dedup();
    Ok(found)
}

/// The seats of a survey that one of these people may speak for.
pub async fn seats(reads: &mut impl Reads, survey: SurveyId, people: &[PersonId]) -> StoreResult<Vec<SeatRow>> {
    let tx = reads.tx();
    let mut found: Vec<SeatRow> = Vec::new();
    for chunk in people.chunks(rows_that_fit(1, 500)) {
        let rows =
            fetch_set!(tx, (i64, Option<i64>, String), SEATS, [survey.raw()], chunk, |query, id| query.bind(id.raw()))?;
        for (seat, answered_at, language) in rows {
            if found.iter().all(|row| row.seat != seat) {
                let language = Language::of(&language);
                found.push(SeatRow { seat, answered: answered_at.is_some(), language, about: Vec::new() });
            }
        }
    }
    for row in &mut found {
        let about: Vec<(i64, String)> =
            on!(&mut *tx, |conn| sqlx::query_as(ABOUT).bind(survey.raw()).bind(row.seat).fetch_all(conn).await)?;
        row.about = about.into_iter().map(|(id, given)| (PersonId::from_raw(id), given)).collect();
    }
    Ok(found)
}

/// What was answered under a hash so far.
pub async fn lookup_response(
    reads: &mut impl Reads,
    survey: SurveyId,
    hidden: &str,
) -> StoreResult<Option<ResponseRow>> {
    let row: Option<ResponseTuple> =
        on!(reads.tx(), |conn| sqlx::query_as(RESPONSE).bind(survey.raw()).bind(hidden).fetch_optional(conn).await)?;
    row.map(response).transpose()
}

/// Everything that was answered; of an anonymous survey in an order that tells nothing.
pub async fn responses(reads: &mut impl Reads, survey: SurveyId) -> StoreResult<Vec<ResponseRow>> {
    let rows: Vec<ResponseTuple> =
        on!(reads.tx(), |conn| sqlx::query_as(RESPONSES).bind(survey.raw()).fetch_all(conn).await)?;
    rows.into_iter().map(response).collect()
}

fn response(row: ResponseTuple) -> StoreResult<ResponseRow> {
    let (id, hidden_by, seat, person, language, via, answers, passed, complete, changed_at) = row;
    let id = ResponseId::from_raw(id);
    let damaged = |what: String| StoreError::Damaged { row: id.to_string(), what };
    Ok(ResponseRow {
        hidden_by,
        seat,
        person: person.map(PersonId::from_raw),
        language: Language::of(&language),
        via: Via::from_word(&via).ok_or_else(|| damaged("where it came in".to_owned()))?,
        answers: serde_json::from_str(&answers).map_err(|error| damaged(error.to_string()))?,
        passed: serde_json::from_str(&passed).map_err(|error| damaged(error.to_string()))?,
        complete,
        changed_at: instant(changed_at)?,
        id,
    })
}

/// School and grade of every seat that answered.
pub async fn places(reads: &mut impl Reads, survey: SurveyId) -> StoreResult<Vec<(i64, Option<SchoolId>, String)>> {
    let rows: Vec<(i64, Option<i64>, String)> =
        on!(reads.tx(), |conn| sqlx::query_as(SEAT_PLACES).bind(survey.raw()).fetch_all(conn).await)?;
    Ok(rows.into_iter().map(|(seat, school, grade)| (seat, school.map(SchoolId::from_raw), grade)).collect())
}

/// How many seats there are and how many answered, by school, grade and language.
pub async fn rates(reads: &mut impl Reads, survey: SurveyId) -> StoreResult<Vec<RateRow>> {
    let rows: Vec<(Option<i64>, String, String, i64, i64)> =
        on!(reads.tx(), |conn| sqlx::query_as(RATES).bind(survey.raw()).fetch_all(conn).await)?;
    let row = |(school, grade, language, asked, answered): (Option<i64>, String, String, i64, i64)| RateRow {
        school: school.map(SchoolId::from_raw),
        grade,
        language,
        asked: count(asked),
        answered: count(answered),
    };
    Ok(rows.into_iter().map(row).collect())
}

/// The open surveys that asked this address, newest first, each with whom it asked there.
pub async fn asked_to(
    reads: &mut impl Reads,
    (channel, address): (Channel, &str),
) -> StoreResult<Vec<(SurveyId, PersonId)>> {
    let rows: Vec<(i64, i64)> =
        on!(reads.tx(), |conn| sqlx::query_as(ASKED_TO).bind(channel.code()).bind(address).fetch_all(conn).await)?;
    Ok(rows.into_iter().map(|(survey, person)| (SurveyId::from_raw(survey), PersonId::from_raw(person))).collect())
}

/// The survey that a delivery asks, and whom.
pub async fn asked_by(
    reads: &mut impl Reads,
    delivery: schoolbell_domain::ids::DeliveryId,
) -> StoreResult<Option<(SurveyId, PersonId)>> {
    let row: Option<(i64, i64)> =
        on!(reads.tx(), |conn| sqlx::query_as(ASKED_BY).bind(delivery.raw()).fetch_optional(conn).await)?;
    Ok(row.map(|(survey, person)| (SurveyId::from_raw(survey), PersonId::from_raw(person))))
}

/// The messages that asked it, in order.
pub async fn askings(reads: &mut impl Reads, survey: SurveyId) -> StoreResult<Vec<BroadcastId>> {
    let rows: Vec<i64> = on!(reads.tx(), |conn| sqlx::query_scalar(ASKINGS).bind(survey.raw()).fetch_all(conn).await)?;
    Ok(rows.into_iter().map(BroadcastId::from_raw).collect())
}

/// The survey that a message asks.
pub async fn survey_of(reads: &mut impl Reads, broadcast: BroadcastId) -> StoreResult<Option<SurveyId>> {
    let row: Option<i64> =
        on!(reads.tx(), |conn| sqlx::query_scalar(SURVEY_OF).bind(broadcast.raw()).fetch_optional(conn).await)?;
    Ok(row.map(SurveyId::from_raw))
}

/// The students about whom an answer is missing.
pub async fn open_students(reads: &mut impl Reads, survey: SurveyId) -> StoreResult<Vec<PersonId>> {
    people(reads, OPEN_STUDENTS, survey).await
}

/// Everybody who may speak for a seat without an answer.
pub async fn open_speakers(reads: &mut impl Reads, survey: SurveyId) -> StoreResult<Vec<PersonId>> {
    people(reads, OPEN_SPEAKERS, survey).await
}

async fn people(reads: &mut impl Reads, statement: &'static str, survey: SurveyId) -> StoreResult<Vec<PersonId>> {
    let rows: Vec<i64> =
        on!(reads.tx(), |conn| sqlx::query_scalar(statement).bind(survey.raw()).fetch_all(conn).await)?;
    Ok(rows.into_iter().map(PersonId::from_raw).collect())
}
