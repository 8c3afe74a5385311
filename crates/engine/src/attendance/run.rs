//! A run: what is due at this instant at all schools becomes one message for each family. What is far above a school's
//! own history waits for a person, and the other schools go on.

use std::collections::{BTreeSet, HashSet};

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use schoolbell_domain::attendance::Mark;
use schoolbell_domain::attendance::run::{Standing, is_news};
use schoolbell_domain::attendance::usual::{Count, judge};
use schoolbell_domain::attendance::words::{AnswerBy, wordings};
use schoolbell_domain::audience::{Audience, AudienceRule};
use schoolbell_domain::brake::Brake;
use schoolbell_domain::broadcast::{Draft, Wording};
use schoolbell_domain::category::Category;
use schoolbell_domain::ids::{AttendanceRunId, BroadcastId, HoldId, PersonId, SchoolId, UserId};
use schoolbell_store::read::attendance::{self, SchoolDay};
use schoolbell_store::read::district::{District, get_district, lookup_district};
use schoolbell_store::read::{absences, holds::Hold};
use schoolbell_store::write::attendance::{self as write, NewRun, RunPart};
use schoolbell_store::write::broadcasts::{self, Keeping, Version};
use schoolbell_store::write::jobs::enqueue;
use schoolbell_store::{StoreResult, Tx};
use serde_json::json;

use super::{escalate, notice, schedule};
use crate::commands::audit::tell;
use crate::error::CommandResult;
use crate::jobs::{expand_broadcast, tell_absences};
use crate::live::LiveEvent;
use crate::{Actor, Engine, Queue};

/// The program, as it stands in the audit log.
pub(crate) fn program() -> Actor {
    Actor { user: None, name: "schoolbell".to_owned(), grants: Vec::new() }
}

/// What a run finds at one school.
struct Found {
    school: SchoolDay,
    day: Date,
    slot: String,
    marks: Vec<Mark>,
    enrolled: u32,
    far: Option<Brake>,
}

impl Found {
    fn students(&self) -> BTreeSet<PersonId> {
        self.marks.iter().map(|mark| mark.student).collect()
    }

    fn part(&self) -> RunPart {
        RunPart {
            school: self.school.school,
            day: self.day,
            slot: self.slot.clone(),
            students: u32::try_from(self.students().len()).unwrap_or(u32::MAX),
            enrolled: self.enrolled,
        }
    }
}

/// What a run did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    /// The message that leaves; `None` if nothing is to be told, or all of it waits.
    pub broadcast: Option<BroadcastId>,
    /// Runs that wait for a person.
    pub held: Vec<AttendanceRunId>,
}

/// Tells what is due now, and sees to it that the next run comes. Run twice, the second finds nothing: what was told is
/// marked in the transaction that tells it.
pub async fn tell_due(engine: &Engine) -> CommandResult<Told> {
    let told = engine
        .db
        .write("tell absences", async |tx| {
            let Some(district) = lookup_district(tx).await? else { return Ok(Told::default()) };
            let schools = attendance::schools(tx).await?;
            let found = find(engine, tx, &district, schools).await?;
            let (held, free): (Vec<Found>, Vec<Found>) = found.into_iter().partition(|found| found.far.is_some());
            let mut told = Told::default();
            if !free.is_empty() {
                told.broadcast = Some(send(engine, tx, &free).await?);
            }
            for found in held {
                told.held.push(hold(engine, tx, &district, &found).await?);
            }
            enqueue_next(engine, tx).await?;
            Ok::<_, crate::CommandError>(told)
        })
        .await?;
    engine.wake.now(Queue::Jobs);
    if let Some(broadcast) = told.broadcast {
        engine.live.tell(LiveEvent::Broadcast(broadcast));
    }
    Ok(told)
}

/// When the next run of any school comes; a job waits for it. Computed from the rows, so that it is right whoever asks.
pub(crate) async fn enqueue_next(engine: &Engine, tx: &mut Tx) -> StoreResult<()> {
    let Some(district) = lookup_district(tx).await? else { return Ok(()) };
    let now = engine.now();
    let schools = attendance::schools(tx).await?;
    let next = schools.iter().filter_map(|school| schedule(school, &district.time_zone).next_after(now)).min();
    // In a long break somebody looks once a day: calendars change.
    let tomorrow = now.checked_add(24.hours()).unwrap_or(now);
    enqueue(tx, tell_absences::job(engine, next.unwrap_or(tomorrow).min(tomorrow))).await
}

/// The schools that are due, with what is news there. Those where nothing is news are done for this time.
async fn find(engine: &Engine, tx: &mut Tx, district: &District, schools: Vec<SchoolDay>) -> StoreResult<Vec<Found>> {
    let now = engine.now();
    let (mut found, mut ran) = (Vec::new(), Vec::new());
    for school in schools {
        let zone = school.zone.clone().unwrap_or_else(|| district.time_zone.clone());
        let day = now.to_zoned(zone).date();
        let since = school.ran_until.unwrap_or(Timestamp::UNIX_EPOCH);
        let Some(slot) = schedule(&school, &district.time_zone).due(now, since, school.file_at) else { continue };
        ran.push(school.school);
        let marks = news(tx, &school, day).await?;
        if marks.is_empty() {
            continue;
        }
        let enrolled = attendance::enrolled(tx, school.school).await?;
        let mut one = Found { school, day, slot: slot.0, marks, enrolled, far: None };
        one.far = far_above(tx, district, &one).await?;
        found.push(one);
    }
    write::ran(tx, &ran, now).await?;
    Ok(found)
}

/// The marks of a school and day that nobody told and nobody explained.
async fn news(tx: &mut Tx, school: &SchoolDay, day: Date) -> StoreResult<Vec<Mark>> {
    let kept = attendance::marks_on(tx, school.school, day).await?;
    let students: Vec<PersonId> = kept.iter().map(|kept| kept.mark.student).collect();
    let explained = explained(tx, day, &students).await?;
    let standing = kept.into_iter().map(|kept| Standing {
        explained: explained.contains(&kept.mark.student),
        told: kept.told_run.is_some(),
        school: kept.school,
        grade: kept.grade,
        mark: kept.mark,
    });
    Ok(standing.filter(|one| is_news(one, &school.rule, school.level)).map(|one| one.mark).collect())
}

/// Whom an answer covers on this day, whatever it says: with "should be at school" somebody of the office is at work.
pub(crate) async fn explained(tx: &mut Tx, day: Date, students: &[PersonId]) -> StoreResult<HashSet<PersonId>> {
    let answers = absences::answers_on(tx, day, students).await?;
    Ok(answers.into_iter().map(|answer| answer.student).collect())
}

async fn far_above(tx: &mut Tx, district: &District, found: &Found) -> StoreResult<Option<Brake>> {
    let part = found.part();
    let since = found.day.checked_sub(60.days()).unwrap_or(found.day);
    let history = attendance::history(tx, part.school, &part.slot, since).await?;
    let count = Count { day: part.day, students: part.students, enrolled: part.enrolled };
    Ok(judge(count, &history, &district.settings.brakes.absences).map(Brake::FarAbove))
}

async fn keep(engine: &Engine, tx: &mut Tx, found: &[Found], state: &str) -> StoreResult<AttendanceRunId> {
    let id = AttendanceRunId::from_raw(engine.next_id());
    let run = NewRun { id, kind: "absences", state, at: engine.now() };
    let parts: Vec<RunPart> = found.iter().map(Found::part).collect();
    let lines: Vec<(SchoolId, &Mark)> =
        found.iter().flat_map(|found| found.marks.iter().map(|mark| (found.school.school, mark))).collect();
    write::insert_run(tx, run, &parts, &lines).await?;
    let marks: Vec<&Mark> = lines.iter().map(|(_, mark)| *mark).collect();
    write::tell(tx, id, &marks).await?;
    Ok(id)
}

async fn send(engine: &Engine, tx: &mut Tx, found: &[Found]) -> CommandResult<BroadcastId> {
    let run = keep(engine, tx, found, "sent").await?;
    let broadcast = begin(engine, tx, run, None).await?;
    for one in found {
        escalate::enqueue_steps(engine, tx, run, &one.school).await?;
    }
    Ok(broadcast)
}

async fn hold(engine: &Engine, tx: &mut Tx, district: &District, found: &Found) -> CommandResult<AttendanceRunId> {
    let run = keep(engine, tx, std::slice::from_ref(found), "held").await?;
    let hold = Hold {
        id: HoldId::from_raw(engine.next_id()),
        kind: "attendance".to_owned(),
        subject: run.raw(),
        version: 1,
        digest: None,
        school: Some(found.school.school),
        category: Category::Attendance.key().to_owned(),
        reasons: found.far.clone().into_iter().collect(),
        asked_by: UserId::from_raw(0),
        state: "waits".to_owned(),
        made_at: engine.now(),
        decided_by: None,
        decided_at: None,
        note: None,
    };
    schoolbell_store::write::holds::insert(tx, &hold).await?;
    notice::ask(engine, tx, district, &found.school, &hold).await?;
    let detail = json!({ "hold": hold.id, "school": hold.school, "students": found.students().len() });
    tell(engine, tx, &program(), ("hold_absences", &run.to_string()), detail).await?;
    Ok(run)
}

/// Sends what stands of a run as a broadcast of the program, or of whoever released it.
pub(crate) async fn begin(
    engine: &Engine,
    tx: &mut Tx,
    run: AttendanceRunId,
    by: Option<UserId>,
) -> CommandResult<BroadcastId> {
    let by_link = if engine.public_url.is_some() { AnswerBy::Link } else { AnswerBy::Phone };
    begin_with(engine, tx, run, (by, wordings(by_link))).await
}

pub(crate) async fn begin_with(
    engine: &Engine,
    tx: &mut Tx,
    run: AttendanceRunId,
    (by, wordings): (Option<UserId>, Vec<Wording>),
) -> CommandResult<BroadcastId> {
    let now = engine.now();
    let district = get_district(tx).await?;
    let absences = attendance::absences(tx, run).await?;
    let mut people: Vec<PersonId> = absences.keys().copied().collect();
    people.sort_unstable();
    let mut schools: Vec<SchoolId> = absences.values().flatten().map(|absence| absence.school).collect();
    schools.sort_unstable();
    schools.dedup();
    let owner = match schools.as_slice() {
        [school] => Some(*school),
        _ => None,
    };
    let local = now.to_zoned(district.time_zone.clone());
    let draft = Draft {
        title: format!("Absences, {}", local.strftime("%A, %B %-d, %-I:%M %p")),
        category: Some(Category::Attendance),
        audience: Audience { include: vec![AudienceRule::People { people }], except: Vec::new() },
        wordings,
        owner,
        attendance_run: Some(run),
        ..Draft::default()
    };
    let id = BroadcastId::from_raw(engine.next_id());
    let keeping = Keeping { by: by.unwrap_or(UserId::from_raw(0)), at: now };
    broadcasts::insert_draft(tx, id, &draft, keeping).await?;
    let expires_at = district.settings.expires_at(Category::Attendance, now);
    broadcasts::begin_sending(tx, Version { id, version: 1 }, keeping, expires_at).await?;
    write::move_run(tx, run, "sent", Some(id)).await?;
    enqueue(tx, expand_broadcast::job(engine, id)).await?;
    let detail = json!({ "broadcast": id, "students": absences.len(), "schools": schools });
    tell(engine, tx, &program(), ("tell_absences", &run.to_string()), detail).await?;
    Ok(id)
}
