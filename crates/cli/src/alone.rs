//! A SQLite file is served by one program: the second one is refused before it touches anything.

use std::fs::{File, TryLockError};
use std::path::Path;

use anyhow::Context;

/// The lock beside the database. The system lets it go when the program ends, however it ends.
#[derive(Debug)]
pub struct Alone {
    _lock: File,
}

/// Locks `FILE-serving`; the folder is made if it is absent.
pub fn hold(database: &Path) -> anyhow::Result<Alone> {
    if let Some(folder) = database.parent() {
        crate::house::make_folder(folder)?;
    }
    let mut name = database.as_os_str().to_owned();
    name.push("-serving");
    let file = File::options().create(true).append(true).open(&name);
    let lock = file.with_context(|| format!("{} cannot be written", Path::new(&name).display()))?;
    match lock.try_lock() {
        Ok(()) => Ok(Alone { _lock: lock }),
        Err(TryLockError::WouldBlock) => anyhow::bail!(
            "another schoolbell serves {} already; stop it first, or move the district to PostgreSQL, which several \
             can share",
            database.display()
        ),
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("{} cannot be locked", Path::new(&name).display()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_program_on_the_same_sqlite_file_is_refused_until_the_first_ends() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("data/schoolbell.db");
        let first = hold(&file).unwrap();
        let said = hold(&file).unwrap_err().to_string();
        assert!(said.starts_with("another schoolbell serves ") && said.contains("stop it first"), "{said}");
        drop(first);
        hold(&file).unwrap();
    }
}
