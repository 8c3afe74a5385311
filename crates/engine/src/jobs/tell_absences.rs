//! The time of a school's absences has come, or a file has.
//!
//! Two kinds, so that the job of a file never takes the place of the one that waits for the next time.

use jiff::Timestamp;
use schoolbell_domain::ids::JobId;
use schoolbell_store::write::jobs::NewJob;

use crate::Engine;
use crate::attendance::run::{Told, tell_due};
use crate::error::CommandResult;

pub const KIND: &str = "tell_absences";
pub const FILE_KIND: &str = "tell_absences_of_file";

pub(crate) fn job(engine: &Engine, at: Timestamp) -> NewJob {
    named(engine, KIND, at)
}

pub(crate) fn job_of_file(engine: &Engine) -> NewJob {
    named(engine, FILE_KIND, engine.now())
}

fn named(engine: &Engine, kind: &'static str, run_at: Timestamp) -> NewJob {
    NewJob {
        id: JobId::from_raw(engine.next_id()),
        kind,
        payload: String::new(),
        unique_key: Some(kind.to_owned()),
        run_at,
    }
}

pub(crate) async fn run(engine: &Engine) -> CommandResult<Told> {
    tell_due(engine).await
}
