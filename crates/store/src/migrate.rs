//! Numbered, forward-only migrations. One text for both engines, or a pair where they must differ.
//!
//! A step only adds what an older program does not miss (`CONTRIBUTING.md`, *Schema*), so that old and new programs run
//! side by side on one database. A step that breaks older programs says so, and they refuse to start.

use crate::db::Db;
use crate::error::{StoreError, StoreResult};
use crate::on;
use crate::sql::fill;
use crate::tx::{Reads, Tx};

/// One step of the schema.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    pub number: i64,
    pub name: &'static str,
    pub sql: &'static str,
    /// Whether a program that does not know this step can still work.
    pub effect: Effect,
}

/// What a step does to programs that are older than it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// New tables, new columns that may be absent, new indexes: an older program does not notice.
    Adds,
    /// An older program would do wrong: it is refused.
    Breaks,
}

/// The steps of this program.
pub const MIGRATIONS: &[Migration] = &[
    Migration { number: 1, name: "core", sql: include_str!("../migrations/0001_core.sql"), effect: Effect::Adds },
    Migration { number: 2, name: "nodes", sql: include_str!("../migrations/0002_nodes.sql"), effect: Effect::Adds },
    Migration {
        number: 3,
        name: "instance",
        sql: include_str!("../migrations/0003_instance.sql"),
        effect: Effect::Adds,
    },
    Migration { number: 4, name: "consent", sql: include_str!("../migrations/0004_consent.sql"), effect: Effect::Adds },
    Migration { number: 5, name: "family", sql: include_str!("../migrations/0005_family.sql"), effect: Effect::Adds },
    Migration { number: 6, name: "calls", sql: include_str!("../migrations/0006_calls.sql"), effect: Effect::Adds },
    Migration { number: 7, name: "texting", sql: include_str!("../migrations/0007_texting.sql"), effect: Effect::Adds },
    Migration { number: 8, name: "app", sql: include_str!("../migrations/0008_app.sql"), effect: Effect::Adds },
    Migration {
        number: 9,
        name: "texting_together",
        sql: include_str!("../migrations/0009_texting_together.sql"),
        effect: Effect::Adds,
    },
    Migration {
        number: 10,
        name: "attendance",
        sql: include_str!("../migrations/0010_attendance.sql"),
        effect: Effect::Adds,
    },
    Migration {
        number: 11,
        name: "recordings",
        sql: include_str!("../migrations/0011_recordings.sql"),
        effect: Effect::Adds,
    },
    Migration { number: 12, name: "doors", sql: include_str!("../migrations/0012_doors.sql"), effect: Effect::Adds },
    Migration {
        number: 13,
        name: "texting_media",
        sql: include_str!("../migrations/0013_texting_media.sql"),
        effect: Effect::Adds,
    },
    Migration {
        number: 14,
        name: "passkeys",
        sql: include_str!("../migrations/0014_passkeys.sql"),
        effect: Effect::Adds,
    },
    Migration {
        number: 15,
        name: "call wishes",
        sql: include_str!("../migrations/0015_call_wishes.sql"),
        effect: Effect::Adds,
    },
    Migration {
        number: 16,
        name: "record requests",
        sql: include_str!("../migrations/0016_record_requests.sql"),
        effect: Effect::Adds,
    },
    Migration {
        number: 17,
        name: "surveys",
        sql: include_str!("../migrations/0017_surveys.sql"),
        effect: Effect::Adds,
    },
];

const CREATE_LOG: &str = "CREATE TABLE IF NOT EXISTS schema_migration (number BIGINT PRIMARY KEY, name TEXT NOT NULL)";
const APPLIED: &str = "SELECT number FROM schema_migration ORDER BY number";
const RECORD: &str = "INSERT INTO schema_migration (number, name) VALUES ($1, $2)";
/// The log learns of it with step 3; no step before that breaks anything.
const MARK: &str = "UPDATE schema_migration SET breaking = TRUE WHERE number = $1";
const BREAKING: &str = "SELECT number, name FROM schema_migration WHERE breaking AND number NOT IN {list@1}";
/// Two nodes that start at once migrate one after the other. The number is ours, any constant would do.
const LOCK: &str = "SELECT pg_advisory_xact_lock(5127001)";

/// How far a database is, and how far this program would bring it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Its newest step; 0 before the first.
    pub stands: i64,
    /// The newest step of this program.
    pub newest: i64,
    /// Steps that this program would take.
    pub missing: Vec<i64>,
    /// Steps that a newer program has taken and this one does not know.
    pub newer: Vec<i64>,
}

/// What migrating did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Migrated {
    pub taken: Vec<i64>,
    /// Steps of a newer program, all of which this one can live with.
    pub newer: Vec<i64>,
}

/// Looks without changing anything; shows too that the database can be written to. A database that a newer program
/// has changed beyond this one is refused.
pub async fn standing(db: &Db) -> StoreResult<Standing> {
    let mut tx = db.begin().await?;
    on!(&mut tx, |conn| sqlx::query(CREATE_LOG).execute(conn).await.map(drop))?;
    let applied = applied(&mut tx).await?;
    must_live_with(&mut tx, &applied, MIGRATIONS).await?;
    // Never committed: dropped, it is undone.
    drop(tx);
    let known = |number: i64| MIGRATIONS.iter().any(|step| step.number == number);
    Ok(Standing {
        stands: applied.last().copied().unwrap_or(0),
        newest: MIGRATIONS.last().map_or(0, |step| step.number),
        missing: MIGRATIONS.iter().map(|step| step.number).filter(|number| !applied.contains(number)).collect(),
        newer: applied.iter().copied().filter(|number| !known(*number)).collect(),
    })
}

/// Brings the schema to this program's version. See [`migrate_with`].
pub async fn migrate(db: &Db) -> StoreResult<Migrated> {
    migrate_with(db, MIGRATIONS).await
}

/// Takes the steps that the database does not have yet, in their order.
///
/// A database of a newer program is accepted while that program only added; one that it broke is refused: an old
/// program must not write to a schema it does not understand.
pub async fn migrate_with(db: &Db, steps: &[Migration]) -> StoreResult<Migrated> {
    let mut tx = db.begin().await?;
    lock(&mut tx).await?;
    let migrated = take(&mut tx, steps).await?;
    tx.commit().await?;
    Ok(migrated)
}

/// The steps that a database has, ascending.
pub async fn applied(reads: &mut impl Reads) -> StoreResult<Vec<i64>> {
    Ok(on!(reads.tx(), |conn| sqlx::query_scalar(APPLIED).fetch_all(conn).await)?)
}

/// Keeps other nodes from migrating until the end of the transaction. SQLite has one writer anyway.
pub(crate) async fn lock(tx: &mut Tx) -> StoreResult<()> {
    if let Tx::Postgres(inner) = tx {
        sqlx::query(LOCK).execute(&mut **inner).await?;
    }
    Ok(())
}

/// Refuses a schema with steps that this program does not know.
pub(crate) fn must_know(schema: &[i64]) -> StoreResult<()> {
    let unknown: Vec<_> =
        schema.iter().filter(|number| MIGRATIONS.iter().all(|step| step.number != **number)).collect();
    if unknown.is_empty() {
        return Ok(());
    }
    Err(StoreError::Setup(format!(
        "it was written by a newer program, with schema steps {unknown:?} that this one does not know; use that program"
    )))
}

/// Takes exactly these steps of an empty database.
pub(crate) async fn bring_to(tx: &mut Tx, schema: &[i64]) -> StoreResult<()> {
    let steps: Vec<_> = MIGRATIONS.iter().filter(|step| schema.contains(&step.number)).copied().collect();
    take(tx, &steps).await.map(drop)
}

/// Takes all steps that are missing.
pub(crate) async fn bring_up(tx: &mut Tx) -> StoreResult<Migrated> {
    take(tx, MIGRATIONS).await
}

async fn take(tx: &mut Tx, steps: &[Migration]) -> StoreResult<Migrated> {
    on!(&mut *tx, |conn| sqlx::query(CREATE_LOG).execute(conn).await.map(drop))?;
    let applied = applied(tx).await?;
    must_live_with(tx, &applied, steps).await?;
    let newer = applied.iter().copied().filter(|number| steps.iter().all(|step| step.number != *number)).collect();
    let mut migrated = Migrated { taken: Vec::new(), newer };
    for step in steps.iter().filter(|step| !applied.contains(&step.number)) {
        on!(&mut *tx, |conn| sqlx::raw_sql(step.sql).execute(conn).await.map(drop))?;
        on!(&mut *tx, |conn| sqlx::query(RECORD).bind(step.number).bind(step.name).execute(conn).await.map(drop))?;
        if step.effect == Effect::Breaks {
            on!(&mut *tx, |conn| sqlx::query(MARK).bind(step.number).execute(conn).await.map(drop))?;
        }
        migrated.taken.push(step.number);
    }
    Ok(migrated)
}

/// Refuses steps that these do not know and that say that they break.
async fn must_live_with(tx: &mut Tx, applied: &[i64], steps: &[Migration]) -> StoreResult<()> {
    let is_unknown = |number: &&i64| steps.iter().all(|step| step.number != **number);
    if !applied.iter().any(|number| is_unknown(&number)) {
        return Ok(());
    }
    let known: Vec<i64> = steps.iter().map(|step| step.number).collect();
    let text = fill(tx.engine(), BREAKING, known.len());
    let breaking: Vec<(i64, String)> = on!(tx, |conn| {
        let mut query = sqlx::query_as(sqlx::AssertSqlSafe(text.as_str())).persistent(false);
        for number in &known {
            query = query.bind(*number);
        }
        query.fetch_all(conn).await
    })?;
    match breaking.first() {
        None => Ok(()),
        Some((number, name)) => Err(StoreError::Setup(format!(
            "a newer program changed the database in a way that this one cannot live with (step {number}, {name}); \
             start the newer program"
        ))),
    }
}
