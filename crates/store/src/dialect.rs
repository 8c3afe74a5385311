//! What differs between the engines, one named function each. More than about ten needs an ADR.

use crate::tx::Tx;

/// The end of a claiming sub-select: PostgreSQL lets two claimers pass each other, SQLite has one writer anyway.
pub fn skip_locked(tx: &Tx) -> &'static str {
    match tx {
        Tx::Sqlite(_) => "",
        Tx::Postgres(_) => " FOR UPDATE SKIP LOCKED",
    }
}
