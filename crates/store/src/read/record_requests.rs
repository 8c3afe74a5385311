//! Requests of families for a student's record (FERPA), each with the steps that were taken (B14).

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::civil::Date;
use schoolbell_domain::conversation::communication::{Identity, Kind};
use schoolbell_domain::conversation::record_request::{Asked, Standing, Step, standing};
use schoolbell_domain::ids::{CommunicationId, PersonId, SchoolId, UserId};

use crate::error::{StoreError, StoreResult};
use crate::on;
use crate::sql::{fetch_set, rows_that_fit};
use crate::statements;
use crate::time::instant;
use crate::tx::Reads;

/// A request as it was entered, and what became of it.
#[derive(Clone, PartialEq, Eq)]
pub struct RequestLine {
    pub id: CommunicationId,
    pub asked: Asked,
    pub student: PersonId,
    pub student_given: String,
    pub student_family: String,
    pub school: SchoolId,
    /// Who asked, where it was somebody on the record.
    pub person: Option<(PersonId, String)>,
    pub identity: Option<Identity>,
    pub note: String,
    pub staff: String,
    /// When it was received.
    pub at: Timestamp,
    /// As reckoned when it was entered; `None` of what an older program entered.
    pub due_on: Option<Date>,
    /// Oldest first.
    pub steps: Vec<StepLine>,
}

/// A step that was taken.
#[derive(Clone, PartialEq, Eq)]
pub struct StepLine {
    pub step: Step,
    pub words: String,
    pub taken_by: String,
    pub user: Option<UserId>,
    pub at: Timestamp,
    pub due_on: Option<Date>,
}

impl RequestLine {
    pub fn standing(&self) -> Standing {
        standing(self.asked, self.steps.iter().map(|line| line.step))
    }
}

#[derive(sqlx_macros::FromRow)]
struct Row {
    id: i64,
    kind: String,
    student_id: i64,
    student_given: String,
    student_family: String,
    school_id: i64,
    person_id: Option<i64>,
    person_given: Option<String>,
    person_family: Option<String>,
    identity: String,
    note: String,
    staff: String,
    at: i64,
    due_on: Option<String>,
}

type StepRow = (i64, String, String, String, Option<i64>, i64, Option<String>);

macro_rules! request {
    ($rest:literal) => {
        concat!(
            "SELECT communication.id, communication.kind, communication.student_id, pupil.given AS student_given, \
             pupil.family AS student_family, student.school_id, communication.person_id, person.given AS person_given, \
             person.family AS person_family, communication.identity, communication.note, communication.staff, \
             communication.at, record_request.due_on FROM communication \
             JOIN person AS pupil ON pupil.id = communication.student_id \
             JOIN student ON student.person_id = communication.student_id \
             LEFT JOIN person ON person.id = communication.person_id \
             LEFT JOIN record_request ON record_request.communication_id = communication.id \
             WHERE communication.kind IN ('access_request', 'amendment_request') ",
            $rest
        )
    };
}

macro_rules! has_step {
    ($steps:literal) => {
        concat!(
            "EXISTS (SELECT 1 FROM record_request_step WHERE record_request_step.communication_id = communication.id \
             AND record_request_step.step IN (",
            $steps,
            ")) "
        )
    };
}

statements! {
    /// As `Standing::is_open` has it.
    OPEN = concat!(request!("AND NOT "), has_step!("'granted', 'hearing_amends', 'hearing_upholds'"), "AND (NOT ",
        has_step!("'refused'"), "OR ", has_step!("'hearing_asked'"), ") ORDER BY communication.at, communication.id LIMIT $1");
    ANSWERED = concat!(request!("AND ("), has_step!("'granted', 'hearing_amends', 'hearing_upholds'"), "OR (",
        has_step!("'refused'"), "AND NOT ", has_step!("'hearing_asked'"), ")) ORDER BY communication.at DESC, communication.id DESC LIMIT $1");
    OF_STUDENT = request!("AND communication.student_id = $1 ORDER BY communication.at DESC, communication.id DESC LIMIT $2");
    BY_ID = request!("AND communication.id = $1");
    STEPS = "SELECT communication_id, step, words, taken_by, user_id, at, due_on FROM record_request_step \
        WHERE communication_id IN {list@1} ORDER BY communication_id, number";
}

/// Requests that the school has to act on, the oldest first.
pub async fn open(reads: &mut impl Reads, most: i64) -> StoreResult<Vec<RequestLine>> {
    let rows: Vec<Row> = on!(reads.tx(), |conn| sqlx::query_as(OPEN).bind(most).fetch_all(conn).await)?;
    lines(reads, rows).await
}

/// Requests that were answered, the newest first.
pub async fn answered(reads: &mut impl Reads, most: i64) -> StoreResult<Vec<RequestLine>> {
    let rows: Vec<Row> = on!(reads.tx(), |conn| sqlx::query_as(ANSWERED).bind(most).fetch_all(conn).await)?;
    lines(reads, rows).await
}

/// The requests about a student, the newest first.
pub async fn of_student(reads: &mut impl Reads, student: PersonId, most: i64) -> StoreResult<Vec<RequestLine>> {
    let rows: Vec<Row> =
        on!(reads.tx(), |conn| sqlx::query_as(OF_STUDENT).bind(student.raw()).bind(most).fetch_all(conn).await)?;
    lines(reads, rows).await
}

pub async fn lookup_request(reads: &mut impl Reads, id: CommunicationId) -> StoreResult<Option<RequestLine>> {
    let rows: Vec<Row> = on!(reads.tx(), |conn| sqlx::query_as(BY_ID).bind(id.raw()).fetch_all(conn).await)?;
    Ok(lines(reads, rows).await?.pop())
}

async fn lines(reads: &mut impl Reads, rows: Vec<Row>) -> StoreResult<Vec<RequestLine>> {
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    let mut steps: HashMap<i64, Vec<StepLine>> = HashMap::new();
    for chunk in ids.chunks(rows_that_fit(1, 1000)) {
        let found = fetch_set!(reads.tx(), StepRow, STEPS, [], chunk, |query, id| query.bind(*id))?;
        for row in found {
            steps.entry(row.0).or_default().push(step(row)?);
        }
    }
    rows.into_iter()
        .map(|row| {
            let of = steps.remove(&row.id).unwrap_or_default();
            line(row, of)
        })
        .collect()
}

fn damaged(id: i64, what: &str) -> StoreError {
    StoreError::Damaged { row: CommunicationId::from_raw(id).to_string(), what: what.to_owned() }
}

fn day(id: i64, text: Option<String>) -> StoreResult<Option<Date>> {
    text.map(|text| text.parse().map_err(|_| damaged(id, "the day on which it is due"))).transpose()
}

fn line(row: Row, steps: Vec<StepLine>) -> StoreResult<RequestLine> {
    let name = row.person_given.map(|given| format!("{given} {}", row.person_family.unwrap_or_default()));
    Ok(RequestLine {
        id: CommunicationId::from_raw(row.id),
        asked: Kind::from_word(&row.kind).and_then(Asked::of).ok_or_else(|| damaged(row.id, "its kind"))?,
        student: PersonId::from_raw(row.student_id),
        student_given: row.student_given,
        student_family: row.student_family,
        school: SchoolId::from_raw(row.school_id),
        person: row.person_id.zip(name).map(|(id, name)| (PersonId::from_raw(id), name.trim().to_owned())),
        identity: Identity::from_word(&row.identity),
        note: row.note,
        staff: row.staff,
        at: instant(row.at)?,
        due_on: day(row.id, row.due_on)?,
        steps,
    })
}

fn step((id, step, words, taken_by, user, at, due_on): StepRow) -> StoreResult<StepLine> {
    Ok(StepLine {
        step: Step::from_word(&step).ok_or_else(|| damaged(id, "a step"))?,
        words,
        taken_by,
        user: user.map(UserId::from_raw),
        at: instant(at)?,
        due_on: day(id, due_on)?,
    })
}
