//! The programs at work on one database: each has a number of its own, by which their ids stay apart.

use jiff::Timestamp;

use crate::error::{StoreError, StoreResult};
use crate::lease::Lease;
use crate::on;
use crate::statements;
use crate::tx::Tx;

/// One start of a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeEntry<'a> {
    /// Of this start alone.
    pub name: &'a str,
    /// What it does, as written on the command line.
    pub roles: &'a str,
    pub started_at: Timestamp,
}

/// Numbers fit the eight bits that an id has for them.
const NUMBERS: i64 = 256;

statements! {
    ALL = "SELECT number, alive_until FROM node ORDER BY alive_until, number";
    TAKE = "INSERT INTO node (number, name, roles, started_at, alive_until) VALUES ($1, $2, $3, $4, $5) \
        ON CONFLICT (number) DO UPDATE SET name = excluded.name, roles = excluded.roles, \
        started_at = excluded.started_at, alive_until = excluded.alive_until WHERE node.alive_until < $6";
    KEEP = "UPDATE node SET alive_until = $1 WHERE number = $2 AND name = $3";
}

/// Gives the program a number that nobody has: a fresh one, otherwise the one that has rested longest.
pub async fn take(tx: &mut Tx, node: &NodeEntry<'_>, lease: Lease) -> StoreResult<u8> {
    let known: Vec<(i64, i64)> = on!(tx, |conn| sqlx::query_as(ALL).fetch_all(conn).await)?;
    let fresh = (0..NUMBERS).filter(|number| known.iter().all(|(taken, _)| taken != number));
    let rested = known.iter().filter(|(_, until)| *until < lease.from.as_millisecond()).map(|(number, _)| *number);
    for number in fresh.chain(rested) {
        let touched = on!(tx, |conn| sqlx::query(TAKE)
            .bind(number)
            .bind(node.name)
            .bind(node.roles)
            .bind(node.started_at.as_millisecond())
            .bind(lease.until.as_millisecond())
            .bind(lease.from.as_millisecond())
            .execute(conn)
            .await
            .map(|done| done.rows_affected()))?;
        if let (1, Ok(number)) = (touched, u8::try_from(number)) {
            return Ok(number);
        }
    }
    Err(StoreError::Setup("256 programs are at work on this database; end some of them".to_owned()))
}

/// The program is alive; `false` if its number is another's by now.
pub async fn keep(tx: &mut Tx, (number, name): (u8, &str), until: Timestamp) -> StoreResult<bool> {
    let touched = on!(tx, |conn| sqlx::query(KEEP)
        .bind(until.as_millisecond())
        .bind(i64::from(number))
        .bind(name)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(touched == 1)
}
