//! Recorded sounds of calls.

use schoolbell_domain::ids::RecordingId;

use crate::error::StoreResult;
use crate::on;
use crate::statements;
use crate::tx::Reads;

statements! {
    LENGTH = "SELECT length_ms FROM recording WHERE id = $1";
    SOUND = "SELECT sound FROM recording WHERE id = $1";
    BY_DIGEST = "SELECT id FROM recording WHERE digest = $1";
}

/// How long it plays, in milliseconds; `None` if there is none of this id.
pub async fn lookup_length_ms(reads: &mut impl Reads, id: RecordingId) -> StoreResult<Option<u64>> {
    let length: Option<i64> =
        on!(reads.tx(), |conn| sqlx::query_scalar(LENGTH).bind(id.raw()).fetch_optional(conn).await)?;
    Ok(length.and_then(|length| u64::try_from(length).ok()))
}

/// The sound as µ-law at 8 kHz.
pub async fn lookup_sound(reads: &mut impl Reads, id: RecordingId) -> StoreResult<Option<Vec<u8>>> {
    Ok(on!(reads.tx(), |conn| sqlx::query_scalar(SOUND).bind(id.raw()).fetch_optional(conn).await)?)
}

/// The recording whose sound has this digest.
pub async fn lookup_by_digest(reads: &mut impl Reads, digest: &str) -> StoreResult<Option<RecordingId>> {
    let id: Option<i64> =
        on!(reads.tx(), |conn| sqlx::query_scalar(BY_DIGEST).bind(digest).fetch_optional(conn).await)?;
    Ok(id.map(RecordingId::from_raw))
}
