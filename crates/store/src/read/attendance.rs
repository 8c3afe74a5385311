//! The school day as it stands: each school's rule and calendar, marks, and what a run has told.

use std::collections::HashMap;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use schoolbell_domain::attendance::calendar::BellCalendar;
use schoolbell_domain::attendance::rule::SchoolRule;
use schoolbell_domain::attendance::run::Absence;
use schoolbell_domain::attendance::usual::Count;
use schoolbell_domain::attendance::{Mark, Status};
use schoolbell_domain::ids::{AttendanceRunId, BroadcastId, PersonId, SchoolId};
use schoolbell_domain::school::SchoolLevel;
use serde::de::DeserializeOwned;

use crate::error::{StoreError, StoreResult};
use crate::on;
use crate::sql::{fetch_set, rows_that_fit};
use crate::statements;
use crate::time::instant;
use crate::tx::Reads;

/// A school with all that says when it tells.
#[derive(Debug, Clone)]
pub struct SchoolDay {
    pub school: SchoolId,
    pub source_id: String,
    pub name: String,
    pub level: SchoolLevel,
    /// Where it differs from the district's.
    pub zone: Option<TimeZone>,
    pub rule: SchoolRule,
    pub calendar: BellCalendar,
    /// `None` before the first run.
    pub ran_until: Option<Timestamp>,
    pub file_at: Option<Timestamp>,
}

/// A student as files name one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Numbered {
    pub student: PersonId,
    pub school: SchoolId,
    pub school_source: String,
}

/// A mark with what the rules ask beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptMark {
    pub mark: Mark,
    pub school: SchoolId,
    pub grade: String,
    pub told_run: Option<AttendanceRunId>,
}

/// A run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    pub id: AttendanceRunId,
    pub kind: String,
    pub state: String,
    pub at: Timestamp,
    pub broadcast: Option<BroadcastId>,
}

/// A line of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunLine {
    pub student: PersonId,
    pub school: SchoolId,
    pub day: Date,
    pub period: String,
    pub taken_back: bool,
}

statements! {
    SCHOOLS = "SELECT school.id, school.source_id, school.name, school.level, school.time_zone, day.rule, day.calendar, \
        day.ran_until, day.file_at FROM school LEFT JOIN attendance_school day ON day.school_id = school.id \
        WHERE school.active ORDER BY school.name, school.id";
    BY_NUMBER = "SELECT student.number, person.id, student.school_id, school.source_id FROM student \
        JOIN person ON person.id = student.person_id JOIN school ON school.id = student.school_id \
        WHERE person.active AND student.number IN {list@1} ORDER BY person.id";
    MARKS_OF = "SELECT mark.student_id, mark.day, mark.period, mark.code, mark.status, mark.told_run, mark.school_id, \
        student.grade FROM attendance_mark mark JOIN student ON student.person_id = mark.student_id \
        WHERE mark.day >= $1 AND mark.student_id IN {list@2}";
    MARKS_ON = "SELECT mark.student_id, mark.day, mark.period, mark.code, mark.status, mark.told_run, mark.school_id, \
        student.grade FROM attendance_mark mark JOIN student ON student.person_id = mark.student_id \
        WHERE mark.school_id = $1 AND mark.day = $2 AND mark.status IN ('unexcused', 'tardy') \
        ORDER BY mark.student_id, mark.period";
    ENROLLED = "SELECT COUNT(*) FROM student JOIN person ON person.id = student.person_id \
        WHERE student.school_id = $1 AND person.active";
    HISTORY = "SELECT part.day, part.students, part.enrolled FROM attendance_run_school part \
        JOIN attendance_run run ON run.id = part.run_id WHERE part.school_id = $1 AND part.slot = $2 AND part.day >= $3 \
        AND run.state = 'sent' AND run.kind = 'absences'";
    RUN = "SELECT id, kind, state, at, broadcast_id FROM attendance_run WHERE id = $1";
    RUN_OF = "SELECT id, kind, state, at, broadcast_id FROM attendance_run WHERE broadcast_id = $1";
    RUNS_SINCE = "SELECT id, kind, state, at, broadcast_id FROM attendance_run WHERE at >= $1 ORDER BY id DESC";
    LINES = "SELECT student_id, school_id, day, period, taken_back FROM attendance_run_line WHERE run_id = $1 \
        ORDER BY student_id, day, period";
    RUN_SCHOOLS = "SELECT school_id, students, enrolled FROM attendance_run_school WHERE run_id = $1 ORDER BY school_id";
    LATEST_TO = "SELECT delivery.children FROM delivery WHERE delivery.origin_id = $1 AND delivery.channel = $2 \
        AND delivery.address = $3 AND delivery.state <> 0";
    SCHOOLS_OF = "SELECT person_id, school_id FROM student WHERE person_id IN {list@1} ORDER BY person_id";
    CHILDREN_OF = "SELECT origin_id, children FROM delivery WHERE id = $1";
    CHILDREN_BY_NUMBER = "SELECT DISTINCT person.id, person.given FROM contact_point point \
        JOIN relationship kin ON kin.guardian_id = point.person_id AND kin.active \
        JOIN person ON person.id = kin.student_id AND person.active \
        WHERE point.address = $1 AND point.active AND NOT kin.custody_restricted AND kin.role IN (1, 2) ORDER BY person.id";
}

type SchoolTuple =
    (i64, String, String, String, Option<String>, Option<String>, Option<String>, Option<i64>, Option<i64>);

/// Every active school, by name.
pub async fn schools(reads: &mut impl Reads) -> StoreResult<Vec<SchoolDay>> {
    let rows: Vec<SchoolTuple> = on!(reads.tx(), |conn| sqlx::query_as(SCHOOLS).fetch_all(conn).await)?;
    rows.into_iter().map(school_day).collect()
}

fn school_day(row: SchoolTuple) -> StoreResult<SchoolDay> {
    let (id, source_id, name, level, zone, rule, calendar, ran_until, file_at) = row;
    let school = SchoolId::from_raw(id);
    let damaged = |what: String| StoreError::Damaged { row: school.to_string(), what };
    let zone = zone.map(|zone| TimeZone::get(&zone)).transpose().map_err(|error| damaged(error.to_string()))?;
    Ok(SchoolDay {
        school,
        source_id,
        name,
        level: SchoolLevel::from_str(&level).unwrap_or(SchoolLevel::Other),
        zone,
        rule: read_json(school, rule)?,
        calendar: read_json(school, calendar)?,
        ran_until: ran_until.map(instant).transpose()?,
        file_at: file_at.map(instant).transpose()?,
    })
}

fn read_json<T: DeserializeOwned + Default>(school: SchoolId, text: Option<String>) -> StoreResult<T> {
    text.map_or_else(
        || Ok(T::default()),
        |text| {
            serde_json::from_str(&text)
                .map_err(|error| StoreError::Damaged { row: school.to_string(), what: error.to_string() })
        },
    )
}

/// The students of these numbers; a number that two schools use names both.
pub async fn by_numbers(reads: &mut impl Reads, numbers: &[String]) -> StoreResult<HashMap<String, Vec<Numbered>>> {
    let tx = reads.tx();
    let mut found: HashMap<String, Vec<Numbered>> = HashMap::new();
    for chunk in numbers.chunks(rows_that_fit(1, 500)) {
        let rows = fetch_set!(tx, (String, i64, i64, String), BY_NUMBER, [], chunk, |query, number| query
            .bind(number.as_str()))?;
        for (number, student, school, school_source) in rows {
            let student = PersonId::from_raw(student);
            let numbered = Numbered { student, school: SchoolId::from_raw(school), school_source };
            found.entry(number).or_default().push(numbered);
        }
    }
    Ok(found)
}

type MarkTuple = (i64, String, String, String, String, Option<i64>, i64, String);

fn kept(row: MarkTuple) -> StoreResult<KeptMark> {
    let (student, day, period, code, status, told_run, school, grade) = row;
    let damaged = |what: &str| StoreError::Damaged {
        row: format!("the mark of {} on {day}", PersonId::from_raw(student)),
        what: what.to_owned(),
    };
    Ok(KeptMark {
        mark: Mark {
            student: PersonId::from_raw(student),
            status: Status::from_word(&status).ok_or_else(|| damaged("its status"))?,
            day: day.parse().map_err(|_| damaged("its day"))?,
            period,
            code,
        },
        school: SchoolId::from_raw(school),
        grade,
        told_run: told_run.map(AttendanceRunId::from_raw),
    })
}

/// What stands of these students since a day.
pub async fn marks_of(reads: &mut impl Reads, since: Date, students: &[PersonId]) -> StoreResult<Vec<KeptMark>> {
    let tx = reads.tx();
    let (since, mut marks) = (since.to_string(), Vec::new());
    for chunk in students.chunks(rows_that_fit(1, 500)) {
        let rows = fetch_set!(tx, MarkTuple, MARKS_OF, [since.as_str()], chunk, |query, id| query.bind(id.raw()))?;
        for row in rows {
            marks.push(kept(row)?);
        }
    }
    Ok(marks)
}

/// The unexcused and late of a school on a day, by student.
pub async fn marks_on(reads: &mut impl Reads, school: SchoolId, day: Date) -> StoreResult<Vec<KeptMark>> {
    let rows: Vec<MarkTuple> = on!(reads.tx(), |conn| sqlx::query_as(MARKS_ON)
        .bind(school.raw())
        .bind(day.to_string())
        .fetch_all(conn)
        .await)?;
    rows.into_iter().map(kept).collect()
}

/// How many students a school has.
pub async fn enrolled(reads: &mut impl Reads, school: SchoolId) -> StoreResult<u32> {
    let count: i64 = on!(reads.tx(), |conn| sqlx::query_scalar(ENROLLED).bind(school.raw()).fetch_one(conn).await)?;
    Ok(u32::try_from(count).unwrap_or(u32::MAX))
}

/// What runs of this slot found at the school since a day, without those that are held or were given up.
pub async fn history(reads: &mut impl Reads, school: SchoolId, slot: &str, since: Date) -> StoreResult<Vec<Count>> {
    let rows: Vec<(String, i64, i64)> = on!(reads.tx(), |conn| sqlx::query_as(HISTORY)
        .bind(school.raw())
        .bind(slot)
        .bind(since.to_string())
        .fetch_all(conn)
        .await)?;
    rows.into_iter()
        .map(|(day, students, enrolled)| {
            let damaged = |_| StoreError::Damaged { row: school.to_string(), what: "a day of its history".to_owned() };
            Ok(Count {
                day: day.parse().map_err(damaged)?,
                students: u32::try_from(students).unwrap_or(u32::MAX),
                enrolled: u32::try_from(enrolled).unwrap_or(u32::MAX),
            })
        })
        .collect()
}

type RunTuple = (i64, String, String, i64, Option<i64>);

fn run_of(row: RunTuple) -> StoreResult<Run> {
    let (id, kind, state, at, broadcast) = row;
    Ok(Run {
        id: AttendanceRunId::from_raw(id),
        kind,
        state,
        at: instant(at)?,
        broadcast: broadcast.map(BroadcastId::from_raw),
    })
}

pub async fn lookup_run(reads: &mut impl Reads, id: AttendanceRunId) -> StoreResult<Option<Run>> {
    let row: Option<RunTuple> = on!(reads.tx(), |conn| sqlx::query_as(RUN).bind(id.raw()).fetch_optional(conn).await)?;
    row.map(run_of).transpose()
}

/// The run that a broadcast tells, if it tells one.
pub async fn lookup_run_of(reads: &mut impl Reads, broadcast: BroadcastId) -> StoreResult<Option<Run>> {
    let row: Option<RunTuple> =
        on!(reads.tx(), |conn| sqlx::query_as(RUN_OF).bind(broadcast.raw()).fetch_optional(conn).await)?;
    row.map(run_of).transpose()
}

/// Runs since an instant, newest first.
pub async fn runs_since(reads: &mut impl Reads, since: Timestamp) -> StoreResult<Vec<Run>> {
    let rows: Vec<RunTuple> =
        on!(reads.tx(), |conn| sqlx::query_as(RUNS_SINCE).bind(since.as_millisecond()).fetch_all(conn).await)?;
    rows.into_iter().map(run_of).collect()
}

/// Everything that a run told, also what was taken back since.
pub async fn lines(reads: &mut impl Reads, run: AttendanceRunId) -> StoreResult<Vec<RunLine>> {
    let rows: Vec<(i64, i64, String, String, bool)> =
        on!(reads.tx(), |conn| sqlx::query_as(LINES).bind(run.raw()).fetch_all(conn).await)?;
    rows.into_iter()
        .map(|(student, school, day, period, taken_back)| {
            let damaged = |_| StoreError::Damaged { row: run.to_string(), what: "a day".to_owned() };
            Ok(RunLine {
                student: PersonId::from_raw(student),
                school: SchoolId::from_raw(school),
                day: day.parse().map_err(damaged)?,
                period,
                taken_back,
            })
        })
        .collect()
}

/// What stands of a run, by student: what messages name.
pub async fn absences(reads: &mut impl Reads, run: AttendanceRunId) -> StoreResult<HashMap<PersonId, Vec<Absence>>> {
    let lines = lines(reads, run).await?.into_iter().filter(|line| !line.taken_back);
    let marks = lines.map(|line| {
        let mark = Mark {
            student: line.student,
            day: line.day,
            period: line.period,
            status: Status::Unexcused,
            code: String::new(),
        };
        (line.school, mark)
    });
    let mut of_student: HashMap<PersonId, Vec<Absence>> = HashMap::new();
    for absence in schoolbell_domain::attendance::run::join(marks) {
        of_student.entry(absence.student).or_default().push(absence);
    }
    Ok(of_student)
}

/// The schools of a run: how many students it names, of how many.
pub async fn run_schools(reads: &mut impl Reads, run: AttendanceRunId) -> StoreResult<Vec<(SchoolId, i64, i64)>> {
    let rows: Vec<(i64, i64, i64)> =
        on!(reads.tx(), |conn| sqlx::query_as(RUN_SCHOOLS).bind(run.raw()).fetch_all(conn).await)?;
    Ok(rows.into_iter().map(|(school, students, enrolled)| (SchoolId::from_raw(school), students, enrolled)).collect())
}

/// The students whom a broadcast named to an address; empty if it went elsewhere.
pub async fn named_to(
    reads: &mut impl Reads,
    broadcast: BroadcastId,
    (channel, address): (schoolbell_domain::channel::Channel, &str),
) -> StoreResult<Vec<PersonId>> {
    let rows: Vec<String> = on!(reads.tx(), |conn| sqlx::query_scalar(LATEST_TO)
        .bind(broadcast.raw())
        .bind(channel.code())
        .bind(address)
        .fetch_all(conn)
        .await)?;
    let mut children: Vec<PersonId> = rows.iter().flat_map(|text| children(text)).collect();
    children.sort_unstable();
    children.dedup();
    Ok(children)
}

/// The broadcast of a delivery, and the students whom it names.
pub async fn children_of(
    reads: &mut impl Reads,
    delivery: schoolbell_domain::ids::DeliveryId,
) -> StoreResult<Option<(BroadcastId, Vec<PersonId>)>> {
    let row: Option<(i64, String)> =
        on!(reads.tx(), |conn| sqlx::query_as(CHILDREN_OF).bind(delivery.raw()).fetch_optional(conn).await)?;
    Ok(row.map(|(origin, text)| (BroadcastId::from_raw(origin), children(&text))))
}

/// The children for whom a number may speak: of its guardians who are contacts, without those kept from them.
pub async fn children_by_number(reads: &mut impl Reads, number: &str) -> StoreResult<Vec<(PersonId, String)>> {
    let rows: Vec<(i64, String)> =
        on!(reads.tx(), |conn| sqlx::query_as(CHILDREN_BY_NUMBER).bind(number).fetch_all(conn).await)?;
    Ok(rows.into_iter().map(|(id, given)| (PersonId::from_raw(id), given)).collect())
}

/// The column `children` of a delivery.
pub(crate) fn children(text: &str) -> Vec<PersonId> {
    text.split(' ').filter_map(|id| id.parse().ok().map(PersonId::from_raw)).collect()
}

/// The school of each of these students.
pub async fn schools_of(reads: &mut impl Reads, students: &[PersonId]) -> StoreResult<Vec<(PersonId, SchoolId)>> {
    let tx = reads.tx();
    let mut found = Vec::new();
    for chunk in students.chunks(rows_that_fit(1, 500)) {
        let rows = fetch_set!(tx, (i64, i64), SCHOOLS_OF, [], chunk, |query, id| query.bind(id.raw()))?;
        found.extend(rows.into_iter().map(|(id, school)| (PersonId::from_raw(id), SchoolId::from_raw(school))));
    }
    Ok(found)
}
