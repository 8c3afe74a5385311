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

    /// Its name in English, whatever the region; `None` for one that we have no name of.
    pub fn english_name(&self) -> Option<&'static str> {
        let primary = self.0.split('-').next().unwrap_or_default();
        NAMES.into_iter().find(|(tag, _)| *tag == primary).map(|(_, name)| name)
    }
}

/// Languages of American families by how many speak them, with their names.
pub const NAMES: [(&str, &str); 16] = [
    ("en", "English"),
    ("es", "Spanish"),
    ("zh", "Chinese"),
    ("vi", "Vietnamese"),
    ("ar", "Arabic"),
    ("ko", "Korean"),
    ("ru", "Russian"),
    ("ht", "Haitian Creole"),
    ("pt", "Portuguese"),
    ("tl", "Tagalog"),
    ("hmn", "Hmong"),
    ("so", "Somali"),
    ("fr", "French"),
    ("uk", "Ukrainian"),
    ("fa", "Persian"),
    ("sw", "Swahili"),
];

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
