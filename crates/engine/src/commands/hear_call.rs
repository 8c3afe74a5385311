//! What a call plays, as a wave file that a person can listen to.

use schoolbell_domain::channel::Channel;
use schoolbell_domain::ids::{BroadcastId, ContentId, RecordingId};
use schoolbell_formats::voice::g711::decode_ulaw;
use schoolbell_formats::voice::sound::to_wav;
use schoolbell_gateways::Content;
use schoolbell_store::read;

use crate::Engine;
use crate::error::{CommandError, CommandResult};

/// A recording as it is played.
///
/// The caller has asked who may hear it.
pub async fn hear_recording(engine: &Engine, id: RecordingId) -> CommandResult<Vec<u8>> {
    let sound = read::recordings::lookup_sound(&mut engine.db.read().await?, id).await?;
    let sound = sound.ok_or_else(|| CommandError::NotFound(id.to_string()))?;
    Ok(to_wav(&decode_ulaw(&sound)))
}

/// What a person heard in a call of this rendering of a message: who calls, the message, the number to call back.
///
/// The caller has asked who may hear it. `NotFound` for a rendering that is not of this message, or is no call.
pub async fn hear_call(engine: &Engine, broadcast: BroadcastId, id: ContentId) -> CommandResult<Vec<u8>> {
    let not_found = || CommandError::NotFound(id.to_string());
    let mut reads = engine.db.read().await?;
    if read::content::lookup_origin(&mut reads, id).await? != Some(broadcast.into()) {
        return Err(not_found());
    }
    let content = read::content::by_ids(&mut reads, &[id]).await?.pop().ok_or_else(not_found)?;
    drop(reads);
    if content.channel != Channel::Voice {
        return Err(not_found());
    }
    let speaker = engine.speaker().ok_or_else(|| CommandError::refused("speech", "this program has no voice"))?;
    let content = Content {
        subject: content.subject,
        body: content.body,
        html: None,
        language: content.language.tag().to_owned(),
    };
    speaker.wav_of(content).await.map_err(|mute| CommandError::refused("speech", mute.to_string()))
}
