//! What was spoken, on disk under the digest of voice, language and words: 8 kHz, mono, as wave files that a person can
//! listen to.

use std::path::{Path, PathBuf};

use schoolbell_domain::language::Language;
use schoolbell_formats::voice::sound::{decode, to_wav};
use schoolbell_gateways::voice::Mute;
use sha2::{Digest, Sha256};

use super::Speech;

/// The header of the files that we write.
const HEADER: usize = 44;

pub(super) struct Store {
    folder: PathBuf,
}

impl Store {
    pub(super) fn at(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// The samples of a text; spoken now if it never was. A disk that fails costs time and nothing else.
    pub(super) async fn spoken(&self, voice: &dyn Speech, text: &str, language: &Language) -> Result<Vec<i16>, Mute> {
        let file = self.folder.join(format!("{}.wav", digest(&voice.name(), language, text)));
        if let Ok(bytes) = tokio::fs::read(&file).await
            && let Some(samples) = bytes.get(HEADER..).filter(|samples| !samples.is_empty())
        {
            return Ok(samples.as_chunks().0.iter().map(|pair| i16::from_le_bytes(*pair)).collect());
        }
        let wav = voice.speak(text, language).await?;
        let samples = decode(&wav, "speech.wav").map_err(|error| Mute(error.to_string()))?;
        if let Err(error) = keep(&self.folder, &file, &to_wav(&samples)).await {
            tracing::warn!(%error, folder = %self.folder.display(), "what was spoken could not be kept");
        }
        Ok(samples)
    }
}

/// Whole or not at all: another program may read it at any time.
async fn keep(folder: &Path, file: &Path, wav: &[u8]) -> std::io::Result<()> {
    tokio::fs::create_dir_all(folder).await?;
    let half = file.with_extension(format!("{}.half", std::process::id()));
    tokio::fs::write(&half, wav).await?;
    tokio::fs::rename(&half, file).await
}

fn digest(voice: &str, language: &Language, text: &str) -> String {
    let whole = [voice, language.tag(), text].join("\0");
    let bytes = Sha256::digest(whole.as_bytes());
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}
