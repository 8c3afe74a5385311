//! Instants in columns: UTC milliseconds.

use jiff::Timestamp;

use crate::error::{StoreError, StoreResult};

/// The instant of a column of milliseconds.
pub fn instant(ms: i64) -> StoreResult<Timestamp> {
    Timestamp::from_millisecond(ms)
        .map_err(|error| StoreError::Damaged { row: "a time".to_owned(), what: error.to_string() })
}
