//! Surveys kept, opened and closed; seats laid out, answers kept.

use jiff::Timestamp;
use schoolbell_domain::ids::{BroadcastId, PersonId, ResponseId, SchoolId, SurveyId, UserId};
use schoolbell_domain::language::Language;
use schoolbell_domain::survey::{Answers, Survey, Via};

use crate::error::{StoreError, StoreResult};
use crate::on;
use crate::sql::{execute_set, rows_that_fit};
use crate::statements;
use crate::tx::Tx;

/// A place for one answer, with who may give it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSeat {
    pub seat: i64,
    pub school: Option<SchoolId>,
    pub grade: String,
    pub language: Language,
    pub speakers: Vec<PersonId>,
    pub about: Vec<PersonId>,
}

/// What somebody answers, all of it: it takes the place of what stood there.
#[derive(Debug, Clone)]
pub struct NewResponse<'a> {
    pub id: ResponseId,
    pub survey: SurveyId,
    pub hidden: &'a str,
    pub hidden_by: &'a str,
    pub seat: Option<i64>,
    pub person: Option<PersonId>,
    pub language: &'a Language,
    pub via: Via,
    pub answers: &'a Answers,
    pub passed: &'a [u16],
    pub complete: bool,
    /// Of an anonymous survey the day alone.
    pub at: Timestamp,
}

statements! {
    INSERT = "INSERT INTO survey (id, state, title, definition, owner_school, version, deadline, created_by, created_at, \
        updated_at) VALUES ($1, 'draft', $2, $3, $4, 1, $5, $6, $7, $8)";
    SAVE = "UPDATE survey SET title = $1, definition = $2, owner_school = $3, deadline = $4, version = version + 1, \
        updated_at = $5 WHERE id = $6 AND version = $7 AND state = 'draft'";
    PUT_OFF = "UPDATE survey SET definition = $1, deadline = $2, version = version + 1, updated_at = $3 \
        WHERE id = $4 AND state = 'open'";
    OPEN = "UPDATE survey SET state = 'open', secret = $1, opened_at = $2, updated_at = $3 \
        WHERE id = $4 AND state = 'draft'";
    CLOSE = "UPDATE survey SET state = 'closed', closed_at = $1, updated_at = $2, secret = NULL \
        WHERE id = $3 AND state = 'open'";
    ASK = "INSERT INTO survey_asking (survey_id, broadcast_id, reminds) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    SEATS = "INSERT INTO survey_seat (survey_id, seat, school_id, grade, language) VALUES {rows:5@1} \
        ON CONFLICT DO NOTHING";
    SPEAKERS = "INSERT INTO survey_speaker (survey_id, person_id, seat, role) VALUES {rows:4@1} ON CONFLICT DO NOTHING";
    KEEP = "INSERT INTO survey_response (id, survey_id, hidden, hidden_by, seat, person_id, language, via, answers, passed, \
        complete, first_at, changed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) \
        ON CONFLICT (survey_id, hidden) DO UPDATE SET hidden_by = excluded.hidden_by, person_id = excluded.person_id, \
        language = excluded.language, via = excluded.via, answers = excluded.answers, passed = excluded.passed, \
        complete = excluded.complete, changed_at = excluded.changed_at";
    ANSWERED = "UPDATE survey_seat SET answered_at = $1 WHERE survey_id = $2 AND seat = $3 AND answered_at IS NULL";
    UNANSWERED = "UPDATE survey_seat SET answered_at = NULL WHERE survey_id = $1 AND seat = $2";
}

fn to_text(id: SurveyId, text: Result<String, serde_json::Error>) -> StoreResult<String> {
    text.map_err(|error| StoreError::Damaged { row: id.to_string(), what: error.to_string() })
}

fn title(survey: &Survey) -> String {
    survey.title.read(&survey.first_language()).trim().to_owned()
}

/// Keeps a new draft.
pub async fn insert(tx: &mut Tx, id: SurveyId, survey: &Survey, (by, at): (UserId, Timestamp)) -> StoreResult<()> {
    let text = to_text(id, serde_json::to_string(survey))?;
    on!(tx, |conn| sqlx::query(INSERT)
        .bind(id.raw())
        .bind(title(survey))
        .bind(&text)
        .bind(survey.owner.map(SchoolId::raw))
        .bind(survey.deadline.map(Timestamp::as_millisecond))
        .bind(by.raw())
        .bind(at.as_millisecond())
        .bind(at.as_millisecond())
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

/// Replaces a draft of this version; `false` if somebody saved it since, or it is no draft any more.
pub async fn save(tx: &mut Tx, (id, version): (SurveyId, i64), survey: &Survey, at: Timestamp) -> StoreResult<bool> {
    let text = to_text(id, serde_json::to_string(survey))?;
    let rows = on!(tx, |conn| sqlx::query(SAVE)
        .bind(title(survey))
        .bind(&text)
        .bind(survey.owner.map(SchoolId::raw))
        .bind(survey.deadline.map(Timestamp::as_millisecond))
        .bind(at.as_millisecond())
        .bind(id.raw())
        .bind(version)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Gives an open survey another deadline; nothing else of it changes.
pub async fn put_off(tx: &mut Tx, id: SurveyId, survey: &Survey, at: Timestamp) -> StoreResult<bool> {
    let text = to_text(id, serde_json::to_string(survey))?;
    let rows = on!(tx, |conn| sqlx::query(PUT_OFF)
        .bind(&text)
        .bind(survey.deadline.map(Timestamp::as_millisecond))
        .bind(at.as_millisecond())
        .bind(id.raw())
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// From now on families answer; `false` if it is no draft.
pub async fn open(tx: &mut Tx, id: SurveyId, secret: &str, at: Timestamp) -> StoreResult<bool> {
    let rows = on!(tx, |conn| sqlx::query(OPEN)
        .bind(secret)
        .bind(at.as_millisecond())
        .bind(at.as_millisecond())
        .bind(id.raw())
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Ends it, and forgets the secret that tied hashes to seats; `false` if it was not open.
pub async fn close(tx: &mut Tx, id: SurveyId, at: Timestamp) -> StoreResult<bool> {
    let rows = on!(tx, |conn| sqlx::query(CLOSE)
        .bind(at.as_millisecond())
        .bind(at.as_millisecond())
        .bind(id.raw())
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// This message asks it, or reminds of it.
pub async fn ask(tx: &mut Tx, id: SurveyId, broadcast: BroadcastId, reminds: bool) -> StoreResult<()> {
    on!(tx, |conn| sqlx::query(ASK).bind(id.raw()).bind(broadcast.raw()).bind(reminds).execute(conn).await.map(drop))?;
    Ok(())
}

/// Lays seats out; those that stand stay as they are, and gain speakers.
pub async fn seats(tx: &mut Tx, id: SurveyId, seats: &[NewSeat]) -> StoreResult<()> {
    for chunk in seats.chunks(rows_that_fit(5, 500)) {
        execute_set!(tx, SEATS, [], chunk, |query, seat| query
            .bind(id.raw())
            .bind(seat.seat)
            .bind(seat.school.map(SchoolId::raw))
            .bind(seat.grade.as_str())
            .bind(seat.language.tag()))?;
    }
    let mut speakers: Vec<(PersonId, i64, &str)> = Vec::new();
    for seat in seats {
        speakers.extend(seat.speakers.iter().map(|person| (*person, seat.seat, "speaks")));
        speakers.extend(seat.about.iter().map(|person| (*person, seat.seat, "about")));
    }
    for chunk in speakers.chunks(rows_that_fit(4, 500)) {
        execute_set!(tx, SPEAKERS, [], chunk, |query, speaker| query
            .bind(id.raw())
            .bind(speaker.0.raw())
            .bind(speaker.1)
            .bind(speaker.2))?;
    }
    Ok(())
}

/// Keeps an answer in the place of what stood there.
pub async fn keep(tx: &mut Tx, response: &NewResponse<'_>) -> StoreResult<()> {
    let answers = to_text(response.survey, serde_json::to_string(response.answers))?;
    let passed = to_text(response.survey, serde_json::to_string(response.passed))?;
    on!(tx, |conn| sqlx::query(KEEP)
        .bind(response.id.raw())
        .bind(response.survey.raw())
        .bind(response.hidden)
        .bind(response.hidden_by)
        .bind(response.seat)
        .bind(response.person.map(PersonId::raw))
        .bind(response.language.tag())
        .bind(response.via.word())
        .bind(&answers)
        .bind(&passed)
        .bind(response.complete)
        .bind(response.at.as_millisecond())
        .bind(response.at.as_millisecond())
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

/// A seat has all its answers, or lacks some again.
pub async fn answered(tx: &mut Tx, id: SurveyId, seat: i64, at: Option<Timestamp>) -> StoreResult<()> {
    match at {
        Some(at) => on!(tx, |conn| sqlx::query(ANSWERED)
            .bind(at.as_millisecond())
            .bind(id.raw())
            .bind(seat)
            .execute(conn)
            .await
            .map(drop))?,
        None => on!(tx, |conn| sqlx::query(UNANSWERED).bind(id.raw()).bind(seat).execute(conn).await.map(drop))?,
    }
    Ok(())
}
