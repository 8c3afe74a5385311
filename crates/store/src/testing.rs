//! Fresh databases for tests, on both engines: the tests of every crate run their store on the real thing.

use schoolbell_domain::ids::{BroadcastId, IdMaker};

use crate::db::{Db, Engine, Synchronous};
use crate::error::{StoreError, StoreResult};
use crate::migrate::migrate;
use crate::on;

/// Names the server on which PostgreSQL's half runs: `postgres://user@127.0.0.1:port/postgres`.
pub const SERVER_VARIABLE: &str = "SCHOOLBELL_TEST_POSTGRES";

/// A SQLite database in a folder that goes away with it.
pub struct SqliteFile {
    pub db: Db,
    folder: tempfile::TempDir,
}

impl SqliteFile {
    /// The file, to open it a second time.
    pub fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("test.db")
    }
}

/// A fresh, migrated SQLite database.
pub async fn sqlite() -> StoreResult<SqliteFile> {
    let folder = tempfile::tempdir().map_err(|error| StoreError::Setup(error.to_string()))?;
    let db = Db::open(&format!("sqlite:{}", folder.path().join("test.db").display()), Synchronous::Normal).await?;
    migrate(&db).await?;
    Ok(SqliteFile { db, folder })
}

/// The PostgreSQL server for tests, if one is named.
pub fn postgres_server() -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "tests are told their server by the script that starts it")]
    let server = std::env::var(SERVER_VARIABLE);
    server.ok().filter(|server| !server.is_empty())
}

/// A fresh, migrated database on the server, and its address; [`drop_postgres`] removes it.
pub async fn postgres(server: &str) -> StoreResult<(Db, String)> {
    let name = format!("schoolbell_test_{}_{}", std::process::id(), unique());
    run_on_server(server, &format!("CREATE DATABASE {name}")).await?;
    let url = server.rsplit_once('/').map_or_else(|| format!("{server}/{name}"), |(base, _)| format!("{base}/{name}"));
    let db = Db::open_postgres(&url, 8).await?;
    migrate(&db).await?;
    Ok((db, url))
}

/// Closes the database and removes it from the server.
pub async fn drop_postgres(server: &str, db: Db, url: &str) -> StoreResult<()> {
    db.close().await;
    let name = url.rsplit('/').next().unwrap_or_default();
    run_on_server(server, &format!("DROP DATABASE {name} WITH (FORCE)")).await
}

/// Runs the body on a fresh SQLite file, then on a fresh PostgreSQL database of the server that
/// [`SERVER_VARIABLE`] names. Without that variable it says loudly that the second half was left out.
pub async fn on_both<E>(body: impl AsyncFn(Db) -> Result<(), E>) -> Result<(), E>
where
    E: From<StoreError>,
{
    let file = sqlite().await?;
    body(file.db.clone()).await?;
    file.db.close().await;
    let Some(server) = postgres_server() else {
        eprintln!("!! SKIPPED on PostgreSQL: {SERVER_VARIABLE} is not set; run it under scripts/with-postgres");
        return Ok(());
    };
    let (db, url) = postgres(&server).await?;
    body(db.clone()).await?;
    Ok(drop_postgres(&server, db, &url).await?)
}

/// Lets the database take nothing more: SQLite by its own limit, PostgreSQL by a trigger that says what the server says
/// itself when its disk is full.
pub async fn fill_up(db: &Db) -> StoreResult<()> {
    match db.engine() {
        Engine::Sqlite => {
            let mut tx = db.begin().await?;
            let pages: i64 = on!(&mut tx, |conn| sqlx::query_scalar("PRAGMA page_count").fetch_one(conn).await)?;
            drop(tx);
            db.run_outside_transaction(&format!("PRAGMA max_page_count = {pages}")).await
        }
        Engine::Postgres => {
            db.run_outside_transaction(
                "CREATE FUNCTION no_room() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'could not extend file' \
                 USING ERRCODE = '53100'; END $$ LANGUAGE plpgsql; \
                 CREATE TRIGGER no_room BEFORE INSERT ON attempt EXECUTE FUNCTION no_room()",
            )
            .await
        }
    }
}

/// Undoes [`fill_up`].
pub async fn make_room(db: &Db) -> StoreResult<()> {
    db.run_outside_transaction(match db.engine() {
        Engine::Sqlite => "PRAGMA max_page_count = 4294967294",
        Engine::Postgres => "DROP TRIGGER no_room ON attempt",
    })
    .await
}

/// A hundred broadcasts that are over, with so many deliveries between them and their counters; answers one of them.
pub async fn fill_deliveries(db: &Db, rows: i64) -> StoreResult<BroadcastId> {
    let numbers = match db.engine() {
        Engine::Sqlite => {
            "WITH RECURSIVE counted (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM counted WHERE n + 1 < {rows})"
        }
        Engine::Postgres => "WITH counted (n) AS (SELECT generate_series(0, {rows} - 1)::bigint)",
    };
    let fill = [
        "INSERT INTO broadcast (id, state, category, title, draft, version, created_by, created_at, updated_at, sent_by, \
         sent_at, expires_at, expanded_at, finished_at) \
         {numbers} SELECT 1000 + n, 'finished', 'general', 'Newsletter ' || n, \
         '{\"title\":\"Newsletter\",\"category\":\"general\"}', 1, 0, n, n, 0, n, n + 1, n, n FROM counted WHERE n < 100",
        "INSERT INTO delivery (id, origin_id, origin_kind, channel, person_id, school_id, address, merge_group, children, \
         basis, state, reason, priority, urgent, not_before, expires_at, attempts, created_at, updated_at) \
         {numbers} SELECT 1000000 + n, 1000 + n % 100, 1, 3, n, 1, 'family' || n || '@example.org', 0, '', '', 4, 0, 50, \
         FALSE, n, n, 1, n, n FROM counted",
        "INSERT INTO tally (origin_id, channel, school_id, state, reason, count) \
         SELECT origin_id, channel, school_id, state, reason, COUNT(*) FROM delivery GROUP BY 1, 2, 3, 4, 5",
    ];
    for statement in fill {
        let statement = statement.replace("{numbers}", numbers).replace("{rows}", &rows.max(100).to_string());
        db.run_outside_transaction(&statement).await?;
    }
    Ok(BroadcastId::from_raw(1_000))
}

/// Ids for rows of tests.
pub fn ids() -> IdMaker {
    IdMaker::new(1)
}

/// Runs one statement on the server, outside of any transaction.
pub async fn run_on_server(server: &str, statement: &str) -> StoreResult<()> {
    let db = Db::open_postgres(server, 1).await?;
    db.run_outside_transaction(statement).await?;
    db.close().await;
    Ok(())
}

fn unique() -> u64 {
    static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1);
    NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed)
}
