//! A deadline has passed: the survey closes, and forgets what tied its answers to seats.

use jiff::Timestamp;
use schoolbell_domain::ids::JobId;
use schoolbell_store::StoreError;
use schoolbell_store::read::surveys;
use schoolbell_store::write::jobs::NewJob;
use schoolbell_store::write::surveys as write;
use serde_json::json;

use crate::Engine;
use crate::attendance::run::program;
use crate::commands::audit::tell;
use crate::error::CommandResult;

pub const KIND: &str = "close_surveys";

pub(crate) fn job(engine: &Engine, deadline: Timestamp) -> NewJob {
    NewJob {
        id: JobId::from_raw(engine.next_id()),
        kind: KIND,
        payload: String::new(),
        unique_key: Some(format!("{KIND} {}", deadline.as_millisecond())),
        run_at: deadline,
    }
}

pub(crate) async fn run(engine: &Engine) -> CommandResult<()> {
    let now = engine.now();
    engine
        .db
        .write("close surveys", async |tx| {
            for survey in surveys::due(tx, now).await? {
                if write::close(tx, survey, now).await? {
                    tell(engine, tx, &program(), ("close_survey", &survey.to_string()), json!({})).await?;
                }
            }
            Ok::<_, StoreError>(())
        })
        .await?;
    Ok(())
}
