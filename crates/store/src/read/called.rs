//! What a number was called about: for whoever calls back.

use jiff::Timestamp;
use schoolbell_domain::ids::ContentId;

use crate::error::StoreResult;
use crate::on;
use crate::statements;
use crate::time::instant;
use crate::tx::Reads;

/// A message that this number was called with, or would have been.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CalledWith {
    pub content: ContentId,
    pub at: Timestamp,
    /// It was a call that outlives a revocation (LAW-12).
    pub emergency: bool,
}

statements! {
    /// One row for each message, the newest first; what was left out for a reason of the family or of the law is not there.
    MESSAGES = "SELECT content_id, MAX(created_at), MAX(CASE WHEN basis = 'emergency' THEN 1 ELSE 0 END) FROM delivery \
        WHERE address = $1 AND channel = 1 AND origin_kind = 1 AND state <> 0 AND created_at >= $2 \
        AND content_id IS NOT NULL GROUP BY content_id, origin_id ORDER BY MAX(created_at) DESC LIMIT $3";
    ON_RECORD = "SELECT id FROM contact_point WHERE address = $1 AND active LIMIT 1";
}

/// The messages of a number since an instant, the newest first.
pub async fn messages(
    reads: &mut impl Reads,
    number: &str,
    (since, most): (Timestamp, i64),
) -> StoreResult<Vec<CalledWith>> {
    let rows: Vec<(i64, i64, i64)> = on!(reads.tx(), |conn| sqlx::query_as(MESSAGES)
        .bind(number)
        .bind(since.as_millisecond())
        .bind(most)
        .fetch_all(conn)
        .await)?;
    let called = |(content, at, emergency): (i64, i64, i64)| {
        Ok(CalledWith { content: ContentId::from_raw(content), at: instant(at)?, emergency: emergency == 1 })
    };
    rows.into_iter().map(called).collect()
}

/// Whether the number stands on anybody's record now.
pub async fn is_on_record(reads: &mut impl Reads, number: &str) -> StoreResult<bool> {
    let id: Option<i64> =
        on!(reads.tx(), |conn| sqlx::query_scalar(ON_RECORD).bind(number).fetch_optional(conn).await)?;
    Ok(id.is_some())
}
