//! Recorded sounds of calls.

use jiff::Timestamp;
use schoolbell_domain::ids::{RecordingId, UserId};

use crate::error::StoreResult;
use crate::on;
use crate::read;
use crate::statements;
use crate::tx::Tx;

/// A sound that may be new. `id` is taken only if it is.
#[derive(Debug, Clone, Copy)]
pub struct NewRecording<'a> {
    pub id: RecordingId,
    /// What tells sounds apart: a hash of `sound`.
    pub digest: &'a str,
    pub length_ms: i64,
    /// µ-law, 8 kHz.
    pub sound: &'a [u8],
    pub by: UserId,
    pub at: Timestamp,
}

statements! {
    INSERT = "INSERT INTO recording (id, digest, length_ms, sound, created_by, created_at) \
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (digest) DO NOTHING";
}

/// Keeps a sound; answers the id under which it stands. The same sound is one row.
pub async fn intern(tx: &mut Tx, new: &NewRecording<'_>) -> StoreResult<RecordingId> {
    on!(&mut *tx, |conn| sqlx::query(INSERT)
        .bind(new.id.raw())
        .bind(new.digest)
        .bind(new.length_ms)
        .bind(new.sound)
        .bind(new.by.raw())
        .bind(new.at.as_millisecond())
        .execute(conn)
        .await
        .map(drop))?;
    Ok(read::recordings::lookup_by_digest(tx, new.digest).await?.unwrap_or(new.id))
}
