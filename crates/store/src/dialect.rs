//! What differs between the engines, one named function each. More than about ten needs an ADR.

use crate::error::StoreResult;
use crate::tx::Tx;

/// The end of a claiming sub-select: PostgreSQL lets two claimers pass each other, SQLite has one writer anyway.
pub fn skip_locked(tx: &Tx) -> &'static str {
    match tx {
        Tx::Sqlite(_) => "",
        Tx::Postgres(_) => " FOR UPDATE SKIP LOCKED",
    }
}

/// Lets one transaction at a time lengthen the audit chain; held until the commit. SQLite has one writer anyway.
pub async fn lock_audit(tx: &mut Tx) -> StoreResult<()> {
    if let Tx::Postgres(inner) = tx {
        sqlx::query(LOCK_AUDIT).execute(&mut **inner).await?;
    }
    Ok(())
}

/// The number is ours, any constant would do; 5127001 belongs to the migrations.
const LOCK_AUDIT: &str = "SELECT pg_advisory_xact_lock(5127002)";
