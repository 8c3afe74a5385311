//! A whole district, carried: into a file, out of one, from one database into the other.
//!
//! [`catalogue`] knows the tables, [`rows`] reads and writes them whatever they hold, [`archive`] is the file.
//! [`backup`] writes one from one consistent view, [`restore`] builds a database from it, [`copy`] does both without a
//! file. No rule stands here: what a restored copy may send is the engine's.

pub mod archive;
pub mod backup;
pub mod catalogue;
pub mod copy;
pub mod restore;
pub mod rows;

pub use archive::{Head, TableEnd};
pub use restore::Onto;
