//! A language of a person or a text, as a lower-case BCP 47 tag: `en`, `es`, `hmn`.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The languages that families of American schools speak most, by their tags of ISO 639.
const NAMES: [(&str, &str); 32] = [
    ("am", "Amharic"),
    ("ar", "Arabic"),
    ("bn", "Bengali"),
    ("de", "German"),
    ("en", "English"),
    ("es", "Spanish"),
    ("fa", "Persian"),
    ("fr", "French"),
    ("gu", "Gujarati"),
    ("hi", "Hindi"),
    ("hmn", "Hmong"),
    ("ht", "Haitian Creole"),
    ("it", "Italian"),
    ("ja", "Japanese"),
    ("km", "Khmer"),
    ("ko", "Korean"),
    ("lo", "Lao"),
    ("my", "Burmese"),
    ("ne", "Nepali"),
    ("nv", "Navajo"),
    ("pa", "Punjabi"),
    ("pl", "Polish"),
    ("ps", "Pashto"),
    ("pt", "Portuguese"),
    ("ru", "Russian"),
    ("so", "Somali"),
    ("sw", "Swahili"),
    ("tl", "Tagalog"),
    ("uk", "Ukrainian"),
    ("ur", "Urdu"),
    ("vi", "Vietnamese"),
    ("zh", "Chinese"),
];

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

    /// The tag without region or script: `es` of `es-mx`.
    pub fn primary(&self) -> &str {
        self.0.split('-').next().unwrap_or(&self.0)
    }

    /// Its name in English, whatever the region; `None` for one that we have no name of.
    pub fn english_name(&self) -> Option<&'static str> {
        NAMES.into_iter().find(|(tag, _)| *tag == self.primary()).map(|(_, name)| name)
    }

    /// What staff call it: `Spanish`; the tag itself where no name is known.
    pub fn name(&self) -> &str {
        self.english_name().unwrap_or(&self.0)
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
