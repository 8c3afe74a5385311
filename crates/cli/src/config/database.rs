//! `[database]`: where everything is kept.

use std::path::{Path, PathBuf};

use schoolbell_store::Synchronous;
use serde::Deserialize;

/// SQLite beside the config when the section is absent.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DatabaseSection {
    pub url: DatabaseUrl,
    pub synchronous: SynchronousWord,
}

impl Default for DatabaseSection {
    fn default() -> Self {
        Self { url: DatabaseUrl("sqlite:data/schoolbell.db".to_owned()), synchronous: SynchronousWord::Full }
    }
}

/// `sqlite:PATH` or `postgres://…`. Its `Debug` hides it: it may hold a password.
#[derive(Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct DatabaseUrl(String);

impl std::fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.starts_with("sqlite:") { &self.0 } else { "postgres://…" })
    }
}

impl TryFrom<String> for DatabaseUrl {
    type Error = String;

    fn try_from(url: String) -> Result<Self, String> {
        let known = ["sqlite:", "postgres://", "postgresql://"].iter().any(|start| url.starts_with(start));
        if known {
            Ok(Self(url))
        } else {
            // The value itself stays out of the message: it may hold a password.
            Err("a database that is neither; write \"sqlite:data/schoolbell.db\" or \"postgres://user@host/name\""
                .to_owned())
        }
    }
}

impl DatabaseUrl {
    /// What the store opens: the path of a SQLite file is taken from the folder of the config.
    pub fn from(&self, folder: &Path) -> String {
        match self.file(folder) {
            Some(file) => format!("sqlite:{}", file.display()),
            None => self.0.clone(),
        }
    }

    /// The file, for SQLite.
    pub fn file(&self, folder: &Path) -> Option<PathBuf> {
        self.0.strip_prefix("sqlite:").map(|path| folder.join(path))
    }
}

/// How far SQLite waits for the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SynchronousWord {
    Normal,
    Full,
}

impl From<SynchronousWord> for Synchronous {
    fn from(word: SynchronousWord) -> Self {
        match word {
            SynchronousWord::Normal => Self::Normal,
            SynchronousWord::Full => Self::Full,
        }
    }
}
