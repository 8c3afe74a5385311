//! Some days have passed since a survey was asked: whoever has not answered is reminded.

use jiff::{SignedDuration, Timestamp};
use schoolbell_domain::ids::{JobId, SurveyId};
use schoolbell_store::write::jobs::NewJob;

use super::{JobError, JobResult};
use crate::Engine;
use crate::survey::remind::remind;

pub const KIND: &str = "remind_survey";

pub(crate) fn job(engine: &Engine, survey: SurveyId, days: u8, asked_at: Timestamp) -> NewJob {
    let payload = format!("{survey} {days}");
    NewJob {
        id: JobId::from_raw(engine.next_id()),
        kind: KIND,
        unique_key: Some(format!("{KIND} {payload}")),
        payload,
        run_at: asked_at + SignedDuration::from_hours(i64::from(days) * 24),
    }
}

pub(super) async fn run(engine: &Engine, payload: &str) -> JobResult {
    let damaged = || JobError::Fail(format!("`{payload}` is no reminder of a survey"));
    let (survey, days) = payload.split_once(' ').ok_or_else(damaged)?;
    let survey: SurveyId = survey.parse().map_err(|_| damaged())?;
    remind(engine, survey, days.parse().map_err(|_| damaged())?).await?;
    Ok(())
}
