//! An absence that nobody explains: the family is asked once more, the second contact too, then it is the office's.

use jiff::SignedDuration;
use schoolbell_domain::attendance::words::{AnswerBy, reminder};
use schoolbell_domain::attendance::{Mark, Status};
use schoolbell_domain::ids::{AttendanceRunId, PersonId, SchoolId};
use schoolbell_store::read::attendance::{self, RunLine, SchoolDay};
use schoolbell_store::write::absences;
use schoolbell_store::write::attendance::{NewRun, insert_run};
use schoolbell_store::write::jobs::enqueue;
use schoolbell_store::{StoreResult, Tx};

use super::run::{begin_with, explained};
use crate::Engine;
use crate::error::CommandResult;
use crate::jobs::escalate_absences;
use crate::live::LiveEvent;

/// What happens at one school so many minutes after a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    pub kind: Kind,
    pub school: SchoolId,
    pub minutes: u16,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Everybody of the school is asked once more.
    Remind,
    /// The families of the youngest are, sooner.
    Second,
    /// It stands first on the office's list.
    Office,
    /// The same, of the youngest, sooner.
    YoungOffice,
}

impl Kind {
    const ALL: [Self; 4] = [Self::Remind, Self::Second, Self::Office, Self::YoungOffice];

    const fn word(self) -> &'static str {
        match self {
            Self::Remind => "remind",
            Self::Second => "second",
            Self::Office => "office",
            Self::YoungOffice => "young_office",
        }
    }

    /// The step that the absence then has reached.
    const fn reached(self) -> &'static str {
        match self {
            Self::Remind => "reminded",
            Self::Second => "second",
            Self::Office | Self::YoungOffice => "office",
        }
    }

    const fn is_of_the_young(self) -> bool {
        matches!(self, Self::Second | Self::YoungOffice)
    }

    const fn writes(self) -> bool {
        matches!(self, Self::Remind | Self::Second)
    }
}

impl Step {
    pub fn after(&self) -> SignedDuration {
        SignedDuration::from_mins(i64::from(self.minutes))
    }

    /// `remind sch_… 30`.
    pub fn payload(&self) -> String {
        format!("{} {} {}", self.kind.word(), self.school, self.minutes)
    }

    pub fn of_payload(text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        let kind = words.next()?;
        let kind = Kind::ALL.into_iter().find(|known| known.word() == kind)?;
        Some(Self { kind, school: words.next()?.parse().ok()?, minutes: words.next()?.parse().ok()? })
    }
}

/// A job for each step that the school's rule names.
pub(crate) async fn enqueue_steps(
    engine: &Engine,
    tx: &mut Tx,
    run: AttendanceRunId,
    school: &SchoolDay,
) -> StoreResult<()> {
    let rule = &school.rule;
    let young = rule.safe_arrival.as_ref();
    let steps = [
        (Kind::Remind, rule.remind_after_min),
        (Kind::Office, rule.office_after_min),
        (Kind::Second, young.map(|young| young.second_after_min)),
        (Kind::YoungOffice, young.map(|young| young.office_after_min)),
    ];
    for (kind, minutes) in steps {
        if let Some(minutes) = minutes {
            let step = Step { kind, school: school.school, minutes };
            enqueue(tx, escalate_absences::job(engine, run, &step)).await?;
        }
    }
    Ok(())
}

/// Takes a step for those of the run whom nobody has explained. Run twice, the second finds them at the step already.
pub(crate) async fn escalate(engine: &Engine, run: AttendanceRunId, step: &Step) -> CommandResult<()> {
    let broadcast = engine
        .db
        .write("escalate absences", async |tx| {
            let lines = open(tx, run, step).await?;
            if lines.is_empty() {
                return Ok(None);
            }
            let mut absences: Vec<_> = lines.iter().map(|line| (line.student, line.day)).collect();
            absences.dedup();
            absences::escalate(tx, &absences, step.kind.reached(), engine.now()).await?;
            if !step.kind.writes() {
                return Ok(None);
            }
            let id = AttendanceRunId::from_raw(engine.next_id());
            let marks: Vec<(SchoolId, Mark)> = lines.into_iter().map(|line| (line.school, mark(line))).collect();
            let marks: Vec<(SchoolId, &Mark)> = marks.iter().map(|(school, mark)| (*school, mark)).collect();
            insert_run(tx, NewRun { id, kind: "reminder", state: "sent", at: engine.now() }, &[], &marks).await?;
            let by = if engine.public_url.is_some() { AnswerBy::Link } else { AnswerBy::Phone };
            begin_with(engine, tx, id, (None, reminder(by))).await.map(Some)
        })
        .await?;
    match broadcast {
        Some(broadcast) => engine.live.tell(LiveEvent::Broadcast(broadcast)),
        None => engine.live.tell(LiveEvent::Inbound),
    }
    Ok(())
}

/// What stands of the run at the school and nobody has explained, without those who are at the step already.
async fn open(tx: &mut Tx, run: AttendanceRunId, step: &Step) -> StoreResult<Vec<RunLine>> {
    let lines = attendance::lines(tx, run).await?;
    let lines: Vec<RunLine> = lines.into_iter().filter(|line| !line.taken_back && line.school == step.school).collect();
    let Some(day) = lines.first().map(|line| line.day) else { return Ok(Vec::new()) };
    let students: Vec<PersonId> = lines.iter().map(|line| line.student).collect();
    let explained = explained(tx, day, &students).await?;
    let reached = schoolbell_store::read::absences::reached(tx, day, step.kind.reached()).await?;
    let young = young(tx, step, &students).await?;
    let stays = |line: &RunLine| {
        !explained.contains(&line.student)
            && !reached.contains(&line.student)
            && (!step.kind.is_of_the_young() || young.contains(&line.student))
    };
    Ok(lines.into_iter().filter(stays).collect())
}

/// Of these students those in the grades of the school's safe-arrival rule.
async fn young(tx: &mut Tx, step: &Step, students: &[PersonId]) -> StoreResult<Vec<PersonId>> {
    let schools = attendance::schools(tx).await?;
    let school = schools.into_iter().find(|school| school.school == step.school);
    let Some(rule) = school.and_then(|school| school.rule.safe_arrival) else { return Ok(Vec::new()) };
    let grades = schoolbell_store::read::absences::grades(tx, students).await?;
    Ok(grades.into_iter().filter(|(_, grade)| rule.grades.contains(grade)).map(|(student, _)| student).collect())
}

fn mark(line: RunLine) -> Mark {
    Mark { student: line.student, day: line.day, period: line.period, status: Status::Unexcused, code: String::new() }
}
