//! What differs between the engines, one named function each. More than about ten needs an ADR.

use jiff::Timestamp;

use crate::error::StoreResult;
use crate::time::instant;
use crate::tx::Tx;

/// The end of a claiming sub-select: PostgreSQL lets two claimers pass each other, SQLite has one writer anyway.
pub fn skip_locked(tx: &Tx) -> &'static str {
    match tx {
        Tx::Sqlite(_) => "",
        Tx::Postgres(_) => " FOR UPDATE SKIP LOCKED",
    }
}

/// The time by which leases are given and judged. PostgreSQL's own, so that nodes whose clocks differ, or jump, agree on
/// who holds what; SQLite has one node, and its time stands.
pub async fn lease_time(tx: &mut Tx, of_the_node: Timestamp) -> StoreResult<Timestamp> {
    match tx {
        Tx::Sqlite(_) => Ok(of_the_node),
        Tx::Postgres(inner) => instant(sqlx::query_scalar(LEASE_TIME).fetch_one(&mut **inner).await?),
    }
}

/// Lets one transaction at a time lengthen the audit chain; held until the commit. SQLite has one writer anyway.
pub async fn lock_audit(tx: &mut Tx) -> StoreResult<()> {
    if let Tx::Postgres(inner) = tx {
        sqlx::query(LOCK_AUDIT).execute(&mut **inner).await?;
    }
    Ok(())
}

/// Lets this transaction rest while the other end of a copy works: a whole table may be read back there in between, which
/// takes longer than a frozen node may keep its rows.
pub async fn may_rest(tx: &mut Tx) -> StoreResult<()> {
    if let Tx::Postgres(inner) = tx {
        sqlx::query(MAY_REST).execute(&mut **inner).await?;
    }
    Ok(())
}

/// Table, column and type of every column, in order.
pub fn list_columns(tx: &Tx) -> &'static str {
    match tx {
        Tx::Sqlite(_) => {
            "SELECT tables.name, columns.name, columns.type FROM sqlite_master AS tables \
             JOIN pragma_table_info(tables.name) AS columns WHERE tables.type = 'table' \
             AND tables.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY tables.name, columns.cid"
        }
        Tx::Postgres(_) => {
            "SELECT table_name::text, column_name::text, data_type::text FROM information_schema.columns \
             WHERE table_schema = current_schema() ORDER BY table_name COLLATE \"C\", ordinal_position"
        }
    }
}

/// Which table refers to which: child and parent.
pub fn list_references(tx: &Tx) -> &'static str {
    match tx {
        Tx::Sqlite(_) => {
            "SELECT tables.name, parents.\"table\" FROM sqlite_master AS tables \
             JOIN pragma_foreign_key_list(tables.name) AS parents WHERE tables.type = 'table'"
        }
        Tx::Postgres(_) => {
            "SELECT child.relname::text, parent.relname::text FROM pg_constraint \
             JOIN pg_class AS child ON child.oid = pg_constraint.conrelid \
             JOIN pg_class AS parent ON parent.oid = pg_constraint.confrelid \
             WHERE pg_constraint.contype = 'f' AND child.relnamespace = current_schema()::regnamespace"
        }
    }
}

/// Not `now()`, which stands still from the begin of a transaction.
const LEASE_TIME: &str = "SELECT (EXTRACT(EPOCH FROM clock_timestamp()) * 1000)::BIGINT";
const MAY_REST: &str = "SET LOCAL idle_in_transaction_session_timeout = 0";
/// The number is ours, any constant would do; 5127001 belongs to the migrations.
const LOCK_AUDIT: &str = "SELECT pg_advisory_xact_lock(5127002)";
