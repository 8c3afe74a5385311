//! Fresh databases for tests, on both engines: the tests of every crate run their store on the real thing.

use schoolbell_domain::ids::IdMaker;

use crate::db::{Db, Synchronous};
use crate::error::{StoreError, StoreResult};
use crate::migrate::migrate;

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

/// Ids for rows of tests.
pub fn ids() -> IdMaker {
    IdMaker::new(1)
}

async fn run_on_server(server: &str, statement: &str) -> StoreResult<()> {
    let db = Db::open_postgres(server, 1).await?;
    db.run_outside_transaction(statement).await?;
    db.close().await;
    Ok(())
}

fn unique() -> u64 {
    static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1);
    NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed)
}
