//! When a broadcast is over: told by its counters, never by a scan.

use jiff::Timestamp;
use schoolbell_domain::ids::BroadcastId;

use crate::error::StoreResult;
use crate::on;
use crate::statements;
use crate::tx::Tx;

statements! {
    /// Fully expanded, and nothing queued, being sent, accepted or unconfirmed. A stopped one stays stopped.
    FINISH = "UPDATE broadcast SET state = CASE WHEN state = 'stopped' THEN state ELSE 'finished' END, \
        finished_at = $1 WHERE state IN ('sending', 'stopped') AND finished_at IS NULL \
        AND (expanded_at IS NOT NULL OR state = 'stopped') AND NOT EXISTS (SELECT 1 FROM tally \
            WHERE tally.origin_id = broadcast.id AND tally.state IN (1, 2, 3, 7) AND tally.count > 0) RETURNING id";
}

/// Marks the broadcasts that are over; answers which.
pub async fn finish(tx: &mut Tx, now: Timestamp) -> StoreResult<Vec<BroadcastId>> {
    let ids: Vec<i64> = on!(tx, |conn| sqlx::query_scalar(FINISH).bind(now.as_millisecond()).fetch_all(conn).await)?;
    Ok(ids.into_iter().map(BroadcastId::from_raw).collect())
}
