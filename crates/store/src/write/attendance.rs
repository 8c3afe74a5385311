//! Marks and runs written; and deliveries that have not left, when what they tell was taken back.

use jiff::Timestamp;
use jiff::civil::Date;
use schoolbell_domain::attendance::Mark;
use schoolbell_domain::attendance::calendar::BellCalendar;
use schoolbell_domain::attendance::rule::SchoolRule;
use schoolbell_domain::channel::Channel;
use schoolbell_domain::ids::{
    AttendanceImportId, AttendanceRunId, BroadcastId, ContentId, DeliveryId, PersonId, SchoolId,
};
use schoolbell_domain::language::Language;

use crate::error::{StoreError, StoreResult};
use crate::on;
use crate::read::attendance::children;
use crate::sql::{execute_set, fill, rows_that_fit};
use crate::statements;
use crate::tx::Tx;

/// A mark to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMark {
    pub mark: Mark,
    pub school: SchoolId,
    pub told_run: Option<AttendanceRunId>,
}

/// An import that has ended.
#[derive(Debug, Clone)]
pub struct EndedImport<'a> {
    pub id: AttendanceImportId,
    pub source: &'a str,
    pub digest: &'a str,
    /// `applied`, `unchanged` or `failed`.
    pub state: &'a str,
    pub seen: u64,
    pub changed: u64,
    pub errors: usize,
    pub warnings: usize,
    /// JSON.
    pub issues: &'a str,
    pub failure: Option<&'a str>,
    pub actor: &'a str,
    pub at: Timestamp,
}

/// How many students a run names at a school.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunPart {
    pub school: SchoolId,
    pub day: Date,
    pub slot: String,
    pub students: u32,
    pub enrolled: u32,
}

/// A delivery that still waits, with what a new rendering needs.
#[derive(Debug, Clone)]
pub struct Waiting {
    pub id: DeliveryId,
    pub channel: Channel,
    pub school: Option<SchoolId>,
    pub language: Language,
    pub children: Vec<PersonId>,
}

statements! {
    PUT = "INSERT INTO attendance_mark (student_id, day, period, school_id, code, status, told_run, changed_at) \
        VALUES {rows:8@1} ON CONFLICT (student_id, day, period) DO UPDATE SET school_id = excluded.school_id, \
        code = excluded.code, status = excluded.status, told_run = excluded.told_run, changed_at = excluded.changed_at";
    TELL = "UPDATE attendance_mark SET told_run = $1 WHERE (student_id, day, period) IN \
        (VALUES {typed:bigint,text,text@2})";
    TAKE_BACK = "UPDATE attendance_run_line SET taken_back = TRUE WHERE (run_id, student_id, day, period) IN \
        (VALUES {typed:bigint,bigint,text,text@1})";
    FILE_CAME = "INSERT INTO attendance_school (school_id, ran_until, file_at, changed_at) VALUES {rows:4@1} \
        ON CONFLICT (school_id) DO UPDATE SET file_at = excluded.file_at";
    RAN = "INSERT INTO attendance_school (school_id, ran_until, changed_at) VALUES {rows:3@1} \
        ON CONFLICT (school_id) DO UPDATE SET ran_until = excluded.ran_until";
    SET_RULE = "INSERT INTO attendance_school (school_id, rule, ran_until, changed_at) VALUES ($1, $2, $3, $4) \
        ON CONFLICT (school_id) DO UPDATE SET rule = excluded.rule, changed_at = excluded.changed_at";
    SET_CALENDAR = "INSERT INTO attendance_school (school_id, calendar, ran_until, changed_at) VALUES ($1, $2, $3, $4) \
        ON CONFLICT (school_id) DO UPDATE SET calendar = excluded.calendar, changed_at = excluded.changed_at";
    IMPORT = "INSERT INTO attendance_import (id, source, digest, state, seen, changed, errors, warnings, issues, failure, \
        actor, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    INSERT_RUN = "INSERT INTO attendance_run (id, kind, state, at) VALUES ($1, $2, $3, $4)";
    INSERT_PARTS = "INSERT INTO attendance_run_school (run_id, school_id, day, slot, students, enrolled) VALUES {rows:6@1}";
    INSERT_LINES = "INSERT INTO attendance_run_line (run_id, student_id, day, period, school_id, taken_back) \
        VALUES {rows:6@1}";
    MOVE_RUN = "UPDATE attendance_run SET state = $1, broadcast_id = $2 WHERE id = $3";
    WAITING = "SELECT delivery.id, delivery.channel, delivery.school_id, delivery.children, content.language \
        FROM delivery JOIN content ON content.id = delivery.content_id WHERE delivery.origin_id = $1 \
        AND delivery.state <> 0 AND delivery.state = 1 ORDER BY delivery.id";
    RENAME = "UPDATE delivery SET content_id = $1, children = $2 WHERE id = $3 AND state = 1";
}

/// Writes marks of distinct keys.
pub async fn put_marks(tx: &mut Tx, marks: &[NewMark], at: Timestamp) -> StoreResult<()> {
    for chunk in marks.chunks(rows_that_fit(8, 500)) {
        execute_set!(tx, PUT, [], chunk, |query, row| query
            .bind(row.mark.student.raw())
            .bind(row.mark.day.to_string())
            .bind(row.mark.period.as_str())
            .bind(row.school.raw())
            .bind(row.mark.code.as_str())
            .bind(row.mark.status.word())
            .bind(row.told_run.map(AttendanceRunId::raw))
            .bind(at.as_millisecond()))?;
    }
    Ok(())
}

/// These marks are told by this run.
pub async fn tell(tx: &mut Tx, run: AttendanceRunId, marks: &[&Mark]) -> StoreResult<()> {
    for chunk in marks.chunks(rows_that_fit(3, 500)) {
        execute_set!(tx, TELL, [run.raw()], chunk, |query, mark| query
            .bind(mark.student.raw())
            .bind(mark.day.to_string())
            .bind(mark.period.as_str()))?;
    }
    Ok(())
}

/// What these runs told of these marks is no longer so.
pub async fn take_back(tx: &mut Tx, lines: &[(AttendanceRunId, Mark)]) -> StoreResult<()> {
    for chunk in lines.chunks(rows_that_fit(4, 500)) {
        execute_set!(tx, TAKE_BACK, [], chunk, |query, line| query
            .bind(line.0.raw())
            .bind(line.1.student.raw())
            .bind(line.1.day.to_string())
            .bind(line.1.period.as_str()))?;
    }
    Ok(())
}

/// A file changed marks of these schools. `ran_until` counts for a school's first file.
pub async fn file_came(tx: &mut Tx, schools: &[SchoolId], at: Timestamp, ran_until: Timestamp) -> StoreResult<()> {
    for chunk in schools.chunks(rows_that_fit(4, 500)) {
        execute_set!(tx, FILE_CAME, [], chunk, |query, school| query
            .bind(school.raw())
            .bind(ran_until.as_millisecond())
            .bind(at.as_millisecond())
            .bind(at.as_millisecond()))?;
    }
    Ok(())
}

/// Runs of these schools are done up to now.
pub async fn ran(tx: &mut Tx, schools: &[SchoolId], until: Timestamp) -> StoreResult<()> {
    for chunk in schools.chunks(rows_that_fit(3, 500)) {
        execute_set!(tx, RAN, [], chunk, |query, school| query
            .bind(school.raw())
            .bind(until.as_millisecond())
            .bind(until.as_millisecond()))?;
    }
    Ok(())
}

/// Replaces a school's rule.
pub async fn set_rule(tx: &mut Tx, school: SchoolId, rule: &SchoolRule, now: Timestamp) -> StoreResult<()> {
    let text = to_text(school, serde_json::to_string(rule))?;
    set(tx, SET_RULE, school, &text, now).await
}

/// Replaces a school's bell calendar.
pub async fn set_calendar(tx: &mut Tx, school: SchoolId, calendar: &BellCalendar, now: Timestamp) -> StoreResult<()> {
    let text = to_text(school, serde_json::to_string(calendar))?;
    set(tx, SET_CALENDAR, school, &text, now).await
}

fn to_text(school: SchoolId, text: Result<String, serde_json::Error>) -> StoreResult<String> {
    text.map_err(|error| StoreError::Damaged { row: school.to_string(), what: error.to_string() })
}

/// A school without a row has not run yet: what is due today still is.
async fn set(tx: &mut Tx, statement: &'static str, school: SchoolId, text: &str, now: Timestamp) -> StoreResult<()> {
    on!(tx, |conn| sqlx::query(statement)
        .bind(school.raw())
        .bind(text)
        .bind(0_i64)
        .bind(now.as_millisecond())
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

/// Keeps how an import ended.
pub async fn insert_import(tx: &mut Tx, import: &EndedImport<'_>) -> StoreResult<()> {
    on!(tx, |conn| sqlx::query(IMPORT)
        .bind(import.id.raw())
        .bind(import.source)
        .bind(import.digest)
        .bind(import.state)
        .bind(count(import.seen))
        .bind(count(import.changed))
        .bind(count(import.errors as u64))
        .bind(count(import.warnings as u64))
        .bind(import.issues)
        .bind(import.failure)
        .bind(import.actor)
        .bind(import.at.as_millisecond())
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

fn count(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A run to write: `kind` is `absences` or `reminder`, `state` is `sent` or `held`.
#[derive(Debug, Clone, Copy)]
pub struct NewRun<'a> {
    pub id: AttendanceRunId,
    pub kind: &'a str,
    pub state: &'a str,
    pub at: Timestamp,
}

/// Writes a run with its parts and lines.
pub async fn insert_run(
    tx: &mut Tx,
    run: NewRun<'_>,
    parts: &[RunPart],
    lines: &[(SchoolId, &Mark)],
) -> StoreResult<()> {
    on!(&mut *tx, |conn| sqlx::query(INSERT_RUN)
        .bind(run.id.raw())
        .bind(run.kind)
        .bind(run.state)
        .bind(run.at.as_millisecond())
        .execute(conn)
        .await
        .map(drop))?;
    for chunk in parts.chunks(rows_that_fit(6, 500)) {
        execute_set!(tx, INSERT_PARTS, [], chunk, |query, part| query
            .bind(run.id.raw())
            .bind(part.school.raw())
            .bind(part.day.to_string())
            .bind(part.slot.as_str())
            .bind(i64::from(part.students))
            .bind(i64::from(part.enrolled)))?;
    }
    for chunk in lines.chunks(rows_that_fit(6, 500)) {
        execute_set!(tx, INSERT_LINES, [], chunk, |query, line| query
            .bind(run.id.raw())
            .bind(line.1.student.raw())
            .bind(line.1.day.to_string())
            .bind(line.1.period.as_str())
            .bind(line.0.raw())
            .bind(false))?;
    }
    Ok(())
}

/// Moves a run to `sent` with its broadcast, or to `discarded`.
pub async fn move_run(
    tx: &mut Tx,
    id: AttendanceRunId,
    state: &str,
    broadcast: Option<BroadcastId>,
) -> StoreResult<()> {
    on!(tx, |conn| sqlx::query(MOVE_RUN)
        .bind(state)
        .bind(broadcast.map(BroadcastId::raw))
        .bind(id.raw())
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

/// What still waits of a broadcast.
pub async fn waiting(tx: &mut Tx, broadcast: BroadcastId) -> StoreResult<Vec<Waiting>> {
    let text = fill(tx.engine(), WAITING, 0);
    let rows: Vec<(i64, i64, Option<i64>, String, String)> =
        on!(tx, |conn| sqlx::query_as(sqlx::AssertSqlSafe(text.as_str())).bind(broadcast.raw()).fetch_all(conn).await)?;
    rows.into_iter()
        .map(|(id, channel, school, of, language)| {
            let id = DeliveryId::from_raw(id);
            let damaged = || StoreError::Damaged { row: id.to_string(), what: "its channel".to_owned() };
            Ok(Waiting {
                id,
                channel: Channel::from_code(channel).ok_or_else(damaged)?,
                school: school.map(SchoolId::from_raw),
                language: Language::of(&language),
                children: children(&of),
            })
        })
        .collect()
}

/// Gives a delivery that still waits another text, about fewer children; `false` if it has left meanwhile.
pub async fn rename(tx: &mut Tx, id: DeliveryId, content: ContentId, children: &[PersonId]) -> StoreResult<bool> {
    let text = children.iter().map(|child| child.raw().to_string()).collect::<Vec<_>>().join(" ");
    let rows = on!(tx, |conn| sqlx::query(RENAME)
        .bind(content.raw())
        .bind(text)
        .bind(id.raw())
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}
