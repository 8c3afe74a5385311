//! Texts that came in: kept before the carrier gets its acknowledgement, then handled.

use jiff::Timestamp;
use schoolbell_domain::channel::Channel;
use schoolbell_domain::ids::InboundId;

use crate::error::{StoreError, StoreResult};
use crate::on;
use crate::sql::fill;
use crate::statements;
use crate::tx::Tx;

/// A text as it came in.
#[derive(Clone, PartialEq, Eq)]
pub struct NewInbound {
    pub id: InboundId,
    pub gateway: String,
    pub channel: Channel,
    pub from: String,
    pub to: String,
    pub body: String,
    pub received_at: Timestamp,
    /// The carrier's own id of it, where it has one: the same id twice is one text.
    pub reference: Option<String>,
    /// The addresses of pictures and files that came with it.
    pub media: Vec<String>,
}

statements! {
    INSERT = "INSERT INTO inbound (id, gateway, channel, from_address, to_address, body, received_at, reference, media) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (gateway, reference) WHERE reference IS NOT NULL DO NOTHING";
    UNHANDLED = "SELECT id, gateway, channel, from_address, to_address, body, received_at, reference, media FROM inbound \
        WHERE handled_at IS NULL ORDER BY id LIMIT $1{skip locked}";
    HANDLED = "UPDATE inbound SET handled_at = $1, keyword = $2 WHERE id = $3 AND handled_at IS NULL";
    RECENT_KEYWORDS = "SELECT COUNT(*) FROM inbound WHERE from_address = $1 AND received_at > $2 \
        AND keyword IS NOT NULL";
    ON_FILE = "SELECT COUNT(*) FROM contact_point WHERE address = $1 AND active";
}

type UnhandledRow = (i64, String, i64, String, String, String, i64, Option<String>, String);

/// Keeps a text; one that the carrier brings again under its own id stands already.
pub async fn insert(tx: &mut Tx, text: &NewInbound) -> StoreResult<()> {
    on!(tx, |conn| sqlx::query(INSERT)
        .bind(text.id.raw())
        .bind(text.gateway.as_str())
        .bind(text.channel.code())
        .bind(text.from.as_str())
        .bind(text.to.as_str())
        // PostgreSQL refuses NUL in text.
        .bind(text.body.replace('\0', "\u{fffd}"))
        .bind(text.received_at.as_millisecond())
        .bind(text.reference.as_deref())
        .bind(text.media.join("\n").replace('\0', ""))
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

/// The oldest texts that nobody has looked at yet.
pub async fn lock_unhandled(tx: &mut Tx, most: i64) -> StoreResult<Vec<NewInbound>> {
    let text = fill(tx.engine(), UNHANDLED, 0);
    let rows: Vec<UnhandledRow> =
        on!(tx, |conn| sqlx::query_as(sqlx::AssertSqlSafe(text.as_str())).bind(most).fetch_all(conn).await)?;
    rows.into_iter()
        .map(|(id, gateway, channel, from, to, body, received_at, reference, media)| {
            let id = InboundId::from_raw(id);
            let damaged = || StoreError::Damaged { row: id.to_string(), what: "its channel or time".to_owned() };
            let channel = Channel::from_code(channel).ok_or_else(damaged)?;
            let received_at = Timestamp::from_millisecond(received_at).map_err(|_| damaged())?;
            let media = media.lines().map(str::to_owned).collect();
            Ok(NewInbound { id, gateway, channel, from, to, body, received_at, reference, media })
        })
        .collect()
}

/// Notes what it asked (`None`: no keyword) and that it was seen to.
pub async fn handled(tx: &mut Tx, id: InboundId, keyword: Option<&str>, now: Timestamp) -> StoreResult<bool> {
    let touched = on!(tx, |conn| sqlx::query(HANDLED)
        .bind(now.as_millisecond())
        .bind(keyword)
        .bind(id.raw())
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(touched == 1)
}

/// How many keywords this number has sent since `since`.
pub async fn recent_keywords(tx: &mut Tx, from: &str, since: Timestamp) -> StoreResult<i64> {
    Ok(on!(tx, |conn| sqlx::query_scalar(RECENT_KEYWORDS)
        .bind(from)
        .bind(since.as_millisecond())
        .fetch_one(conn)
        .await)?)
}

/// Whether anybody's record has this number (A26).
pub async fn is_on_file(tx: &mut Tx, number: &str) -> StoreResult<bool> {
    let count: i64 = on!(tx, |conn| sqlx::query_scalar(ON_FILE).bind(number).fetch_one(conn).await)?;
    Ok(count > 0)
}
