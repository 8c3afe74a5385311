//! Drops an import that the guard stopped.

use schoolbell_domain::ids::ImportId;
use schoolbell_domain::permission::{Act, Scope};
use schoolbell_store::read::imports::{ImportState, lookup_import};
use schoolbell_store::write::imports::{Moved, move_import};
use serde_json::json;

use super::audit::tell;
use crate::error::{CommandError, CommandResult};
use crate::roster::ImportSummary;
use crate::{Actor, Engine};

/// The roster stays as it is; an uploaded file is removed.
pub async fn discard_import(engine: &Engine, actor: &Actor, id: ImportId) -> CommandResult<()> {
    actor.must(Act::ImportRoster, Scope::District)?;
    let mut reads = engine.db.read().await?;
    let row = lookup_import(&mut reads, id).await?.ok_or_else(|| CommandError::NotFound(id.to_string()))?;
    drop(reads);
    engine
        .db
        .write("discard import", async |tx| {
            let moved = Moved {
                id,
                from: ImportState::Held,
                to: ImportState::Discarded,
                format: &row.format,
                digest: &row.digest,
                summary: &row.summary,
                reason: None,
                finished_at: Some(engine.now()),
            };
            if !move_import(tx, moved).await? {
                return Err(CommandError::refused("A17", "this import is not held; look at the list of imports"));
            }
            tell(engine, tx, actor, ("discard_import", &id.to_string()), json!({})).await?;
            Ok(())
        })
        .await?;
    if let Some(summary) = ImportSummary::from_json(&row.summary) {
        summary.source.clear();
    }
    engine.live.tell(crate::live::LiveEvent::Import(id));
    Ok(())
}
