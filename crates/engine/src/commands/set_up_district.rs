//! Names the district, once.

use jiff::tz::TimeZone;
use schoolbell_domain::permission::{Act, Scope};
use schoolbell_domain::settings::DistrictSettings;
use schoolbell_store::write::district;
use serde_json::json;

use super::audit::tell;
use crate::error::{CommandError, CommandResult, Problem};
use crate::{Actor, Engine};

/// Writes the district's name, zone (`America/Chicago`) and settings. A second time is refused.
pub async fn set_up_district(
    engine: &Engine,
    actor: &Actor,
    name: &str,
    zone: &str,
    settings: &DistrictSettings,
) -> CommandResult<()> {
    actor.must(Act::SeeSettings, Scope::District)?;
    check(name, zone, settings)?;
    engine
        .db
        .write("set up district", async |tx| {
            if !district::insert_district(tx, name.trim(), zone, settings, engine.now()).await? {
                return Err(CommandError::refused(
                    "one district",
                    "the district is set up already; change it in Settings",
                ));
            }
            tell(engine, tx, actor, ("set_up_district", "district"), json!({ "zone": zone })).await?;
            Ok(())
        })
        .await
}

/// Refuses what no district can be called or kept by: every problem, in the order of the form.
pub(super) fn check(name: &str, zone: &str, settings: &DistrictSettings) -> CommandResult<()> {
    let mut problems = Vec::new();
    let mut problem = |field: &str, message: String| problems.push(Problem { field: field.to_owned(), message });
    if name.trim().is_empty() {
        problem("name", "write the district's name, as families know it".to_owned());
    }
    if TimeZone::get(zone).is_err() {
        problem("time_zone", format!("`{zone}` is not a time zone; write for example America/Chicago"));
    }
    for (field, message) in settings.problems() {
        problem(field, message);
    }
    if problems.is_empty() { Ok(()) } else { Err(CommandError::BadInput(problems)) }
}
