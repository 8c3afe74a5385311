//! Is there room for what is to come?

use std::path::{Path, PathBuf};

use super::Finding;
use crate::config::Config;

const WHAT: &str = "disk";
const MIB: u64 = 1024 * 1024;
/// Below this a district-wide broadcast may not find room for its rows.
const LEAST: u64 = 256 * MIB;
/// A year of a middling district.
const ENOUGH: u64 = 2048 * MIB;

/// Looks at the file system of the database's file, or of the uploads where the database is elsewhere.
pub fn look(config: &Config) -> Finding {
    let file = config.database.url.file(&config.folder);
    let folder = existing(file.unwrap_or_else(|| config.path(&config.web.upload_folder)));
    match free(&folder) {
        Ok(bytes) => judge(bytes, &folder),
        Err(error) => Finding::broken(
            WHAT,
            format!("{} cannot be looked at: {error}", folder.display()),
            "make the folder and give it to the user that Schoolbell runs as",
        ),
    }
}

/// The nearest folder that is there: the data folder itself may not be made yet.
fn existing(mut path: PathBuf) -> PathBuf {
    while !path.is_dir() {
        match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => path = parent.to_path_buf(),
            _ => return PathBuf::from("."),
        }
    }
    path
}

fn free(folder: &Path) -> Result<u64, rustix::io::Errno> {
    let stat = rustix::fs::statvfs(folder)?;
    Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
}

fn judge(bytes: u64, folder: &Path) -> Finding {
    let said = format!("{} MiB are free under {}", bytes / MIB, folder.display());
    if bytes < LEAST {
        Finding::broken(WHAT, said, "free at least 256 MiB, or move the data folder to a larger disk")
    } else if bytes < ENOUGH {
        Finding::watch(WHAT, said, "free at least 2 GiB: that is about a year of a middling district")
    } else {
        Finding::well(WHAT, said)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_broken_and_a_nearly_full_one_is_watched() {
        let folder = Path::new("/srv/bell");
        assert!(matches!(judge(255 * MIB, folder), Finding::Broken { .. }));
        assert!(matches!(judge(2047 * MIB, folder), Finding::Watch { .. }));
        assert!(matches!(judge(2048 * MIB, folder), Finding::Well { .. }));
    }

    #[test]
    fn a_folder_that_is_not_made_yet_is_judged_by_where_it_will_stand() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(existing(folder.path().join("data/schoolbell.db")), folder.path());
        assert!(free(folder.path()).unwrap() > 0);
    }
}
