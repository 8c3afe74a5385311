//! Coarse background work, one file each. [`KINDS`] is the registry, `runner` claims and runs.
//!
//! A job is a row of the transaction that it follows from. It may run twice (a crash, a lost lease), so each is written
//! such that the second run changes nothing.

pub mod cancel_stopped;
pub(crate) mod close_surveys;
pub(crate) mod escalate_absences;
pub mod expand_broadcast;
pub mod invite_numbers;
pub(crate) mod release_held;
pub(crate) mod remind_survey;
pub(crate) mod runner;
pub mod send_family_code;
pub mod send_scheduled;
pub(crate) mod take_back_absences;
pub(crate) mod tell_absences;

use futures::future::BoxFuture;
use schoolbell_domain::ids::{BadId, BroadcastId};
use schoolbell_store::StoreError;

use crate::{CommandError, Engine};

/// Why a job did not get done. Nothing is tried again by default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobError {
    /// Trying later can succeed; why, for the operator.
    Retry(String),
    /// It never will; why, for the operator.
    Fail(String),
}

pub type JobResult = Result<(), JobError>;

/// One kind of job.
pub struct JobKind {
    /// The word in the `kind` column.
    pub kind: &'static str,
    /// Runs it; the text is the payload.
    pub run: fn(Engine, String) -> BoxFuture<'static, JobResult>,
}

/// Every kind there is. A job of another kind fails with a sentence that says so.
pub const KINDS: &[JobKind] = &[
    JobKind {
        kind: expand_broadcast::KIND,
        run: |engine, payload| Box::pin(async move { Ok(expand_broadcast::expand(&engine, id(&payload)?).await?) }),
    },
    JobKind {
        kind: cancel_stopped::KIND,
        run: |engine, payload| {
            Box::pin(async move { Ok(cancel_stopped::cancel(&engine, id(&payload)?).await.map(drop)?) })
        },
    },
    JobKind {
        kind: send_scheduled::KIND,
        run: |engine, payload| Box::pin(async move { Ok(send_scheduled::send(&engine, id(&payload)?).await?) }),
    },
    JobKind {
        kind: send_family_code::KIND,
        run: |engine, payload| Box::pin(async move { Ok(send_family_code::send(&engine, &payload).await?) }),
    },
    JobKind {
        kind: invite_numbers::KIND,
        run: |engine, _payload| Box::pin(async move { invite_numbers::run(&engine).await }),
    },
    JobKind {
        kind: tell_absences::KIND,
        run: |engine, _payload| Box::pin(async move { Ok(tell_absences::run(&engine).await.map(drop)?) }),
    },
    JobKind {
        kind: tell_absences::FILE_KIND,
        run: |engine, _payload| Box::pin(async move { Ok(tell_absences::run(&engine).await.map(drop)?) }),
    },
    JobKind {
        kind: take_back_absences::KIND,
        run: |engine, payload| Box::pin(async move { take_back_absences::run(&engine, id(&payload)?).await }),
    },
    JobKind {
        kind: escalate_absences::KIND,
        run: |engine, payload| Box::pin(async move { escalate_absences::run(&engine, &payload).await }),
    },
    JobKind {
        kind: remind_survey::KIND,
        run: |engine, payload| Box::pin(async move { remind_survey::run(&engine, &payload).await }),
    },
    JobKind {
        kind: close_surveys::KIND,
        run: |engine, _payload| Box::pin(async move { Ok(close_surveys::run(&engine).await?) }),
    },
    JobKind {
        kind: release_held::KIND,
        run: |engine, _payload| Box::pin(async move { Ok(release_held::run(&engine).await.map(drop)?) }),
    },
];

/// The kinds that go on in a restored copy before a person has decided: they send nothing by themselves, and inviting
/// waits on its own. Every other kind is held.
pub(crate) const RUN_WHILE_HELD: &[&str] =
    &[cancel_stopped::KIND, close_surveys::KIND, invite_numbers::KIND, release_held::KIND];

/// The id that a payload is.
fn id(payload: &str) -> Result<BroadcastId, JobError> {
    payload.parse().map_err(|error: BadId| JobError::Fail(error.to_string()))
}

impl From<CommandError> for JobError {
    fn from(error: CommandError) -> Self {
        match error {
            CommandError::Fault(error) => error.into(),
            CommandError::BadInput(_) | CommandError::Refused { .. } | CommandError::NotFound(_) => {
                Self::Fail(error.to_string())
            }
        }
    }
}

impl From<StoreError> for JobError {
    fn from(error: StoreError) -> Self {
        if error.is_temporary() { Self::Retry(error.to_string()) } else { Self::Fail(error.to_string()) }
    }
}
