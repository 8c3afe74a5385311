//! A recording as what a call says: read, brought to the telephone's form and loudness, kept once, put into the draft.

use schoolbell_domain::broadcast::{Draft, Wording};
use schoolbell_domain::ids::{BroadcastId, RecordingId, UserId};
use schoolbell_domain::language::Language;
use schoolbell_domain::permission::Act;
use schoolbell_formats::voice::g711::encode_ulaw;
use schoolbell_formats::voice::sound::decode;
use schoolbell_store::StoreError;
use schoolbell_store::write::recordings::{self, NewRecording};
use sha2::{Digest, Sha256};

use super::save_draft::{Kept, get, owner_scope, save_draft};
use crate::error::{CommandError, CommandResult};
use crate::{Actor, Engine};

/// Samples of a millisecond.
const A_MILLISECOND: usize = 8;

/// Keeps the sound of a file (wav, mp3, m4a, ogg) and lets the draft's calls in this language play it.
///
/// A file that is no sound, silent, too short or too long is refused with a sentence that says what to do.
pub async fn keep_recording(
    engine: &Engine,
    actor: &Actor,
    (id, version): (BroadcastId, i64),
    language: &Language,
    (file_name, bytes): (&str, Vec<u8>),
) -> CommandResult<Kept> {
    let standing = get(engine, id).await?;
    actor.must(Act::Compose, owner_scope(&standing))?;
    if bytes.is_empty() {
        return Err(CommandError::bad("file", "choose a sound file, or record one here"));
    }
    let name = file_name.to_owned();
    let samples = tokio::task::spawn_blocking(move || decode(&bytes, &name))
        .await
        .map_err(|_| CommandError::bad("file", "the file could not be read; save it as wav and send it again"))?
        .map_err(|error| CommandError::bad("file", error.to_string()))?;
    let recording = intern(engine, actor, &samples).await?;
    let draft = with_recording(standing.draft, language, Some(recording));
    save_draft(engine, actor, Some((id, version)), &draft).await
}

/// Lets the draft's calls in this language speak their words again.
pub async fn drop_recording(
    engine: &Engine,
    actor: &Actor,
    (id, version): (BroadcastId, i64),
    language: &Language,
) -> CommandResult<Kept> {
    let standing = get(engine, id).await?;
    let draft = with_recording(standing.draft, language, None);
    save_draft(engine, actor, Some((id, version)), &draft).await
}

/// Keeps samples at the telephone's rate; the same sound is one recording.
pub(crate) async fn intern(engine: &Engine, actor: &Actor, samples: &[i16]) -> CommandResult<RecordingId> {
    let sound = encode_ulaw(samples);
    let digest = format!("{:x}", Sha256::digest(&sound));
    let new = NewRecording {
        id: RecordingId::from_raw(engine.next_id()),
        digest: &digest,
        length_ms: i64::try_from(sound.len() / A_MILLISECOND).unwrap_or(i64::MAX),
        sound: &sound,
        by: actor.user.unwrap_or(UserId::from_raw(0)),
        at: engine.now(),
    };
    let kept = engine
        .db
        .write("keep a recording", async |tx| Ok::<_, StoreError>(recordings::intern(tx, &new).await?))
        .await?;
    Ok(kept)
}

fn with_recording(mut draft: Draft, language: &Language, recording: Option<RecordingId>) -> Draft {
    if let Some(wording) = draft.wordings.iter_mut().find(|wording| wording.language == *language) {
        wording.voice_recording = recording;
    } else if recording.is_some() {
        draft.wordings.push(Wording { language: language.clone(), voice_recording: recording, ..Wording::default() });
    }
    draft
}
