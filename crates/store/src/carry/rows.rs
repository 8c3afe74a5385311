//! Rows of any table: read in a stream, told apart by a digest, written in sets.

use futures::TryStreamExt;
use serde_json::Value;
use sha2::{Digest, Sha256};
use sqlx::{AssertSqlSafe, Row as _};

use super::catalogue::{Kind, Table};
use crate::error::{StoreError, StoreResult};
use crate::on;
use crate::sql::{fill, rows_that_fit};
use crate::tx::{Reads, Tx};

/// One value.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    Null,
    Int(i64),
    Text(String),
    Bool(bool),
    Real(f64),
    Bytes(Vec<u8>),
}

/// The values of one row, in the order of its table's columns.
pub type Row = Vec<Cell>;

/// How many rows, and what they hold: the same on both engines, whatever order they come in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RowsDigest {
    pub rows: u64,
    sum: [u64; 4],
}

/// Rows read or written at once.
const SET: usize = 500;

impl Cell {
    fn to_json(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Int(number) => Value::from(*number),
            Self::Text(text) => Value::from(text.as_str()),
            Self::Bool(truth) => Value::from(*truth),
            // As text, so that the number read back is the number written, infinity included.
            Self::Real(number) => Value::from(number.to_string()),
            Self::Bytes(bytes) => Value::from(to_hex(bytes)),
        }
    }

    fn from_json(kind: Kind, value: Value) -> Option<Self> {
        Some(match (kind, value) {
            (_, Value::Null) => Self::Null,
            (Kind::Int, value) => Self::Int(value.as_i64()?),
            (Kind::Bool, value) => Self::Bool(value.as_bool()?),
            (Kind::Text, Value::String(text)) => Self::Text(text),
            (Kind::Real, Value::String(text)) => Self::Real(text.parse().ok()?),
            (Kind::Bytes, Value::String(text)) => Self::Bytes(from_hex(&text)?),
            (Kind::Text | Kind::Real | Kind::Bytes, _) => return None,
        })
    }
}

fn to_hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes().chunks(2);
    digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

/// A row as one line of JSON, without its end.
pub fn to_line(row: &[Cell]) -> String {
    Value::Array(row.iter().map(Cell::to_json).collect()).to_string()
}

/// The row of a line; `None` if the line is no row of this table.
pub fn from_line(table: &Table, line: &str) -> Option<Row> {
    let Ok(Value::Array(values)) = serde_json::from_str(line) else { return None };
    if values.len() != table.columns.len() {
        return None;
    }
    table.columns.iter().zip(values).map(|(column, value)| Cell::from_json(column.kind, value)).collect()
}

impl RowsDigest {
    /// Takes one row more, as its line.
    pub fn add(&mut self, line: &str) {
        self.rows += 1;
        let hash = Sha256::digest(line.as_bytes());
        for (sum, part) in self.sum.iter_mut().zip(hash.chunks_exact(8)) {
            let part = part.try_into().map(u64::from_be_bytes).unwrap_or_default();
            *sum = sum.wrapping_add(part);
        }
    }

    pub fn of(rows: &[Row]) -> Self {
        let mut digest = Self::default();
        for row in rows {
            digest.add(&to_line(row));
        }
        digest
    }

    /// The sum of the SHA-256 of the rows, by four halves of halves.
    pub fn hex(&self) -> String {
        to_hex(self.sum.map(u64::to_be_bytes).as_flattened())
    }
}

macro_rules! cells {
    ($row:expr, $table:expr) => {
        $table
            .columns
            .iter()
            .enumerate()
            .map(|(at, column)| {
                Ok(match column.kind {
                    Kind::Int => $row.try_get::<Option<i64>, _>(at)?.map(Cell::Int),
                    Kind::Text => $row.try_get::<Option<String>, _>(at)?.map(Cell::Text),
                    Kind::Bool => $row.try_get::<Option<bool>, _>(at)?.map(Cell::Bool),
                    Kind::Real => $row.try_get::<Option<f64>, _>(at)?.map(Cell::Real),
                    Kind::Bytes => $row.try_get::<Option<Vec<u8>>, _>(at)?.map(Cell::Bytes),
                }
                .unwrap_or(Cell::Null))
            })
            .collect::<Result<Row, sqlx::Error>>()
    };
}

/// Reads a whole table as a stream, a set of rows at a time; never more than one set is in memory.
pub async fn read_table(
    reads: &mut impl Reads,
    table: &Table,
    mut each: impl AsyncFnMut(Vec<Row>) -> StoreResult<()>,
) -> StoreResult<()> {
    let text = format!("SELECT {} FROM \"{}\"", table.column_list(), table.name);
    let mut set = Vec::with_capacity(SET);
    on!(reads.tx(), |conn| {
        let mut stream = sqlx::query(AssertSqlSafe(text.as_str())).persistent(false).fetch(conn);
        while let Some(row) = stream.try_next().await? {
            set.push(cells!(row, table)?);
            if set.len() == SET {
                each(std::mem::take(&mut set)).await?;
            }
        }
    });
    if set.is_empty() { Ok(()) } else { each(set).await }
}

/// How many rows stand in a table, and their digest.
pub async fn digest_table(reads: &mut impl Reads, table: &Table) -> StoreResult<RowsDigest> {
    let mut digest = RowsDigest::default();
    read_table(reads, table, async |rows| {
        for row in &rows {
            digest.add(&to_line(row));
        }
        Ok(())
    })
    .await?;
    Ok(digest)
}

/// Whether the table has any row.
pub async fn is_empty(reads: &mut impl Reads, table: &Table) -> StoreResult<bool> {
    let text = format!("SELECT 1 FROM \"{}\" LIMIT 1", table.name);
    let row =
        on!(reads.tx(), |conn| sqlx::query(AssertSqlSafe(text)).fetch_optional(conn).await.map(|row| row.is_some()))?;
    Ok(!row)
}

/// Writes rows into the table as they are.
pub async fn insert_rows(tx: &mut Tx, table: &Table, rows: &[Row]) -> StoreResult<()> {
    let columns = table.columns.len();
    let mark = format!("INSERT INTO \"{}\" ({}) VALUES {{rows:{columns}@1}}", table.name, table.column_list());
    for chunk in rows.chunks(rows_that_fit(columns, SET)) {
        let text = fill(tx.engine(), &mark, chunk.len());
        let written = on!(&mut *tx, |conn| {
            let mut query = sqlx::query(AssertSqlSafe(text.as_str())).persistent(chunk.len() == SET);
            for row in chunk {
                for (cell, column) in row.iter().zip(&table.columns) {
                    query = match column.kind {
                        Kind::Int => query.bind(if let Cell::Int(value) = cell { Some(*value) } else { None }),
                        Kind::Text => query.bind(if let Cell::Text(value) = cell { Some(value) } else { None }),
                        Kind::Bool => query.bind(if let Cell::Bool(value) = cell { Some(*value) } else { None }),
                        Kind::Real => query.bind(if let Cell::Real(value) = cell { Some(*value) } else { None }),
                        Kind::Bytes => query.bind(if let Cell::Bytes(value) = cell { Some(value) } else { None }),
                    };
                }
            }
            query.execute(conn).await.map(|done| done.rows_affected())
        })?;
        if written != chunk.len() as u64 {
            return Err(StoreError::Setup(format!("table {}: {written} of {} rows went in", table.name, chunk.len())));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::catalogue::Column;
    use super::*;

    #[test]
    fn every_value_reads_back_as_it_was_written() {
        let kinds = [Kind::Int, Kind::Text, Kind::Bool, Kind::Real, Kind::Real, Kind::Bytes, Kind::Int];
        let columns = kinds.map(|kind| Column { name: "c".to_owned(), kind }).to_vec();
        let table = Table { name: "t".to_owned(), columns };
        let row = vec![
            Cell::Int(i64::MIN),
            Cell::Text("Zoë \"1\"\n\u{1f514}".to_owned()),
            Cell::Bool(true),
            Cell::Real(0.1 + 0.2),
            Cell::Real(f64::INFINITY),
            Cell::Bytes(vec![0, 255, 16]),
            Cell::Null,
        ];
        assert_eq!(from_line(&table, &to_line(&row)), Some(row));
        assert_eq!(from_line(&table, "[1]"), None);
        assert_eq!(from_line(&table, "[\"1\",\"a\",true,\"1\",\"1\",\"00\",null]"), None);
    }

    #[test]
    fn the_digest_does_not_mind_the_order_and_minds_everything_else() {
        let (one, other) = (vec![Cell::Int(1)], vec![Cell::Int(2)]);
        let both = RowsDigest::of(&[one.clone(), other.clone()]);
        assert_eq!(both, RowsDigest::of(&[other.clone(), one.clone()]));
        assert_ne!(both.hex(), RowsDigest::of(&[one.clone(), one.clone()]).hex());
        assert_ne!(both.hex(), RowsDigest::of(&[one]).hex());
    }
}
