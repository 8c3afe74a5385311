//! Imports an attendance file: marks that are new or different are kept, corrections take back what has not left, and
//! what is due is told. The same file twice changes nothing.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use jiff::civil::Date;
use schoolbell_domain::attendance::Mark;
use schoolbell_domain::broadcast::BroadcastState;
use schoolbell_domain::ids::{AttendanceImportId, AttendanceRunId, PersonId, SchoolId};
use schoolbell_domain::permission::{Act, Scope};
use schoolbell_domain::roster::issue::IssueKind;
use schoolbell_formats::attendance::{AttendanceColumns, AttendanceOptions, AttendanceRow, read};
use schoolbell_formats::roster::Issues;
use schoolbell_formats::roster::issues::At;
use schoolbell_store::read::attendance::{self, KeptMark, Numbered};
use schoolbell_store::read::broadcasts::lookup_broadcast;
use schoolbell_store::read::district::get_district;
use schoolbell_store::write::attendance::{self as write, EndedImport, NewMark};
use schoolbell_store::write::jobs::enqueue;
use schoolbell_store::{StoreError, StoreResult, Tx};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::audit::tell;
use crate::attendance::take_back::take_back;
use crate::error::{CommandError, CommandResult};
use crate::jobs::{take_back_absences, tell_absences};
use crate::live::LiveEvent;
use crate::{Actor, Engine, Queue};

/// A file that somebody brings in.
#[derive(Debug, Clone)]
pub struct AttendanceFile {
    /// What people call it.
    pub name: String,
    pub bytes: Vec<u8>,
    /// The district's own column names.
    pub columns: AttendanceColumns,
}

/// What came of it.
#[derive(Debug, Clone)]
pub struct AttendanceReport {
    pub id: AttendanceImportId,
    /// Rows of the file.
    pub seen: u64,
    /// Marks that are new or different.
    pub changed: u64,
    /// Marks that families had been told of and that are taken back.
    pub corrected: u64,
    pub errors: usize,
    pub warnings: usize,
    /// The first hundred, as sentences.
    pub issues: Vec<String>,
}

/// Issues that stay with the import.
const KEPT_ISSUES: usize = 100;

/// Imports a file. Rows about students of schools where the actor may not record attendance are left out and told.
pub async fn import_attendance(
    engine: &Engine,
    actor: &Actor,
    file: AttendanceFile,
) -> CommandResult<AttendanceReport> {
    if !actor.may_somewhere(Act::RecordAttendance) {
        return Err(CommandError::not_allowed());
    }
    file.columns.check().map_err(|error| CommandError::bad("columns", error.to_string()))?;
    let now = engine.now();
    let district = get_district(&mut engine.db.read().await?).await?;
    let options = AttendanceOptions {
        today: now.to_zoned(district.time_zone.clone()).date(),
        codes: district.settings.attendance_codes.clone(),
        columns: file.columns.clone(),
    };
    let id = AttendanceImportId::from_raw(engine.next_id());
    let digest = hex(&Sha256::digest(&file.bytes));
    let (name, bytes) = (file.name.clone(), file.bytes);
    let reading = tokio::task::spawn_blocking(move || read(&name, Box::new(bytes.as_slice()), &options));
    let reading = reading.await.map_err(|error| StoreError::Setup(format!("reading was cut short: {error}")))?;
    let ended = Ended { id, name: &file.name, digest: &digest, actor };
    let read = match reading {
        Ok(read) => read,
        Err(error) => {
            let sentence = error.to_string();
            engine.db.write("end attendance", async |tx| ended.failed(engine, tx, &sentence).await).await?;
            return Err(CommandError::bad("file", sentence));
        }
    };
    let report = engine
        .db
        .write("import attendance", async |tx| {
            let mut issues = Issues::default();
            let marks = matched(tx, (actor, &file.name), &read.rows, &mut issues).await?;
            let changed = changed(tx, marks).await?;
            let corrected = apply(engine, tx, &changed).await?;
            let mut sentences: Vec<String> = Vec::new();
            for issue in read.issues.list().iter().chain(issues.list()).take(KEPT_ISSUES) {
                sentences.push(format!("line {}: `{}`: {}", issue.line, issue.value, issue.message));
            }
            let report = AttendanceReport {
                id,
                seen: read.seen,
                changed: changed.len() as u64,
                corrected,
                errors: read.issues.errors() + issues.errors(),
                warnings: read.issues.warnings() + issues.warnings(),
                issues: sentences,
            };
            ended.kept(engine, tx, &report).await?;
            Ok::<_, CommandError>(report)
        })
        .await?;
    engine.wake.now(Queue::Jobs);
    engine.live.tell(LiveEvent::Inbound);
    Ok(report)
}

/// The file as the list of imports names it.
struct Ended<'a> {
    id: AttendanceImportId,
    name: &'a str,
    digest: &'a str,
    actor: &'a Actor,
}

impl Ended<'_> {
    async fn kept(&self, engine: &Engine, tx: &mut Tx, report: &AttendanceReport) -> StoreResult<()> {
        let issues = json!(report.issues).to_string();
        let row = EndedImport {
            state: if report.changed == 0 { "unchanged" } else { "applied" },
            seen: report.seen,
            changed: report.changed,
            errors: report.errors,
            warnings: report.warnings,
            issues: &issues,
            ..self.row(engine.now())
        };
        write::insert_import(tx, &row).await?;
        let detail = json!({
            "source": self.name, "seen": report.seen, "changed": report.changed, "corrected": report.corrected,
            "errors": report.errors,
        });
        tell(engine, tx, self.actor, ("import_attendance", &self.id.to_string()), detail).await
    }

    async fn failed(&self, engine: &Engine, tx: &mut Tx, sentence: &str) -> StoreResult<()> {
        write::insert_import(tx, &EndedImport { failure: Some(sentence), ..self.row(engine.now()) }).await
    }

    fn row(&self, at: Timestamp) -> EndedImport<'_> {
        EndedImport {
            id: self.id,
            source: self.name,
            digest: self.digest,
            state: "failed",
            seen: 0,
            changed: 0,
            errors: 0,
            warnings: 0,
            issues: "[]",
            failure: None,
            actor: &self.actor.name,
            at,
        }
    }
}

type Key = (PersonId, Date, String);

/// The rows as marks of students: the last row of a student, day and period counts.
async fn matched(
    tx: &mut Tx,
    (actor, file): (&Actor, &str),
    rows: &[AttendanceRow],
    issues: &mut Issues,
) -> StoreResult<BTreeMap<Key, (SchoolId, Mark)>> {
    let numbers: BTreeSet<&str> = rows.iter().map(|row| row.student.as_str()).collect();
    let numbers: Vec<String> = numbers.into_iter().map(str::to_owned).collect();
    let known = attendance::by_numbers(tx, &numbers).await?;
    let mut marks = BTreeMap::new();
    for row in rows {
        let at = At { file, line: row.line, field: "student", value: &row.student };
        let found = match who(known.get(&row.student), &row.school) {
            Ok(found) => found,
            Err(sentence) => {
                issues.error(IssueKind::MissingReference, at, sentence);
                continue;
            }
        };
        if actor.must(Act::RecordAttendance, Scope::School(found.school)).is_err() {
            issues.error(IssueKind::LeftOut, at, "a student of a school where you may not record attendance");
            continue;
        }
        let mark = Mark {
            student: found.student,
            day: row.day,
            period: row.period.clone(),
            status: row.status,
            code: row.code.clone(),
        };
        marks.insert((found.student, row.day, row.period.clone()), (found.school, mark));
    }
    Ok(marks)
}

/// The one student of a number, by the school where two have it.
fn who<'a>(found: Option<&'a Vec<Numbered>>, school: &str) -> Result<&'a Numbered, &'static str> {
    match found.map_or(&[][..], Vec::as_slice) {
        [] => Err("no student of the roster has this number; import the roster, or look whether it is a typing error"),
        [one] => Ok(one),
        several => {
            let mut fitting = several.iter().filter(|one| one.school_source == school);
            match (fitting.next(), fitting.next()) {
                (Some(one), None) => Ok(one),
                _ => Err("two students have this number; add a column with the school's id"),
            }
        }
    }
}

/// A mark that is new or different, with what stood before.
struct Change {
    school: SchoolId,
    mark: Mark,
    before: Option<KeptMark>,
}

async fn changed(tx: &mut Tx, marks: BTreeMap<Key, (SchoolId, Mark)>) -> StoreResult<Vec<Change>> {
    let Some(since) = marks.keys().map(|(_, day, _)| *day).min() else { return Ok(Vec::new()) };
    let students: BTreeSet<PersonId> = marks.keys().map(|(student, ..)| *student).collect();
    let students: Vec<PersonId> = students.into_iter().collect();
    let kept = attendance::marks_of(tx, since, &students).await?;
    let mut before: HashMap<Key, KeptMark> =
        kept.into_iter().map(|kept| ((kept.mark.student, kept.mark.day, kept.mark.period.clone()), kept)).collect();
    let changes = marks.into_iter().map(|(key, (school, mark))| Change { school, mark, before: before.remove(&key) });
    Ok(changes.filter(|change| change.before.as_ref().is_none_or(|before| before.mark != change.mark)).collect())
}

/// Writes the marks, takes back what was told of those that are absences no more, and sees to it that what is due is
/// told. Answers how many were corrected.
async fn apply(engine: &Engine, tx: &mut Tx, changes: &[Change]) -> CommandResult<u64> {
    if changes.is_empty() {
        return Ok(0);
    }
    let now = engine.now();
    let (mut marks, mut back): (Vec<NewMark>, Vec<(AttendanceRunId, Mark)>) = (Vec::new(), Vec::new());
    for change in changes {
        let told = change.before.as_ref().and_then(|before| before.told_run.zip(Some(before.mark.status)));
        let corrected = told.is_some_and(|(_, status)| status != change.mark.status);
        if let Some((run, _)) = told.filter(|_| corrected) {
            back.push((run, change.mark.clone()));
        }
        let told_run = told.filter(|_| !corrected).map(|(run, _)| run);
        marks.push(NewMark { mark: change.mark.clone(), school: change.school, told_run });
    }
    write::put_marks(tx, &marks, now).await?;
    correct(engine, tx, &back).await?;
    let schools: BTreeSet<SchoolId> = changes.iter().map(|change| change.school).collect();
    let schools: Vec<SchoolId> = schools.into_iter().collect();
    let today = now.to_zoned(get_district(tx).await?.time_zone).start_of_day();
    let since = today.map_or(now, |start| start.timestamp());
    write::file_came(tx, &schools, now, since).await?;
    enqueue(tx, tell_absences::job_of_file(engine)).await?;
    Ok(back.len() as u64)
}

async fn correct(engine: &Engine, tx: &mut Tx, back: &[(AttendanceRunId, Mark)]) -> StoreResult<()> {
    write::take_back(tx, back).await?;
    let runs: BTreeSet<AttendanceRunId> = back.iter().map(|(run, _)| *run).collect();
    for run in runs {
        let broadcast = attendance::lookup_run(tx, run).await?.and_then(|run| run.broadcast);
        let Some(broadcast) = broadcast else { continue };
        take_back(engine, tx, broadcast, &[]).await?;
        let standing = lookup_broadcast(tx, broadcast).await?;
        if standing.is_some_and(|standing| standing.state == BroadcastState::Expanding) {
            enqueue(tx, take_back_absences::job(engine, broadcast)).await?;
        }
    }
    Ok(())
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        write!(text, "{byte:02x}").unwrap_or_default();
        text
    })
}
