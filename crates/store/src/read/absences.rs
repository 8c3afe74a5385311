//! The office's list: absences of a day with what was answered, and the figures of who misses much.

use jiff::Timestamp;
use jiff::civil::Date;
use schoolbell_domain::attendance::answer::{AnswerState, Reason};
use schoolbell_domain::ids::{AnswerId, PersonId, SchoolId};

use crate::error::{StoreError, StoreResult};
use crate::on;
use crate::sql::{fetch_set, rows_that_fit};
use crate::statements;
use crate::time::instant;
use crate::tx::Reads;

/// What a family said, or the office for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub id: AnswerId,
    pub student: PersonId,
    pub first_day: Date,
    pub last_day: Date,
    pub state: AnswerState,
    pub reason: Reason,
    pub note: String,
    /// `text`, `call`, `link`, `portal`, `office`.
    pub source: String,
    pub at: Timestamp,
}

/// An absence on the list: one student and day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListLine {
    pub student: PersonId,
    pub number: String,
    pub given: String,
    pub family: String,
    pub grade: String,
    pub school: SchoolId,
    pub school_name: String,
    pub school_source: String,
    pub day: Date,
    /// Each period with its code; the whole day has no name.
    pub marks: Vec<(String, String, String)>,
    pub told: bool,
    /// Whether an escalation reached the office.
    pub late: bool,
}

#[derive(sqlx_macros::FromRow)]
struct LineRow {
    student_id: i64,
    number: String,
    given: String,
    family: String,
    grade: String,
    school_id: i64,
    school_name: String,
    school_source: String,
    day: String,
    period: String,
    code: String,
    status: String,
    told_run: Option<i64>,
    late: bool,
}

type AnswerTuple = (i64, i64, String, String, String, String, String, String, i64);

/// Days missed in a month by the students of a grade.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MonthCount {
    pub school: SchoolId,
    pub grade: String,
    /// `2026-01`.
    pub month: String,
    /// Students' days missed.
    pub missed: i64,
}

/// A student with the days missed since a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    pub student: PersonId,
    pub given: String,
    pub family: String,
    pub grade: String,
    pub school: SchoolId,
    pub missed: i64,
}

statements! {
    LIST = "SELECT mark.student_id, student.number, person.given, person.family, student.grade, mark.school_id, \
        school.name AS school_name, school.source_id AS school_source, mark.day, mark.period, mark.code, mark.status, \
        mark.told_run, EXISTS (SELECT 1 FROM absence_escalation late WHERE late.student_id = mark.student_id \
            AND late.day = mark.day AND late.step = 'office') AS late \
        FROM attendance_mark mark JOIN person ON person.id = mark.student_id \
        JOIN student ON student.person_id = mark.student_id JOIN school ON school.id = mark.school_id \
        WHERE mark.day = $1 AND mark.status <> 'present' \
        ORDER BY school.name, person.family, person.given, mark.student_id, mark.period";
    ANSWERS = "SELECT id, student_id, first_day, last_day, state, reason, note, source, at FROM absence_answer \
        WHERE first_day <= $1 AND last_day >= $2 AND student_id IN {list@3} ORDER BY id";
    LATEST = "SELECT id, student_id, first_day, last_day, state, reason, note, source, at FROM absence_answer \
        WHERE student_id = $1 AND person_id IN {list@2} ORDER BY id DESC LIMIT 50";
    REACHED = "SELECT student_id FROM absence_escalation WHERE day = $1 AND step = $2";
    GRADES = "SELECT person_id, grade FROM student WHERE person_id IN {list@1}";
    DAYS = "SELECT DISTINCT day FROM attendance_mark WHERE school_id = $1 AND day >= $2 ORDER BY day";
    MONTHS = "SELECT missed.school_id, missed.grade, missed.month, COUNT(*) FROM ( \
        SELECT DISTINCT mark.school_id AS school_id, student.grade AS grade, SUBSTR(mark.day, 1, 7) AS month, \
            mark.student_id AS student_id, mark.day AS day \
        FROM attendance_mark mark JOIN student ON student.person_id = mark.student_id \
        WHERE mark.day >= $1 AND mark.status IN ('excused', 'unexcused') AND mark.period = '') missed \
        GROUP BY missed.school_id, missed.grade, missed.month ORDER BY missed.month, missed.school_id, missed.grade";
    MOST = "SELECT missed.student_id, person.given, person.family, student.grade, student.school_id, missed.days FROM ( \
        SELECT mark.student_id AS student_id, COUNT(DISTINCT mark.day) AS days FROM attendance_mark mark \
        WHERE mark.day >= $1 AND mark.status IN ('excused', 'unexcused') AND mark.period = '' \
        GROUP BY mark.student_id) missed JOIN person ON person.id = missed.student_id \
        JOIN student ON student.person_id = missed.student_id WHERE person.active \
        ORDER BY missed.days DESC, missed.student_id LIMIT $2";
}

/// Everybody who was not there, or late, on a day; of all schools, or of those given.
pub async fn list(reads: &mut impl Reads, day: Date, schools: Option<&[SchoolId]>) -> StoreResult<Vec<ListLine>> {
    let rows: Vec<LineRow> = on!(reads.tx(), |conn| sqlx::query_as(LIST).bind(day.to_string()).fetch_all(conn).await)?;
    let mut lines: Vec<ListLine> = Vec::new();
    for row in rows {
        let school = SchoolId::from_raw(row.school_id);
        if schools.is_some_and(|schools| !schools.contains(&school)) {
            continue;
        }
        let student = PersonId::from_raw(row.student_id);
        let mark = (row.period, row.code, row.status);
        match lines.last_mut().filter(|line| line.student == student) {
            Some(line) => {
                line.marks.push(mark);
                line.told |= row.told_run.is_some();
            }
            None => lines.push(ListLine {
                student,
                number: row.number,
                given: row.given,
                family: row.family,
                grade: row.grade,
                school,
                school_name: row.school_name,
                school_source: row.school_source,
                day: row.day.parse().map_err(|_| damaged(student))?,
                marks: vec![mark],
                told: row.told_run.is_some(),
                late: row.late,
            }),
        }
    }
    Ok(lines)
}

fn damaged(student: PersonId) -> StoreError {
    StoreError::Damaged { row: student.to_string(), what: "a day of its absences".to_owned() }
}

/// The answers that cover a day, oldest first: the latest one counts.
pub async fn answers_on(reads: &mut impl Reads, day: Date, students: &[PersonId]) -> StoreResult<Vec<Answer>> {
    let tx = reads.tx();
    let (day, mut answers) = (day.to_string(), Vec::new());
    for chunk in students.chunks(rows_that_fit(1, 500)) {
        let rows = fetch_set!(tx, AnswerTuple, ANSWERS, [day.as_str(), day.as_str()], chunk, |query, id| query
            .bind(id.raw()))?;
        for row in rows {
            answers.push(answer(row)?);
        }
    }
    Ok(answers)
}

/// The latest answers about a student that these people gave, newest first. What another household said, or somebody of whom
/// nobody knows who it was, is left out.
pub async fn answers_by(reads: &mut impl Reads, student: PersonId, people: &[PersonId]) -> StoreResult<Vec<Answer>> {
    if people.is_empty() {
        return Ok(Vec::new());
    }
    let tx = reads.tx();
    let rows = fetch_set!(tx, AnswerTuple, LATEST, [student.raw()], people, |query, person| query.bind(person.raw()))?;
    rows.into_iter().map(answer).collect()
}

fn answer(row: AnswerTuple) -> StoreResult<Answer> {
    let (id, student, first, last, state, reason, note, source, at) = row;
    let id = AnswerId::from_raw(id);
    let damaged = |what: &str| StoreError::Damaged { row: id.to_string(), what: what.to_owned() };
    Ok(Answer {
        id,
        student: PersonId::from_raw(student),
        first_day: first.parse().map_err(|_| damaged("its first day"))?,
        last_day: last.parse().map_err(|_| damaged("its last day"))?,
        state: AnswerState::from_word(&state).ok_or_else(|| damaged("its state"))?,
        reason: Reason::from_word(&reason).ok_or_else(|| damaged("its reason"))?,
        note,
        source,
        at: instant(at)?,
    })
}

/// The days since one on which a school has any mark: its school days as far as files say.
pub async fn days(reads: &mut impl Reads, school: SchoolId, since: Date) -> StoreResult<Vec<String>> {
    Ok(on!(reads.tx(), |conn| sqlx::query_scalar(DAYS)
        .bind(school.raw())
        .bind(since.to_string())
        .fetch_all(conn)
        .await)?)
}

/// Whole days missed since a day, by school, grade and month.
pub async fn months(reads: &mut impl Reads, since: Date) -> StoreResult<Vec<MonthCount>> {
    let rows: Vec<(i64, String, String, i64)> =
        on!(reads.tx(), |conn| sqlx::query_as(MONTHS).bind(since.to_string()).fetch_all(conn).await)?;
    let count =
        |(school, grade, month, missed)| MonthCount { school: SchoolId::from_raw(school), grade, month, missed };
    Ok(rows.into_iter().map(count).collect())
}

/// Who missed most whole days since a day.
pub async fn most(reads: &mut impl Reads, since: Date, most: i64) -> StoreResult<Vec<Missing>> {
    let rows: Vec<(i64, String, String, String, i64, i64)> =
        on!(reads.tx(), |conn| sqlx::query_as(MOST).bind(since.to_string()).bind(most).fetch_all(conn).await)?;
    let missing = |(student, given, family, grade, school, missed)| Missing {
        student: PersonId::from_raw(student),
        given,
        family,
        grade,
        school: SchoolId::from_raw(school),
        missed,
    };
    Ok(rows.into_iter().map(missing).collect())
}

/// Who has reached a step of the escalation on a day.
pub async fn reached(reads: &mut impl Reads, day: Date, step: &str) -> StoreResult<Vec<PersonId>> {
    let rows: Vec<i64> =
        on!(reads.tx(), |conn| sqlx::query_scalar(REACHED).bind(day.to_string()).bind(step).fetch_all(conn).await)?;
    Ok(rows.into_iter().map(PersonId::from_raw).collect())
}

/// The grades of these students.
pub async fn grades(reads: &mut impl Reads, students: &[PersonId]) -> StoreResult<Vec<(PersonId, String)>> {
    let tx = reads.tx();
    let mut found = Vec::new();
    for chunk in students.chunks(rows_that_fit(1, 500)) {
        let rows = fetch_set!(tx, (i64, String), GRADES, [], chunk, |query, id| query.bind(id.raw()))?;
        found.extend(rows.into_iter().map(|(id, grade)| (PersonId::from_raw(id), grade)));
    }
    Ok(found)
}
