//! The programs at work on this database.

use jiff::Timestamp;

use crate::error::StoreResult;
use crate::on;
use crate::statements;
use crate::time::instant;
use crate::tx::Reads;

/// One start of a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    pub number: i64,
    pub name: String,
    pub roles: String,
    pub started_at: Timestamp,
    /// Before the present it is gone.
    pub alive_until: Timestamp,
}

statements! {
    ALL = "SELECT number, name, roles, started_at, alive_until FROM node ORDER BY number";
}

/// Every program that was ever at work under a number, by number.
pub async fn all(reads: &mut impl Reads) -> StoreResult<Vec<Node>> {
    let rows: Vec<(i64, String, String, i64, i64)> = on!(reads.tx(), |conn| sqlx::query_as(ALL).fetch_all(conn).await)?;
    rows.into_iter()
        .map(|(number, name, roles, started_at, alive_until)| {
            Ok(Node { number, name, roles, started_at: instant(started_at)?, alive_until: instant(alive_until)? })
        })
        .collect()
}
