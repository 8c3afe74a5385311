//! The files of a roster, wherever they lie: a zip, memory, or a folder that the engine opens.

use std::io::{Cursor, Read, Seek};

use zip::ZipArchive;

use super::RosterError;

/// Named files that can be read one after the other.
pub trait FileSet {
    /// Names with their sizes in bytes, as the source spells them, folders included.
    fn list(&self) -> Vec<(String, u64)>;
    fn open(&mut self, name: &str) -> Result<Box<dyn Read + '_>, RosterError>;
}

/// Finds a file by its last name, whatever its case: `export/Users.CSV` is `users.csv`.
pub fn find(files: &dyn FileSet, wanted: &str) -> Option<String> {
    files.list().into_iter().map(|(name, _)| name).find(|name| base(name).eq_ignore_ascii_case(wanted))
}

/// The last part of a path. What a Mac adds to a zip is nobody's roster.
pub fn base(name: &str) -> &str {
    if name.starts_with("__MACOSX") {
        return "";
    }
    name.rsplit(['/', '\\']).next().unwrap_or(name)
}

/// A zip, read in place.
pub struct ZipFiles<R> {
    archive: ZipArchive<R>,
    names: Vec<(String, u64)>,
}

impl<R: Read + Seek> ZipFiles<R> {
    /// A zip that was cut off has lost its directory, which stands at the end: it does not open.
    pub fn open(reader: R) -> Result<Self, RosterError> {
        let broken = |error: zip::result::ZipError| RosterError::Zip(error.to_string());
        let mut archive = ZipArchive::new(reader).map_err(broken)?;
        let mut names = Vec::new();
        for at in 0..archive.len() {
            let entry = archive.by_index(at).map_err(broken)?;
            let name = entry.name().map_err(broken)?.into_owned();
            names.push((name, entry.size()));
        }
        Ok(Self { archive, names })
    }
}

impl<R: Read + Seek> FileSet for ZipFiles<R> {
    fn list(&self) -> Vec<(String, u64)> {
        self.names.clone()
    }

    fn open(&mut self, name: &str) -> Result<Box<dyn Read + '_>, RosterError> {
        let entry = self.archive.by_name(name).map_err(|error| RosterError::Zip(error.to_string()))?;
        Ok(Box::new(entry))
    }
}

/// Files that are already in memory.
#[derive(Debug, Clone, Default)]
pub struct MemoryFiles(pub Vec<(String, Vec<u8>)>);

impl FileSet for MemoryFiles {
    fn list(&self) -> Vec<(String, u64)> {
        self.0.iter().map(|(name, bytes)| (name.clone(), bytes.len() as u64)).collect()
    }

    fn open(&mut self, name: &str) -> Result<Box<dyn Read + '_>, RosterError> {
        let found = self.0.iter().find(|(known, _)| known == name);
        let bytes = found.map(|(_, bytes)| bytes.as_slice());
        let bytes = bytes.ok_or_else(|| RosterError::MissingFile { file: name.to_owned() })?;
        Ok(Box::new(Cursor::new(bytes)))
    }
}
