//! `[speech]`: the voice that reads calls aloud.

use std::path::PathBuf;

use serde::Deserialize;

/// The voice, and where what it has read rests.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SpeechSection {
    /// espeak-ng by its name on the path, or where it stands.
    pub program: String,
    pub words_per_minute: u32,
    pub folder: PathBuf,
}

impl Default for SpeechSection {
    fn default() -> Self {
        Self { program: "espeak-ng".to_owned(), words_per_minute: 150, folder: PathBuf::from("data/speech") }
    }
}
