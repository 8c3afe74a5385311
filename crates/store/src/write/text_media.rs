//! What came with texts: wanted, fetched or refused, checked by a person.

use jiff::Timestamp;
use schoolbell_domain::conversation::media::MediaKind;
use schoolbell_domain::ids::{ConversationId, InboundId};

use crate::error::StoreResult;
use crate::on;
use crate::statements;
use crate::tx::Tx;

/// Which file of which text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MediaId {
    pub inbound: InboundId,
    /// From 0, as the carrier counts.
    pub place: i64,
}

/// A file to be fetched.
#[derive(Clone, PartialEq, Eq)]
pub struct Wanted {
    pub id: MediaId,
    /// The thread of the text.
    pub thread: ConversationId,
    pub gateway: String,
    pub address: String,
    /// How often it was tried.
    pub tries: i64,
}

/// A file that was fetched.
#[derive(Clone, Copy)]
pub struct Kept<'a> {
    pub kind: MediaKind,
    /// Base64.
    pub text: &'a str,
    pub size: i64,
    /// SHA-256, in hex.
    pub digest: &'a str,
}

/// What a person said of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Shown,
    /// Nobody is to see it here; a supervisor looks after it.
    Withheld,
}

statements! {
    WANT = "INSERT INTO text_media (inbound_id, place, conversation_id, gateway, address, state, why, kind, bytes, size, \
        digest, tries, due_at) VALUES ($1, $2, $3, $4, $5, 'waiting', '', '', '', 0, '', 0, $6) ON CONFLICT (inbound_id, place) DO NOTHING";
    KEEP = "UPDATE text_media SET state = 'kept', kind = $1, bytes = $2, size = $3, digest = $4, tries = tries + 1 \
        WHERE inbound_id = $5 AND place = $6 AND state = 'waiting'";
    REFUSE = "UPDATE text_media SET state = 'refused', why = $1, tries = tries + 1 \
        WHERE inbound_id = $2 AND place = $3 AND state = 'waiting'";
    LATER = "UPDATE text_media SET tries = tries + 1, due_at = $1, why = $2 \
        WHERE inbound_id = $3 AND place = $4 AND state = 'waiting'";
    CHECK = "UPDATE text_media SET verdict = $1, checked_by = $2, checked_at = $3 \
        WHERE inbound_id = $4 AND place = $5 AND state = 'kept' AND (verdict IS NULL OR verdict = 'shown')";
}

impl Verdict {
    pub const ALL: [Self; 2] = [Self::Shown, Self::Withheld];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Shown => "shown",
            Self::Withheld => "withheld",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verdict| verdict.word() == word)
    }
}

/// The file is to be fetched; one that is known stays as it is.
pub async fn want(tx: &mut Tx, wanted: &Wanted, now: Timestamp) -> StoreResult<()> {
    on!(tx, |conn| sqlx::query(WANT)
        .bind(wanted.id.inbound.raw())
        .bind(wanted.id.place)
        .bind(wanted.thread.raw())
        .bind(wanted.gateway.as_str())
        .bind(wanted.address.as_str())
        .bind(now.as_millisecond())
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

pub async fn keep(tx: &mut Tx, id: MediaId, kept: Kept<'_>) -> StoreResult<()> {
    on!(tx, |conn| sqlx::query(KEEP)
        .bind(kept.kind.word())
        .bind(kept.text)
        .bind(kept.size)
        .bind(kept.digest)
        .bind(id.inbound.raw())
        .bind(id.place)
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

/// It is not kept, and never tried again; why, for pages.
pub async fn refuse(tx: &mut Tx, id: MediaId, why: &str) -> StoreResult<()> {
    on!(tx, |conn| sqlx::query(REFUSE).bind(why).bind(id.inbound.raw()).bind(id.place).execute(conn).await.map(drop))?;
    Ok(())
}

/// It is tried again at this time.
pub async fn later(tx: &mut Tx, id: MediaId, (due_at, why): (Timestamp, &str)) -> StoreResult<()> {
    on!(tx, |conn| sqlx::query(LATER)
        .bind(due_at.as_millisecond())
        .bind(why)
        .bind(id.inbound.raw())
        .bind(id.place)
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

/// A person has decided; what was withheld stays so. `false` if nothing changed.
pub async fn check(tx: &mut Tx, id: MediaId, (verdict, by): (Verdict, &str), now: Timestamp) -> StoreResult<bool> {
    let rows = on!(tx, |conn| sqlx::query(CHECK)
        .bind(verdict.word())
        .bind(by)
        .bind(now.as_millisecond())
        .bind(id.inbound.raw())
        .bind(id.place)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}
