//! A database built from a backup: its schema first, then every row, read back before anything is kept.

use std::io::Read;

use super::archive::{Head, Reader, Record, TableEnd};
use super::catalogue::{self, Table};
use super::rows::{digest_table, insert_rows, is_empty};
use crate::dialect::may_rest;
use crate::error::{StoreError, StoreResult};
use crate::migrate;
use crate::on;
use crate::read::district;
use crate::tx::{Reads, Tx};

/// What a restore may find.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Onto {
    /// Nothing but a schema, or not even that.
    Empty,
    /// Anything; it is thrown away.
    Whatever,
}

/// Builds the database anew from a backup that was checked, and brings it to this program's version; all in this
/// transaction, so that a fault leaves what was there.
pub async fn restore(tx: &mut Tx, input: impl Read, onto: Onto, mut tell: impl FnMut(&TableEnd)) -> StoreResult<Head> {
    may_rest(tx).await?;
    let mut reader = Reader::begin(input)?;
    rebuild(tx, onto, &reader.head().schema).await?;
    let tables = reader.head().tables.clone();
    loop {
        match reader.next_record()? {
            Record::Rows(at, rows) => {
                let table = tables.get(at).ok_or_else(|| StoreError::Missing(format!("table {at}")))?;
                insert_rows(tx, table, &rows).await?;
            }
            Record::EndOfTable(end) => {
                let table = tables.iter().find(|table| table.name == end.table);
                let table = table.ok_or_else(|| StoreError::Missing(format!("table {}", end.table)))?;
                must_stand(tx, table, &end).await?;
                tell(&end);
            }
            Record::End => break,
        }
    }
    migrate::bring_up(tx).await?;
    Ok(reader.head().clone())
}

/// Leaves the tables of these migrations, all of them empty.
pub(super) async fn rebuild(tx: &mut Tx, onto: Onto, schema: &[i64]) -> StoreResult<()> {
    migrate::must_know(schema)?;
    migrate::lock(tx).await?;
    if onto == Onto::Empty {
        must_be_empty(tx).await?;
    }
    let mut tables: Vec<String> = catalogue::tables(tx).await?.into_iter().rev().map(|table| table.name).collect();
    tables.push(catalogue::LOG.to_owned());
    for table in tables {
        let text = sqlx::AssertSqlSafe(format!("DROP TABLE IF EXISTS \"{table}\""));
        on!(&mut *tx, |conn| sqlx::raw_sql(text).execute(conn).await.map(drop))?;
    }
    migrate::bring_to(tx, schema).await?;
    // A step may have put in a row of its own, which the copied ones bring along.
    for table in catalogue::tables(tx).await?.into_iter().rev() {
        let text = sqlx::AssertSqlSafe(format!("DELETE FROM \"{}\"", table.name));
        on!(&mut *tx, |conn| sqlx::raw_sql(text).execute(conn).await.map(drop))?;
    }
    Ok(())
}

/// Tables that the schema itself fills.
const BORN_FILLED: &[&str] = &["policy_record"];

/// Refuses a database that holds anything.
async fn must_be_empty(reads: &mut impl Reads) -> StoreResult<()> {
    let mut filled = None;
    let tables = catalogue::tables(reads).await?;
    for table in tables.iter().filter(|table| !BORN_FILLED.contains(&table.name.as_str())) {
        if !is_empty(reads, table).await? {
            filled = Some(table.name.clone());
            break;
        }
    }
    let Some(filled) = filled else { return Ok(()) };
    let name = match tables.iter().find(|table| table.name == "district") {
        Some(_) => district::lookup_district(reads).await?.map(|district| district.name),
        None => None,
    };
    let whose = name.map_or_else(|| format!("table {filled} has rows"), |name| format!("it holds the district {name}"));
    Err(StoreError::Setup(format!(
        "the database is not empty: {whose}; name an empty one, or say --replace to throw away what is there"
    )))
}

/// Reads back what was written.
pub(super) async fn must_stand(tx: &mut Tx, table: &Table, end: &TableEnd) -> StoreResult<()> {
    let stands = digest_table(tx, table).await?;
    if (stands.rows, stands.hex()) == (end.rows, end.digest.clone()) {
        return Ok(());
    }
    Err(StoreError::Setup(format!(
        "table {} reads back differently: {} rows were to be written, {} stand; nothing was kept",
        table.name, end.rows, stands.rows
    )))
}
