//! Rendered texts, one row for each distinct rendering of an origin.

use std::collections::HashMap;

use schoolbell_domain::channel::Channel;
use schoolbell_domain::ids::{ContentId, OriginId};
use schoolbell_domain::language::Language;
use sha2::{Digest, Sha256};

use crate::error::{StoreError, StoreResult};
use crate::sql::{execute_set, fetch_set, rows_that_fit};
use crate::statements;
use crate::tx::Tx;

/// A rendering that may be new. `id` is taken only if it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewContent {
    pub id: ContentId,
    pub channel: Channel,
    pub language: Language,
    /// E-mail only, otherwise empty.
    pub subject: String,
    pub body: String,
    pub html: Option<String>,
    /// Segments of a text; 1 for other channels.
    pub segments: i64,
}

const CHUNK: usize = rows_that_fit(9, 500);

statements! {
    INSERT = "INSERT INTO content (id, origin_id, channel, language, digest, subject, body, html, segments) \
        VALUES {rows:9@1} ON CONFLICT (origin_id, channel, language, digest) DO NOTHING";
    FIND = "SELECT id, channel, language, digest FROM content WHERE origin_id = $1 AND digest IN {list@2}";
}

impl NewContent {
    /// What tells two renderings apart: a hash of subject, text and HTML.
    fn digest(&self) -> String {
        let mut hash = Sha256::new();
        for part in [Some(&self.subject), Some(&self.body), self.html.as_ref()].into_iter().flatten() {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
        format!("{:x}", hash.finalize())
    }
}

/// Keeps the renderings of one origin; answers the id of each, in the order given. The same rendering is one row,
/// however often it is given.
pub async fn intern(tx: &mut Tx, origin: OriginId, contents: &[NewContent]) -> StoreResult<Vec<ContentId>> {
    let keyed: Vec<(String, &NewContent)> = contents.iter().map(|content| (content.digest(), content)).collect();
    let mut distinct: HashMap<Key<'_>, &NewContent> = HashMap::new();
    for (digest, content) in &keyed {
        distinct.entry(key(digest, content)).or_insert(content);
    }
    let rows: Vec<(Key<'_>, &NewContent)> = distinct.into_iter().collect();
    let mut ids = HashMap::new();
    for chunk in rows.chunks(CHUNK) {
        execute_set!(tx, INSERT, [], chunk, |query, row| query
            .bind(row.1.id.raw())
            .bind(origin.raw())
            .bind(row.0.0)
            .bind(row.0.1)
            .bind(row.0.2)
            .bind(row.1.subject.as_str())
            .bind(row.1.body.as_str())
            .bind(row.1.html.as_deref())
            .bind(row.1.segments))?;
        let found =
            fetch_set!(tx, (i64, i64, String, String), FIND, [origin.raw()], chunk, |query, row| query.bind(row.0.2))?;
        ids.extend(found.into_iter().map(|(id, channel, language, digest)| ((channel, language, digest), id)));
    }
    keyed
        .iter()
        .map(|(digest, content)| {
            let (channel, language, digest) = key(digest, content);
            ids.get(&(channel, language.to_owned(), digest.to_owned()))
                .map(|id| ContentId::from_raw(*id))
                .ok_or_else(|| StoreError::Missing(content.id.to_string()))
        })
        .collect()
}

type Key<'a> = (i64, &'a str, &'a str);

fn key<'a>(digest: &'a str, content: &'a NewContent) -> Key<'a> {
    (content.channel.code(), content.language.tag(), digest)
}
