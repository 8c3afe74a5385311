//! Where a roster lies, and how it is opened: a folder, a zip, or one file.

use std::fs::{self, File};
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use schoolbell_domain::roster::guard::Thresholds;
use schoolbell_formats::district_csv::{self, ColumnMap};
use schoolbell_formats::roster::{self, FileSet, Format, ReadOptions, ReadProgress, ReadRoster, RosterError, ZipFiles};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Where the files are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// The operator's own file or folder: read, never removed.
    Path(PathBuf),
    /// What somebody uploaded, kept in our data folder; removed once the import has ended. `name` is what they call it.
    Upload { path: PathBuf, name: String },
}

impl Source {
    pub fn path(&self) -> &Path {
        match self {
            Self::Path(path) | Self::Upload { path, .. } => path,
        }
    }

    /// What people call it.
    pub fn name(&self) -> String {
        match self {
            Self::Path(path) => path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned()),
            Self::Upload { name, .. } => name.clone(),
        }
    }

    /// Removes an upload. One that is gone already is no fault.
    pub(crate) fn clear(&self) {
        if let Self::Upload { path, .. } = self
            && let Err(error) = fs::remove_file(path)
        {
            tracing::debug!(%error, "an uploaded roster could not be removed");
        }
    }
}

/// What is asked of an import.
#[derive(Debug, Clone)]
pub struct ImportRequest {
    pub source: Source,
    /// `None` finds out.
    pub format: Option<Format>,
    /// Reads and compares, and writes nothing.
    pub dry_run: bool,
    /// Why the guard may be overruled.
    pub accept: Option<String>,
    /// Any error in the files refuses them all.
    pub strict: bool,
    /// The district's own column names of a flat export.
    pub columns: ColumnMap,
    pub thresholds: Thresholds,
}

impl ImportRequest {
    /// An ordinary import of a file or folder.
    pub fn of(source: Source) -> Self {
        Self {
            source,
            format: None,
            dry_run: false,
            accept: None,
            strict: false,
            columns: ColumnMap::default(),
            thresholds: Thresholds::default(),
        }
    }
}

/// Reads the files. Blocks: run it where blocking is allowed.
pub(crate) fn read(
    path: &Path,
    options: &ReadOptions,
    tick: &mut dyn FnMut(ReadProgress),
) -> Result<(ReadRoster, String), RosterError> {
    let digest = digest(path)?;
    let kind = fs::metadata(path).map_err(|error| unreadable(path, &error))?;
    let read = if kind.is_dir() {
        roster::read(&mut Folder::of(path)?, options, tick)?
    } else if is_zip(path)? {
        let file = File::open(path).map_err(|error| unreadable(path, &error))?;
        roster::read(&mut ZipFiles::open(BufReader::new(file))?, options, tick)?
    } else {
        roster::read(&mut Folder::only(path)?, options, tick)?
    };
    Ok((read, digest))
}

/// SHA-256 over names and contents: the same files have the same digest.
pub(crate) fn digest(path: &Path) -> Result<String, RosterError> {
    let mut hasher = Sha256::new();
    let kind = fs::metadata(path).map_err(|error| unreadable(path, &error))?;
    let set = if kind.is_dir() { Folder::of(path)? } else { Folder::only(path)? };
    for (name, file, _) in &set.files {
        hasher.update(name.as_bytes());
        let mut reader = File::open(file).map_err(|error| unreadable(file, &error))?;
        let mut buffer = vec![0_u8; 1 << 16];
        loop {
            let taken = reader.read(&mut buffer).map_err(|error| unreadable(file, &error))?;
            if taken == 0 {
                break;
            }
            hasher.update(&buffer[..taken]);
        }
    }
    Ok(format!("{:x}", hasher.finalize()))
}

/// A zip begins with `PK`, whatever its name is.
fn is_zip(path: &Path) -> Result<bool, RosterError> {
    let mut start = [0_u8; 2];
    let mut file = File::open(path).map_err(|error| unreadable(path, &error))?;
    let taken = file.read(&mut start).map_err(|error| unreadable(path, &error))?;
    Ok(taken == 2 && start == *b"PK")
}

/// Tables of a folder, or one file alone.
struct Folder {
    files: Vec<(String, PathBuf, u64)>,
}

impl Folder {
    fn of(path: &Path) -> Result<Self, RosterError> {
        let mut files = Vec::new();
        for entry in fs::read_dir(path).map_err(|error| unreadable(path, &error))? {
            let entry = entry.map_err(|error| unreadable(path, &error))?;
            let meta = fs::metadata(entry.path()).map_err(|error| unreadable(&entry.path(), &error))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if meta.is_file() && district_csv::is_table(&name) {
                files.push((name, entry.path(), meta.len()));
            }
        }
        files.sort();
        Ok(Self { files })
    }

    fn only(path: &Path) -> Result<Self, RosterError> {
        let size = fs::metadata(path).map_err(|error| unreadable(path, &error))?.len();
        let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        Ok(Self { files: vec![(name, path.to_owned(), size)] })
    }
}

impl FileSet for Folder {
    fn list(&self) -> Vec<(String, u64)> {
        self.files.iter().map(|(name, _, size)| (name.clone(), *size)).collect()
    }

    fn open(&mut self, name: &str) -> Result<Box<dyn Read + '_>, RosterError> {
        let found = self.files.iter().find(|(known, _, _)| known == name);
        let (_, path, _) = found.ok_or_else(|| RosterError::MissingFile { file: name.to_owned() })?;
        Ok(Box::new(File::open(path).map_err(|error| unreadable(path, &error))?))
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> RosterError {
    RosterError::Io { file: path.display().to_string(), reason: error.to_string() }
}
