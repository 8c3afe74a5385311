//! The hours in which a family wants messages of the category `General` (A37).

use jiff::civil::Time;
use schoolbell_domain::delivery::window::SendWindow;
use schoolbell_store::read::district::get_district;
use schoolbell_store::read::family_choices::general_hours;
use schoolbell_store::write::family_choices as writes;
use serde_json::json;

use super::audit::tell;
use crate::Engine;
use crate::error::{CommandError, CommandResult};
use crate::family::{Family, actor};

/// What an account may choose, and what it chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hours {
    /// Those of the district: nothing leaves outside them, whatever a family chooses.
    pub district: SendWindow,
    pub chosen: Option<SendWindow>,
}

pub async fn hours(engine: &Engine, family: &Family) -> CommandResult<Hours> {
    let mut reads = engine.db.read().await?;
    let district = get_district(&mut reads).await?.settings.window();
    Ok(Hours { district, chosen: general_hours(&mut reads, &family.circle.guardians).await? })
}

/// Chooses hours for the account's guardians, or `None` for the district's own. They must leave the school two hours.
pub async fn choose_hours(engine: &Engine, family: &Family, chosen: Option<(Time, Time)>) -> CommandResult<()> {
    let district = hours(engine, family).await?.district;
    let chosen = chosen.map(|(opens, closes)| SendWindow { opens, closes });
    if let Some(chosen) = chosen {
        let both = chosen.within(district);
        let long_enough = |both: SendWindow| both.opens.duration_until(both.closes).as_hours() >= 2;
        if !both.is_some_and(long_enough) {
            return Err(CommandError::bad("hours", "choose at least two hours of those in which the school sends"));
        }
    }
    engine
        .db
        .write("choose hours", async |tx| {
            for guardian in &family.circle.guardians {
                writes::set_general_hours(tx, *guardian, chosen, engine.now()).await?;
            }
            let detail = json!({ "own": chosen.is_some() });
            tell(engine, tx, &actor(), ("family_hours", &family.subject()), detail).await?;
            Ok::<_, CommandError>(())
        })
        .await
}
