//! A backup, while everybody works: one consistent view of the database, written as a stream.

use std::io::Write;

use jiff::Timestamp;

use super::archive::{Head, TableEnd, Writer};
use super::{catalogue, rows};
use crate::dialect::may_rest;
use crate::error::StoreResult;
use crate::migrate;
use crate::read::{district, instance};
use crate::tx::{ReadTx, Reads};

/// What a backup of this database begins with.
pub async fn head(reads: &mut ReadTx, program: &str, taken_at: Timestamp) -> StoreResult<Head> {
    let district = district::lookup_district(reads).await?.map(|district| district.name).unwrap_or_default();
    let epoch = instance::epoch(reads).await?;
    let schema = migrate::applied(reads).await?;
    Ok(Head { district, taken_at, program: program.to_owned(), schema, epoch, tables: catalogue::tables(reads).await? })
}

/// Writes every table of the head; `reads` is the one view. Writers are not held up.
pub async fn write<W: Write>(
    reads: &mut ReadTx,
    head: &Head,
    out: W,
    mut tell: impl FnMut(&TableEnd),
) -> StoreResult<W> {
    may_rest(reads.tx()).await?;
    let mut writer = Writer::begin(out, head)?;
    for table in &head.tables {
        rows::read_table(reads, table, async |rows| writer.rows(&rows)).await?;
        tell(&writer.end_table(&table.name)?);
    }
    writer.finish()
}
