//! Undoes an import.

use schoolbell_domain::ids::ImportId;
use schoolbell_domain::permission::{Act, Scope};
use schoolbell_store::read::imports::applied_since;
use schoolbell_store::write::imports::mark_rolled_back;
use serde_json::json;

use super::audit::tell;
use crate::error::{CommandError, CommandResult};
use crate::live::LiveEvent;
use crate::roster::undo;
use crate::{Actor, Engine};

/// Puts the roster back as it stood before the import: this one and all that were applied after it are undone, newest
/// first, in one transaction. Returns them in that order.
///
/// Consent and what families chose are not part of a roster and stay.
pub async fn roll_back_import(
    engine: &Engine,
    actor: &Actor,
    id: ImportId,
    reason: &str,
) -> CommandResult<Vec<ImportId>> {
    actor.must(Act::ImportRoster, Scope::District)?;
    let reason = reason.trim();
    if reason.is_empty() {
        return Err(CommandError::bad("reason", "say why; it stands in the audit log"));
    }
    let undone = engine
        .db
        .write("roll back import", async |tx| {
            let imports = applied_since(tx, id).await?;
            if !imports.contains(&id) {
                return Err(CommandError::refused("A17", "only an applied import can be rolled back"));
            }
            undo(tx, &imports).await?;
            for import in &imports {
                mark_rolled_back(tx, *import, engine.now()).await?;
            }
            let detail = json!({ "reason": reason, "undone": imports });
            tell(engine, tx, actor, ("roll_back_import", &id.to_string()), detail).await?;
            Ok(imports)
        })
        .await?;
    for import in &undone {
        engine.live.tell(LiveEvent::Import(*import));
    }
    Ok(undone)
}
