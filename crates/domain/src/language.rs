//! A language of a person or a text, as a lower-case BCP 47 tag: `en`, `es`, `hmn`.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A language tag; `en` where a record names none.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Language(String);

impl Language {
    /// The tag of `text`, lower case, or `en` if it is empty.
    pub fn of(text: &str) -> Self {
        let tag = text.trim().to_ascii_lowercase();
        Self(if tag.is_empty() { "en".to_owned() } else { tag })
    }

    pub fn tag(&self) -> &str {
        &self.0
    }
}

impl Default for Language {
    fn default() -> Self {
        Self::of("")
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
