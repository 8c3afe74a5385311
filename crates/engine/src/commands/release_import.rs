//! Lets an import go on that the guard stopped.

use schoolbell_domain::ids::ImportId;
use schoolbell_domain::permission::{Act, Scope};
use schoolbell_domain::roster::guard::Thresholds;
use schoolbell_formats::district_csv::ColumnMap;
use schoolbell_store::read::imports::lookup_import;
use schoolbell_store::write::imports::reopen_import;

use super::import_roster::{format_named, run};
use crate::error::{CommandError, CommandResult};
use crate::roster::{ImportReport, ImportRequest, ImportSummary, source};
use crate::{Actor, Engine};

/// Reads the held files again and applies them. They must be those that were shown: other files are refused.
///
/// `columns` is the district's column map, as at the import.
pub async fn release_import(
    engine: &Engine,
    actor: &Actor,
    id: ImportId,
    reason: &str,
    columns: ColumnMap,
) -> CommandResult<ImportReport> {
    actor.must(Act::ImportRoster, Scope::District)?;
    let reason = reason.trim();
    if reason.is_empty() {
        return Err(CommandError::bad("reason", "say why these people may leave; it stands in the audit log"));
    }
    let mut reads = engine.db.read().await?;
    let row = lookup_import(&mut reads, id).await?.ok_or_else(|| CommandError::NotFound(id.to_string()))?;
    drop(reads);
    let summary = ImportSummary::from_json(&row.summary).ok_or_else(|| CommandError::NotFound(id.to_string()))?;
    let path = summary.source.path().to_owned();
    let digest = tokio::task::spawn_blocking(move || source::digest(&path)).await;
    let same = matches!(&digest, Ok(Ok(digest)) if *digest == row.digest);
    if !same {
        let sentence = "the files are gone or are not those that were shown; discard this import and import them again";
        return Err(CommandError::refused("A17", sentence));
    }
    if !engine.db.write("release import", async |tx| reopen_import(tx, id, reason).await).await? {
        return Err(CommandError::refused("A17", "this import is not held; look at the list of imports"));
    }
    let request = ImportRequest {
        source: summary.source.clone(),
        format: summary.asked_format.as_deref().map_or(Ok(None), format_named)?,
        dry_run: false,
        accept: Some(reason.to_owned()),
        strict: summary.strict,
        columns,
        thresholds: Thresholds::default(),
    };
    run(engine, actor, id, &request, summary).await
}
