//! A district moved from one database into another, table by table, and compared at both ends.

use super::archive::TableEnd;
use super::catalogue;
use super::restore::{Onto, must_stand, rebuild};
use super::rows::{RowsDigest, digest_table, insert_rows, read_table, to_line};
use crate::dialect::may_rest;
use crate::error::StoreResult;
use crate::migrate;
use crate::tx::{ReadTx, Reads, Tx};

/// Copies everything that `from` sees into `to`, which is rebuilt. Nothing is kept before the caller commits, and a
/// table that does not read back with the same digest fails the whole.
pub async fn copy(from: &mut ReadTx, to: &mut Tx, onto: Onto, mut tell: impl FnMut(&TableEnd)) -> StoreResult<()> {
    may_rest(from.tx()).await?;
    may_rest(to).await?;
    rebuild(to, onto, &migrate::applied(from).await?).await?;
    for table in catalogue::tables(from).await? {
        let mut digest = RowsDigest::default();
        read_table(from, &table, async |rows| {
            for row in &rows {
                digest.add(&to_line(row));
            }
            insert_rows(to, &table, &rows).await
        })
        .await?;
        let end = TableEnd { table: table.name.clone(), rows: digest.rows, digest: digest.hex() };
        must_stand(to, &table, &end).await?;
        tell(&end);
    }
    migrate::bring_up(to).await.map(drop)
}

/// The tables that do not hold the same rows at both ends, those of `apart` left out.
pub async fn compare(from: &mut ReadTx, to: &mut ReadTx, apart: &[&str]) -> StoreResult<Vec<String>> {
    may_rest(from.tx()).await?;
    may_rest(to.tx()).await?;
    let mut differing = Vec::new();
    let there = catalogue::tables(to).await?;
    for table in catalogue::tables(from).await? {
        if apart.contains(&table.name.as_str()) {
            continue;
        }
        let same = match there.iter().find(|other| other.name == table.name) {
            Some(_) => digest_table(from, &table).await? == digest_table(to, &table).await?,
            None => false,
        };
        if !same {
            differing.push(table.name);
        }
    }
    Ok(differing)
}
