//! Some minutes have passed since a run: who has not answered is asked once more, or becomes the office's.

use schoolbell_domain::ids::{AttendanceRunId, JobId};
use schoolbell_store::write::jobs::NewJob;

use super::{JobError, JobResult};
use crate::attendance::escalate::{Step, escalate};
use crate::{Engine, Queue};

pub const KIND: &str = "escalate_absences";

pub(crate) fn job(engine: &Engine, run: AttendanceRunId, step: &Step) -> NewJob {
    let payload = format!("{run} {}", step.payload());
    NewJob {
        id: JobId::from_raw(engine.next_id()),
        kind: KIND,
        unique_key: Some(format!("{KIND} {payload}")),
        payload,
        run_at: engine.now() + step.after(),
    }
}

pub(super) async fn run(engine: &Engine, payload: &str) -> JobResult {
    let damaged = || JobError::Fail(format!("`{payload}` is no step of an escalation"));
    let (run, step) = payload.split_once(' ').ok_or_else(damaged)?;
    let run: AttendanceRunId = run.parse().map_err(|_| damaged())?;
    let step = Step::of_payload(step).ok_or_else(damaged)?;
    escalate(engine, run, &step).await?;
    engine.wake.now(Queue::Jobs);
    Ok(())
}
