//! SQL stands here and nowhere else: one statement text, two engines.
//!
//! [`Db`] opens SQLite or PostgreSQL, [`Tx`] is a write transaction, [`ReadTx`] a read one. Functions are grouped by
//! noun: [`read`] for what pages ask, [`mod@write`] for what commands do. A write `Tx` can be had only from [`Db`], which
//! the engine keeps; pages get a [`Reader`].

pub mod carry;
pub mod db;
pub mod dialect;
pub mod error;
mod hosts;
pub mod lease;
pub mod migrate;
pub mod notify;
pub mod read;
pub mod sql;
#[cfg(feature = "testing")]
pub mod testing;
pub mod time;
pub mod tx;
pub mod write;

pub use db::{Db, Engine, Reader, Synchronous};
pub use error::{StoreError, StoreResult};
pub use lease::Lease;
pub use tx::{ReadTx, Tx};
