//! The bundled sample district, as a OneRoster zip that goes through the real importer.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use schoolbell_engine::commands::import_roster::import_roster;
use schoolbell_engine::roster::{ImportRequest, Outcome, Source};
use schoolbell_engine::{Actor, Engine};

/// Made by `examples/make_sample`; everybody in it is invented.
const ZIP: &[u8] = include_bytes!("../sample/willow-creek.zip");
pub const ZIP_NAME: &str = "willow-creek.zip";

/// Puts the zip into the folder, where a registrar of the demo finds it too.
pub fn write_zip(folder: &Path) -> anyhow::Result<PathBuf> {
    let file = folder.join(ZIP_NAME);
    std::fs::write(&file, ZIP).with_context(|| format!("{} cannot be written", file.display()))?;
    Ok(file)
}

/// Reads the zip as any district's roster; answers what it brought.
pub async fn import(engine: &Engine, zip: &Path) -> anyhow::Result<String> {
    let request = ImportRequest::of(Source::Path(zip.to_path_buf()));
    let report = import_roster(engine, &Actor::command_line(), request).await?;
    if report.outcome != Outcome::Applied {
        bail!("the sample district was not taken ({:?}); start again with --fresh", report.outcome);
    }
    let counts = &report.summary.counts;
    Ok(format!(
        "loaded {} rows: {} schools, {} students, {} guardians, {} staff; {} issues",
        report.summary.rows,
        counts.schools.added,
        counts.students.added,
        counts.guardians.added,
        counts.staff.added,
        report.issues.len(),
    ))
}
