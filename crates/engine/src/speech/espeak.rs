//! The voice that is always there: espeak-ng as a program beside ours, over a hundred languages.

use std::process::Stdio;
use std::time::Duration;

use futures::future::BoxFuture;
use schoolbell_domain::language::Language;
use schoolbell_gateways::voice::Mute;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use super::Speech;

/// It speaks two hundred times faster than a person; this is for a machine that is busy.
const PATIENCE: Duration = Duration::from_mins(1);
/// The header of the wave file that it writes to a pipe.
const HEADER: usize = 44;

/// espeak-ng.
#[derive(Debug, Clone)]
pub struct EspeakNg {
    program: String,
    words_per_minute: u32,
}

impl EspeakNg {
    /// `program`: its name on the path, or where it stands.
    pub fn new(program: &str, words_per_minute: u32) -> Self {
        Self { program: program.to_owned(), words_per_minute }
    }

    async fn read(&self, text: &str, voice: &str) -> Result<Vec<u8>, Mute> {
        let mut child = Command::new(&self.program)
            .args(["-v", voice, "-s", &self.words_per_minute.to_string(), "-b", "1", "--stdin", "--stdout"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| Mute(format!("{} does not start ({error}); install espeak-ng", self.program)))?;
        let broke = |error: std::io::Error| Mute(format!("{} broke off: {error}", self.program));
        // The text goes through a pipe: an argument could be seen by everybody on the machine.
        let mut stdin = child.stdin.take().ok_or_else(|| Mute(format!("{} takes no text", self.program)))?;
        stdin.write_all(text.as_bytes()).await.map_err(broke)?;
        drop(stdin);
        let said = tokio::time::timeout(PATIENCE, child.wait_with_output()).await;
        let said = said.map_err(|_| Mute(format!("{} does not come to an end", self.program)))?.map_err(broke)?;
        if !said.status.success() || said.stdout.len() <= HEADER {
            let why = String::from_utf8_lossy(&said.stderr);
            let why = why.lines().next().unwrap_or("it said nothing").trim();
            return Err(Mute(format!("{} does not speak `{voice}`: {why}", self.program)));
        }
        Ok(with_lengths(said.stdout))
    }
}

impl Speech for EspeakNg {
    fn name(&self) -> String {
        format!("espeak-ng {}", self.words_per_minute)
    }

    fn speak<'a>(&'a self, text: &'a str, language: &'a Language) -> BoxFuture<'a, Result<Vec<u8>, Mute>> {
        Box::pin(async move {
            let voice = voice_of(language);
            match self.read(text, &voice).await {
                Err(error) if voice != ENGLISH => {
                    // A strange accent is better than a call that says nothing.
                    tracing::warn!(%error, voice, "a language without a voice is read by the English one");
                    self.read(text, ENGLISH).await
                }
                said => said,
            }
        })
    }
}

const ENGLISH: &str = "en-us";

fn voice_of(language: &Language) -> String {
    let tag = language.tag().to_ascii_lowercase();
    let primary = tag.split('-').next().unwrap_or_default();
    match primary {
        "" | "en" => ENGLISH,
        "es" => "es-419",
        "pt" => "pt-br",
        "zh" => "cmn",
        // Tagalog's nearest that it has.
        "tl" | "fil" => "id",
        other => other,
    }
    .to_owned()
}

/// A file that was written to a pipe does not know its own length.
fn with_lengths(mut wav: Vec<u8>) -> Vec<u8> {
    let length = u32::try_from(wav.len()).unwrap_or(u32::MAX);
    let data = length.saturating_sub(44);
    for (at, value) in [(4, length.saturating_sub(8)), (40, data)] {
        if let Some(slot) = wav.get_mut(at..at + 4) {
            slot.copy_from_slice(&value.to_le_bytes());
        }
    }
    wav
}
