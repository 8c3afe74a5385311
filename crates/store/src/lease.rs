//! A right for a time, judged by the time of the database.

use jiff::{SignedDuration, Timestamp};

use crate::dialect::lease_time;
use crate::error::StoreResult;
use crate::tx::Reads;

/// From when until when; both of the database's time where it has one of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    pub from: Timestamp,
    pub until: Timestamp,
}

impl Lease {
    /// From now on. `of_the_node` is what the node's own clock says: SQLite has no other.
    pub async fn of(reads: &mut impl Reads, of_the_node: Timestamp, length: SignedDuration) -> StoreResult<Self> {
        let from = lease_time(reads.tx(), of_the_node).await?;
        Ok(Self { from, until: from + length })
    }
}
