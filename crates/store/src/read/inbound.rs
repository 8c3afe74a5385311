//! Texts that came in, for pages.

use jiff::Timestamp;
use schoolbell_domain::ids::InboundId;

use crate::error::{StoreError, StoreResult};
use crate::on;
use crate::statements;
use crate::tx::Reads;

/// A text that came in, with what it asked.
#[derive(Clone, PartialEq, Eq)]
pub struct InboundText {
    pub id: InboundId,
    pub from: String,
    pub to: String,
    pub body: String,
    /// The word of a `Keyword`; `None` before it was handled.
    pub keyword: Option<String>,
    pub received_at: Timestamp,
    pub handled: bool,
}

type Row = (i64, String, String, String, Option<String>, i64, bool);

statements! {
    NEWEST = "SELECT id, from_address, to_address, body, keyword, received_at, handled_at IS NOT NULL FROM inbound \
        WHERE id < $1 ORDER BY id DESC LIMIT $2";
    IS_WAITING = "SELECT id FROM inbound WHERE handled_at IS NULL LIMIT 1";
    FROM = "SELECT id, from_address, to_address, body, keyword, received_at, handled_at IS NOT NULL FROM inbound \
        WHERE from_address = $1 ORDER BY id DESC LIMIT $2";
}

/// The newest texts before `before` (`None`: from the newest on), at most `most`.
pub async fn newest(reads: &mut impl Reads, before: Option<InboundId>, most: i64) -> StoreResult<Vec<InboundText>> {
    let before = before.map_or(i64::MAX, InboundId::raw);
    let rows: Vec<Row> = on!(reads.tx(), |conn| sqlx::query_as(NEWEST).bind(before).bind(most).fetch_all(conn).await)?;
    rows.into_iter().map(text).collect()
}

/// Whether a text waits to be handled.
pub async fn is_waiting(reads: &mut impl Reads) -> StoreResult<bool> {
    let row: Option<i64> = on!(reads.tx(), |conn| sqlx::query_scalar(IS_WAITING).fetch_optional(conn).await)?;
    Ok(row.is_some())
}

/// The newest texts of one number.
pub async fn from_number(reads: &mut impl Reads, number: &str, most: i64) -> StoreResult<Vec<InboundText>> {
    let rows: Vec<Row> = on!(reads.tx(), |conn| sqlx::query_as(FROM).bind(number).bind(most).fetch_all(conn).await)?;
    rows.into_iter().map(text).collect()
}

fn text((id, from, to, body, keyword, received_at, handled): Row) -> StoreResult<InboundText> {
    let id = InboundId::from_raw(id);
    let received_at = Timestamp::from_millisecond(received_at)
        .map_err(|_| StoreError::Damaged { row: id.to_string(), what: "its time".to_owned() })?;
    Ok(InboundText { id, from, to, body, keyword, received_at, handled })
}
