//! Numbered, forward-only migrations. One text for both engines, or a pair where they must differ.

use crate::db::Db;
use crate::error::{StoreError, StoreResult};
use crate::on;
use crate::tx::Tx;

/// One step of the schema.
struct Migration {
    number: i64,
    name: &'static str,
    sql: &'static str,
}

const MIGRATIONS: &[Migration] = &[
    Migration { number: 1, name: "core", sql: include_str!("../migrations/0001_core.sql") },
    Migration { number: 2, name: "nodes", sql: include_str!("../migrations/0002_nodes.sql") },
    Migration { number: 5, name: "family", sql: include_str!("../migrations/0005_family.sql") },
];

const CREATE_LOG: &str = "CREATE TABLE IF NOT EXISTS schema_migration (number BIGINT PRIMARY KEY, name TEXT NOT NULL)";
const NEWEST: &str = "SELECT COALESCE(MAX(number), 0) FROM schema_migration";
const RECORD: &str = "INSERT INTO schema_migration (number, name) VALUES ($1, $2)";
/// Two nodes that start at once migrate one after the other. The number is ours, any constant would do.
const LOCK: &str = "SELECT pg_advisory_xact_lock(5127001)";

/// How far a database is, and how far this program would bring it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    pub stands: i64,
    pub newest: i64,
}

/// Looks without changing anything; shows too that the database can be written to.
pub async fn standing(db: &Db) -> StoreResult<Standing> {
    let mut tx = db.begin().await?;
    on!(&mut tx, |conn| sqlx::query(CREATE_LOG).execute(conn).await.map(drop))?;
    let stands: i64 = on!(&mut tx, |conn| sqlx::query_scalar(NEWEST).fetch_one(conn).await)?;
    // Never committed: dropped, it is undone.
    drop(tx);
    Ok(Standing { stands, newest: MIGRATIONS.last().map_or(0, |migration| migration.number) })
}

/// Brings the schema to this program's version; returns the numbers of the steps taken.
///
/// A database of a newer program is refused: an old program must not write to a schema it does not know.
pub async fn migrate(db: &Db) -> StoreResult<Vec<i64>> {
    let mut tx = db.begin().await?;
    if let Tx::Postgres(inner) = &mut tx {
        sqlx::query(LOCK).execute(&mut **inner).await?;
    }
    on!(&mut tx, |conn| sqlx::query(CREATE_LOG).execute(conn).await.map(drop))?;
    let stands: i64 = on!(&mut tx, |conn| sqlx::query_scalar(NEWEST).fetch_one(conn).await)?;
    let newest = MIGRATIONS.last().map_or(0, |migration| migration.number);
    if stands > newest {
        return Err(StoreError::Setup(format!(
            "the database has schema {stands}, this program knows {newest}; start the newer program"
        )));
    }
    let mut done = Vec::new();
    for migration in MIGRATIONS.iter().filter(|migration| migration.number > stands) {
        on!(&mut tx, |conn| sqlx::raw_sql(migration.sql).execute(conn).await.map(drop))?;
        on!(&mut tx, |conn| sqlx::query(RECORD)
            .bind(migration.number)
            .bind(migration.name)
            .execute(conn)
            .await
            .map(drop))?;
        done.push(migration.number);
    }
    tx.commit().await?;
    Ok(done)
}
