//! Rendered texts by id.

use schoolbell_domain::channel::Channel;
use schoolbell_domain::ids::{ContentId, OriginId};
use schoolbell_domain::language::Language;

use crate::error::{StoreError, StoreResult};
use crate::on;
use crate::sql::{fetch_set, rows_that_fit};
use crate::statements;
use crate::tx::Reads;

/// A text as rendered. It never changes, so it may be kept in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    pub id: ContentId,
    pub channel: Channel,
    pub language: Language,
    pub subject: String,
    pub body: String,
    pub html: Option<String>,
    pub segments: i64,
}

type Row = (i64, i64, String, String, String, Option<String>, i64);

statements! {
    BY_IDS = "SELECT id, channel, language, subject, body, html, segments FROM content WHERE id IN {list@1}";
    OF_ORIGIN = "SELECT id, channel, language, subject, body, html, segments FROM content \
        WHERE origin_id = $1 AND channel = $2 ORDER BY id LIMIT $3";
    ORIGIN = "SELECT origin_id FROM content WHERE id = $1";
}

/// The texts of these ids, in any order; an id that is not there is left out.
pub async fn by_ids(reads: &mut impl Reads, ids: &[ContentId]) -> StoreResult<Vec<Content>> {
    let tx = reads.tx();
    let mut contents = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(rows_that_fit(1, 1000)) {
        let rows = fetch_set!(tx, Row, BY_IDS, [], chunk, |query, id| query.bind(id.raw()))?;
        for row in rows {
            contents.push(content(row)?);
        }
    }
    Ok(contents)
}

/// The first renderings of an origin over one channel, as many as `limit`.
pub async fn of_origin(
    reads: &mut impl Reads,
    (origin, channel): (OriginId, Channel),
    limit: i64,
) -> StoreResult<Vec<Content>> {
    let rows: Vec<Row> = on!(reads.tx(), |conn| sqlx::query_as(OF_ORIGIN)
        .bind(origin.raw())
        .bind(channel.code())
        .bind(limit)
        .fetch_all(conn)
        .await)?;
    rows.into_iter().map(content).collect()
}

/// What a rendering belongs to; `None` if there is none of this id.
pub async fn lookup_origin(reads: &mut impl Reads, id: ContentId) -> StoreResult<Option<OriginId>> {
    let origin: Option<i64> =
        on!(reads.tx(), |conn| sqlx::query_scalar(ORIGIN).bind(id.raw()).fetch_optional(conn).await)?;
    Ok(origin.map(OriginId::from_raw))
}

fn content((id, channel, language, subject, body, html, segments): Row) -> StoreResult<Content> {
    let id = ContentId::from_raw(id);
    let channel = Channel::from_code(channel)
        .ok_or_else(|| StoreError::Damaged { row: id.to_string(), what: format!("channel {channel}") })?;
    Ok(Content { id, channel, language: Language::of(&language), subject, body, html, segments })
}
