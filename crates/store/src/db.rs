//! Opening a database and its transactions.

use std::path::Path;
use std::time::Duration;

use sqlx::Connection;
use sqlx::postgres::{PgPool, PgPoolOptions};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
    SqliteTransactionManager,
};
use sqlx_core::transaction::TransactionManager;

use crate::error::{StoreError, StoreResult};
use crate::hosts;
use crate::tx::{ReadTx, Tx};

/// Which of the two engines a database runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// How far SQLite waits for the disk at a commit. `Normal` survives a crash of the program, `Full` loss of power too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Synchronous {
    Normal,
    Full,
}

/// SQLite undoes a transaction by itself when the disk is full; sqlx then finds nothing to roll back, goes on counting it
/// as open, and would refuse every later one. `false` has the connection replaced.
async fn must_be_at_rest(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    if SqliteTransactionManager::get_transaction_depth(connection) == 0 {
        return Ok(true);
    }
    if let Err(error) = sqlx::raw_sql("BEGIN").execute(&mut *connection).await {
        tracing::debug!(%error, "the transaction is still open");
    }
    SqliteTransactionManager::rollback(connection).await?;
    Ok(SqliteTransactionManager::get_transaction_depth(connection) == 0)
}

/// A database of one district. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Db {
    inner: Inner,
}

#[derive(Debug, Clone)]
enum Inner {
    /// One writer, since SQLite has one; readers beside it see the last commit.
    Sqlite {
        write: SqlitePool,
        read: SqlitePool,
    },
    Postgres(PgPool),
}

/// The read side, for pages: it cannot write.
#[derive(Debug, Clone)]
pub struct Reader {
    db: Db,
}

impl Db {
    /// Opens `sqlite:PATH` or `postgres://…`. A SQLite file is made if absent; its folder must exist.
    pub async fn open(url: &str, synchronous: Synchronous) -> StoreResult<Self> {
        if let Some(path) = url.strip_prefix("sqlite:") {
            Self::open_sqlite(Path::new(path), synchronous).await
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            Self::open_postgres(url, 16).await
        } else {
            Err(StoreError::Setup(format!(
                "`{url}` is not a database; write sqlite:data/schoolbell.db or postgres://user@host/name"
            )))
        }
    }

    async fn open_sqlite(path: &Path, synchronous: Synchronous) -> StoreResult<Self> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(match synchronous {
                Synchronous::Normal => SqliteSynchronous::Normal,
                Synchronous::Full => SqliteSynchronous::Full,
            })
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(10))
            .pragma("temp_store", "memory")
            // Negative: KiB. One writer with 16 MiB, readers share what the system caches.
            .pragma("cache_size", "-16384");
        let write = SqlitePoolOptions::new()
            .max_connections(1)
            .before_acquire(|connection, _| Box::pin(must_be_at_rest(connection)))
            .connect_with(options.clone())
            .await?;
        let read = SqlitePoolOptions::new()
            .max_connections(4)
            .connect_with(options.read_only(true).pragma("cache_size", "-4096"))
            .await?;
        Ok(Self { inner: Inner::Sqlite { write, read } })
    }

    /// The address may name several hosts; the one that takes writes is used. `connections` is the most that this node
    /// holds open.
    pub async fn open_postgres(url: &str, connections: u32) -> StoreResult<Self> {
        let all = hosts::hosts(url)?;
        let (at, watch) = hosts::first_writable(&all).await?;
        let pool = PgPoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(Duration::from_secs(10))
            .after_connect(|connection, _| Box::pin(hosts::must_write(connection)))
            .connect_with(all[at].clone())
            .await?;
        if all.len() > 1 {
            tokio::spawn(hosts::follow(pool.clone(), all, (at, watch)));
        } else {
            watch.close().await?;
        }
        Ok(Self { inner: Inner::Postgres(pool) })
    }

    pub fn engine(&self) -> Engine {
        match self.inner {
            Inner::Sqlite { .. } => Engine::Sqlite,
            Inner::Postgres(_) => Engine::Postgres,
        }
    }

    pub(crate) fn postgres(&self) -> Option<&PgPool> {
        match &self.inner {
            Inner::Sqlite { .. } => None,
            Inner::Postgres(pool) => Some(pool),
        }
    }

    pub fn reader(&self) -> Reader {
        Reader { db: self.clone() }
    }

    /// A write transaction, for callers that hold it over several steps. `write` is the usual way.
    pub async fn begin(&self) -> StoreResult<Tx> {
        Ok(match &self.inner {
            // IMMEDIATE: a transaction that reads and then writes would otherwise fail when another wrote between.
            Inner::Sqlite { write, .. } => Tx::Sqlite(write.begin_with("BEGIN IMMEDIATE").await?),
            Inner::Postgres(pool) => Tx::Postgres(pool.begin().await?),
        })
    }

    /// Runs `body` in one write transaction and commits it if the body returns `Ok`.
    ///
    /// `name` stands in the log when it fails. Await nothing but the store inside: SQLite has one writer.
    pub async fn write<T, E>(&self, name: &'static str, body: impl AsyncFnOnce(&mut Tx) -> Result<T, E>) -> Result<T, E>
    where
        E: From<StoreError>,
    {
        let mut tx = self.begin().await.inspect_err(|error| tracing::warn!(name, %error, "no transaction"))?;
        let value = body(&mut tx).await?;
        tx.commit().await.inspect_err(|error| tracing::warn!(name, %error, "commit failed"))?;
        Ok(value)
    }

    /// A read transaction: one consistent view until it is dropped.
    pub async fn read(&self) -> StoreResult<ReadTx> {
        Ok(ReadTx(match &self.inner {
            Inner::Sqlite { read, .. } => Tx::Sqlite(read.begin().await?),
            Inner::Postgres(pool) => {
                Tx::Postgres(pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?)
            }
        }))
    }

    /// For statements that no transaction takes, such as making a database.
    #[cfg(feature = "testing")]
    pub(crate) async fn run_outside_transaction(&self, statement: &str) -> StoreResult<()> {
        let statement = sqlx::AssertSqlSafe(statement.to_owned());
        match &self.inner {
            Inner::Sqlite { write, .. } => sqlx::raw_sql(statement).execute(write).await.map(drop)?,
            Inner::Postgres(pool) => sqlx::raw_sql(statement).execute(pool).await.map(drop)?,
        }
        Ok(())
    }

    /// Closes all connections; SQLite's log is folded into the file.
    pub async fn close(&self) {
        match &self.inner {
            Inner::Sqlite { write, read } => {
                read.close().await;
                write.close().await;
            }
            Inner::Postgres(pool) => pool.close().await,
        }
    }
}

impl Reader {
    /// A read transaction: one consistent view until it is dropped.
    pub async fn read(&self) -> StoreResult<ReadTx> {
        self.db.read().await
    }

    pub fn engine(&self) -> Engine {
        self.db.engine()
    }
}
