//! Transactions over both engines, and the macro that compiles one body for each.

use sqlx::{Postgres, Sqlite, Transaction};

use crate::db::Engine;
use crate::error::StoreResult;

/// A write transaction. Dropped without `commit`, it rolls back.
pub enum Tx {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

/// A read transaction. Functions of [`crate::read`] take `&mut impl Reads`, so that a write transaction can look too.
pub struct ReadTx(pub(crate) Tx);

impl Tx {
    pub const fn engine(&self) -> Engine {
        match self {
            Self::Sqlite(_) => Engine::Sqlite,
            Self::Postgres(_) => Engine::Postgres,
        }
    }

    pub async fn commit(self) -> StoreResult<()> {
        match self {
            Self::Sqlite(tx) => tx.commit().await?,
            Self::Postgres(tx) => tx.commit().await?,
        }
        Ok(())
    }
}

/// What a read function runs on: a read transaction, or a write one that wants to look.
pub trait Reads {
    fn tx(&mut self) -> &mut Tx;
}

impl Reads for ReadTx {
    fn tx(&mut self) -> &mut Tx {
        &mut self.0
    }
}

impl Reads for Tx {
    fn tx(&mut self) -> &mut Tx {
        self
    }
}

/// Writes the body once; the compiler checks it once for each driver. `$conn` is a `&mut` connection.
///
/// ```ignore
/// on!(tx, |conn| sqlx::query(SQL).bind(id).execute(conn).await.map(|done| done.rows_affected()))
/// ```
#[macro_export]
macro_rules! on {
    ($tx:expr, |$conn:ident| $body:expr) => {
        match $tx {
            $crate::tx::Tx::Sqlite(inner) => {
                let $conn = &mut **inner;
                $body
            }
            $crate::tx::Tx::Postgres(inner) => {
                let $conn = &mut **inner;
                $body
            }
        }
    };
}
