//! What came with texts: what is still to be fetched, and the files of a thread.

use jiff::Timestamp;
use schoolbell_domain::conversation::media::MediaKind;
use schoolbell_domain::ids::{ConversationId, InboundId};

use crate::error::StoreResult;
use crate::on;
use crate::statements;
use crate::time::instant;
use crate::tx::Reads;
use crate::write::text_media::{MediaId, Verdict, Wanted};

/// A file without its octets.
#[derive(Clone, PartialEq, Eq)]
pub struct MediaLine {
    pub id: MediaId,
    pub state: State,
    pub size: i64,
    pub digest: String,
    pub verdict: Option<Verdict>,
    pub checked_by: String,
    pub checked_at: Option<Timestamp>,
}

/// How far a file has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Not fetched yet.
    Waiting,
    Kept(MediaKind),
    /// Why it was not kept.
    Refused(String),
}

type Row = (i64, i64, String, String, String, i64, String, Option<String>, Option<String>, Option<i64>);

statements! {
    DUE = "SELECT inbound_id, place, conversation_id, gateway, address, tries FROM text_media WHERE state = 'waiting' AND due_at <= $1 \
        ORDER BY due_at LIMIT $2";
    OF_THREAD = "SELECT inbound_id, place, state, why, kind, size, digest, verdict, checked_by, checked_at FROM text_media \
        WHERE conversation_id = $1 ORDER BY inbound_id, place";
    BYTES = "SELECT kind, bytes FROM text_media WHERE inbound_id = $1 AND place = $2 AND state = 'kept'";
}

/// What is to be fetched now, the longest due first.
pub async fn due(reads: &mut impl Reads, now: Timestamp, most: i64) -> StoreResult<Vec<Wanted>> {
    let rows: Vec<(i64, i64, i64, String, String, i64)> =
        on!(reads.tx(), |conn| sqlx::query_as(DUE).bind(now.as_millisecond()).bind(most).fetch_all(conn).await)?;
    let wanted = |(inbound, place, thread, gateway, address, tries)| Wanted {
        id: MediaId { inbound: InboundId::from_raw(inbound), place },
        thread: ConversationId::from_raw(thread),
        gateway,
        address,
        tries,
    };
    Ok(rows.into_iter().map(wanted).collect())
}

/// The files that came with the texts of a thread.
pub async fn of_thread(reads: &mut impl Reads, thread: ConversationId) -> StoreResult<Vec<MediaLine>> {
    let rows: Vec<Row> = on!(reads.tx(), |conn| sqlx::query_as(OF_THREAD).bind(thread.raw()).fetch_all(conn).await)?;
    rows.into_iter().map(line).collect()
}

/// Kind and octets (base64) of a file that was kept.
pub async fn bytes(reads: &mut impl Reads, id: MediaId) -> StoreResult<Option<(MediaKind, String)>> {
    let row: Option<(String, String)> =
        on!(reads.tx(), |conn| sqlx::query_as(BYTES).bind(id.inbound.raw()).bind(id.place).fetch_optional(conn).await)?;
    Ok(row.and_then(|(kind, bytes)| Some((MediaKind::from_word(&kind)?, bytes))))
}

fn line((inbound, place, state, why, kind, size, digest, verdict, by, at): Row) -> StoreResult<MediaLine> {
    let state = match (state.as_str(), MediaKind::from_word(&kind)) {
        ("kept", Some(kind)) => State::Kept(kind),
        ("waiting", _) => State::Waiting,
        _ => State::Refused(why),
    };
    Ok(MediaLine {
        id: MediaId { inbound: InboundId::from_raw(inbound), place },
        state,
        size,
        digest,
        verdict: verdict.as_deref().and_then(Verdict::from_word),
        checked_by: by.unwrap_or_default(),
        checked_at: at.map(instant).transpose()?,
    })
}
