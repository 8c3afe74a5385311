//! How a school's calls present themselves: the office that key 3 reaches, and the number that families see.

use schoolbell_domain::ids::SchoolId;
use schoolbell_domain::permission::{Act, Scope};
use schoolbell_domain::phone::Phone;
use schoolbell_store::read::district::schools;
use schoolbell_store::read::school_calls::SchoolCalls;
use schoolbell_store::write::school_calls;
use serde_json::json;

use super::audit::tell;
use crate::error::{CommandError, CommandResult};
use crate::{Actor, Engine};

/// Keeps a school's numbers, written as people write them; an empty one is taken back.
///
/// The number that families see must be one that the carrier's account may show; no program can know that.
pub async fn present_calls(
    engine: &Engine,
    actor: &Actor,
    school: SchoolId,
    (office, caller_id): (&str, &str),
) -> CommandResult<()> {
    actor.must(Act::SeeSettings, Scope::District)?;
    let chosen = SchoolCalls { office: number("office", office)?, caller_id: number("caller_id", caller_id)? };
    engine
        .db
        .write("present calls", async |tx| {
            if !schools(tx).await?.iter().any(|row| row.id == school) {
                return Err(CommandError::NotFound(school.to_string()));
            }
            school_calls::set(tx, school, &chosen).await?;
            let detail = json!({ "office": chosen.office.is_some(), "caller_id": chosen.caller_id.is_some() });
            tell(engine, tx, actor, ("present_calls", &school.to_string()), detail).await?;
            Ok(())
        })
        .await
}

fn number(field: &str, text: &str) -> CommandResult<Option<String>> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    let read = Phone::parse(text).map_err(|bad| CommandError::bad(field, bad.to_string()))?;
    Ok(Some(read.phone.expose().to_owned()))
}
