//! Changes the district's name, zone and settings.

use schoolbell_domain::permission::{Act, Scope};
use schoolbell_domain::settings::DistrictSettings;
use schoolbell_store::write::district;
use serde_json::json;

use super::audit::tell;
use super::set_up_district::check;
use crate::error::{CommandError, CommandResult};
use crate::{Actor, Engine};

/// Replaces name, zone and settings; a broadcast that already runs keeps those it began with.
pub async fn change_settings(
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
        .write("change settings", async |tx| {
            if !district::update_district(tx, name.trim(), zone, settings).await? {
                return Err(CommandError::NotFound("district".to_owned()));
            }
            tell(
                engine,
                tx,
                actor,
                ("change_settings", "district"),
                json!({ "name": name, "zone": zone, "settings": settings }),
            )
            .await?;
            Ok(())
        })
        .await
}
