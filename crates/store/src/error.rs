//! What can go wrong in the store, told apart by what the caller may do about it.

/// The result of every function of this crate.
pub type StoreResult<T> = Result<T, StoreError>;

/// A fault of the database, or a row that is not what we wrote.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the database is locked by another program; end it, or wait and try again")]
    Locked,
    #[error("the disk with the database is full; free some space, nothing was lost")]
    DiskFull,
    #[error("the database cannot be reached: {0}")]
    Away(String),
    #[error("`{0}` is not in the database")]
    Missing(String),
    #[error("the row {row} is damaged: {what}")]
    Damaged { row: String, what: String },
    #[error("{0}")]
    Setup(String),
    #[error("the database refused a statement: {0}")]
    Sql(#[source] sqlx::Error),
}

impl StoreError {
    /// Trying the same again later can succeed.
    pub const fn is_temporary(&self) -> bool {
        matches!(self, Self::Locked | Self::DiskFull | Self::Away(_))
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        if let sqlx::Error::Database(database) = &error {
            // SQLite: 5 BUSY, 6 LOCKED, 13 FULL, with extended codes above the low byte.
            // PostgreSQL: class 53 insufficient resources, 40001/40P01 serialisation and deadlock.
            let code = database.code().unwrap_or_default().into_owned();
            let sqlite = code.parse::<i64>().map_or(0, |n| n & 0xff);
            return match (code.as_str(), sqlite) {
                ("53100", _) | (_, 13) => Self::DiskFull,
                ("40001" | "40P01", _) | (_, 5 | 6) => Self::Locked,
                // Class 08 connection, 57P0x shutdown, 25006 a standby, 25P03 frozen too long in a transaction, 53300 full.
                ("57P01" | "57P02" | "57P03" | "25006" | "25P03" | "53200" | "53300", _) => {
                    Self::Away(database.message().to_owned())
                }
                (code, _) if code.len() == 5 && code.starts_with("08") => Self::Away(database.message().to_owned()),
                _ => Self::Sql(error),
            };
        }
        let away = matches!(
            error,
            sqlx::Error::Io(_)
                | sqlx::Error::Tls(_)
                | sqlx::Error::PoolTimedOut
                | sqlx::Error::PoolClosed
                | sqlx::Error::WorkerCrashed
        );
        if away { Self::Away(error.to_string()) } else { Self::Sql(error) }
    }
}
