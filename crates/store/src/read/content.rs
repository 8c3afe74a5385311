//! Rendered texts by id.

use schoolbell_domain::channel::Channel;
use schoolbell_domain::ids::ContentId;
use schoolbell_domain::language::Language;

use crate::error::{StoreError, StoreResult};
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

fn content((id, channel, language, subject, body, html, segments): Row) -> StoreResult<Content> {
    let id = ContentId::from_raw(id);
    let channel = Channel::from_code(channel)
        .ok_or_else(|| StoreError::Damaged { row: id.to_string(), what: format!("channel {channel}") })?;
    Ok(Content { id, channel, language: Language::of(&language), subject, body, html, segments })
}
