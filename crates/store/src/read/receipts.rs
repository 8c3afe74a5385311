//! Receipts as they were heard.

use std::collections::HashSet;

use crate::error::StoreResult;
use crate::on;
use crate::statements;
use crate::tx::Reads;

statements! {
    REFERENCES = "SELECT DISTINCT reference FROM receipt WHERE gateway = $1";
    UNMATCHED = "SELECT COUNT(*) FROM receipt WHERE matched_at IS NULL";
}

/// The references of which a gateway ever heard; to be held against a carrier's own record.
pub async fn references(reads: &mut impl Reads, gateway: &str) -> StoreResult<HashSet<String>> {
    let references: Vec<String> =
        on!(reads.tx(), |conn| sqlx::query_scalar(REFERENCES).bind(gateway).fetch_all(conn).await)?;
    Ok(references.into_iter().collect())
}

/// How many receipts met no delivery of ours.
pub async fn unmatched(reads: &mut impl Reads) -> StoreResult<i64> {
    Ok(on!(reads.tx(), |conn| sqlx::query_scalar(UNMATCHED).fetch_one(conn).await)?)
}
