//! Attendance files in a watched folder: each is read once it stands still, then moved to `done` or `failed` beside it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use schoolbell_engine::commands::import_attendance::{AttendanceFile, import_attendance};
use schoolbell_engine::{Actor, Engine};
use schoolbell_formats::attendance::AttendanceColumns;
use tokio_util::sync::CancellationToken;

const POLL: Duration = Duration::from_secs(2);

/// Watches until `stop`. A file whose size changed since the last look is still being written.
pub async fn watch(engine: Engine, folder: PathBuf, stop: CancellationToken) {
    let mut sizes = HashMap::new();
    while stop.run_until_cancelled(tokio::time::sleep(POLL)).await.is_some() {
        match still(&folder, &mut sizes) {
            Ok(files) => {
                for file in files {
                    take(&engine, &folder, &file).await;
                }
            }
            Err(error) => tracing::warn!(%error, "the attendance folder cannot be read"),
        }
    }
}

/// The CSV files that have had this size since the last look, by name.
fn still(folder: &Path, sizes: &mut HashMap<PathBuf, u64>) -> std::io::Result<Vec<PathBuf>> {
    let mut seen = HashMap::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let (path, meta) = (entry.path(), entry.metadata()?);
        let is_table = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"));
        if meta.is_file() && is_table {
            seen.insert(path, meta.len());
        }
    }
    let mut files: Vec<PathBuf> =
        seen.iter().filter(|(path, size)| sizes.get(*path) == Some(size)).map(|(path, _)| path.clone()).collect();
    files.sort();
    *sizes = seen;
    Ok(files)
}

async fn take(engine: &Engine, folder: &Path, file: &Path) {
    let name = file.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let place = match bring_in(engine, file, &name).await {
        Ok(changed) => {
            tracing::info!(changed, "an attendance file was taken from the folder");
            "done"
        }
        Err(error) => {
            tracing::warn!(%error, "an attendance file was not taken; it lies in `failed`");
            "failed"
        }
    };
    if let Err(error) = put_away(engine, folder, (file, &name), place) {
        tracing::warn!(%error, "an attendance file was read and cannot be moved away; it is read again");
    }
}

async fn bring_in(engine: &Engine, file: &Path, name: &str) -> anyhow::Result<u64> {
    let bytes = tokio::fs::read(file).await?;
    let actor = Actor { name: "attendance folder".to_owned(), ..Actor::command_line() };
    let file = AttendanceFile { name: name.to_owned(), bytes, columns: AttendanceColumns::default() };
    Ok(import_attendance(engine, &actor, file).await?.changed)
}

/// Names repeat every day, so the instant stands in front.
fn put_away(engine: &Engine, folder: &Path, (file, name): (&Path, &str), place: &str) -> std::io::Result<()> {
    let place = folder.join(place);
    std::fs::create_dir_all(&place)?;
    std::fs::rename(file, place.join(format!("{}-{name}", engine.now().as_millisecond())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_still_grows_is_left_alone_and_one_that_stands_still_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("daily.csv");
        std::fs::write(&file, "Student_Number,Att_Code\n1").unwrap();
        std::fs::write(folder.path().join("notes.txt"), "x").unwrap();
        let mut sizes = HashMap::new();
        assert_eq!(still(folder.path(), &mut sizes).unwrap(), Vec::<PathBuf>::new());
        std::fs::write(&file, "Student_Number,Att_Code\n1,UA\n").unwrap();
        assert_eq!(still(folder.path(), &mut sizes).unwrap(), Vec::<PathBuf>::new());
        assert_eq!(still(folder.path(), &mut sizes).unwrap(), [file]);
    }
}
