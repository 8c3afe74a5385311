//! The tables of a database as it stands, with the kinds of their columns: nothing to keep in step by hand.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::dialect;
use crate::error::{StoreError, StoreResult};
use crate::on;
use crate::tx::Reads;

/// What a column holds; the portable types of `ARCHITECTURE.md` §6 and no others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Int,
    Text,
    Bool,
    Real,
    Bytes,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    pub name: String,
    pub kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    pub name: String,
    pub columns: Vec<Column>,
}

/// The log of the migrations; it belongs to the schema, not to the district.
pub const LOG: &str = "schema_migration";

impl Kind {
    /// From the word in `CREATE TABLE`, as either engine gives it back.
    fn from_word(word: &str) -> Option<Self> {
        match word.to_ascii_lowercase().as_str() {
            "bigint" => Some(Self::Int),
            "text" => Some(Self::Text),
            "boolean" => Some(Self::Bool),
            "double precision" => Some(Self::Real),
            "blob" | "bytea" => Some(Self::Bytes),
            _ => None,
        }
    }
}

impl Table {
    /// `"id", "name"`: names like `count` are words of SQL too.
    pub(super) fn column_list(&self) -> String {
        self.columns.iter().map(|column| format!("\"{}\"", column.name)).collect::<Vec<_>>().join(", ")
    }
}

/// Every table of the district but the log of the migrations, those that others refer to first.
pub async fn tables(reads: &mut impl Reads) -> StoreResult<Vec<Table>> {
    let tx = reads.tx();
    let columns = dialect::list_columns(tx);
    let columns: Vec<(String, String, String)> = on!(&mut *tx, |conn| sqlx::query_as(columns).fetch_all(conn).await)?;
    let references = dialect::list_references(tx);
    let references: Vec<(String, String)> = on!(tx, |conn| sqlx::query_as(references).fetch_all(conn).await)?;
    let mut tables: Vec<Table> = Vec::new();
    for (table, name, word) in columns.into_iter().filter(|(table, ..)| table != LOG) {
        let kind = Kind::from_word(&word).ok_or_else(|| {
            StoreError::Setup(format!("column {table}.{name} is of type `{word}`, which cannot be carried"))
        })?;
        match tables.last_mut() {
            Some(last) if last.name == table => last.columns.push(Column { name, kind }),
            Some(_) | None => tables.push(Table { name: table, columns: vec![Column { name, kind }] }),
        }
    }
    Ok(parents_first(tables, &references))
}

/// Children after their parents, otherwise by name. A table that refers to itself stands where its name puts it.
fn parents_first(mut left: Vec<Table>, references: &[(String, String)]) -> Vec<Table> {
    let mut sorted = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let names: BTreeSet<String> = left.iter().map(|table| table.name.clone()).collect();
        let waits = |table: &Table| {
            references.iter().any(|(child, parent)| *child == table.name && parent != child && names.contains(parent))
        };
        let (wait, ready): (Vec<_>, Vec<_>) = left.into_iter().partition(|table| waits(table));
        // A ring of references cannot be sorted; none is ours, and the database itself would refuse the rows.
        if ready.is_empty() {
            sorted.extend(wait);
            break;
        }
        sorted.extend(ready);
        left = wait;
    }
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parents_stand_before_their_children() {
        let table = |name: &str| Table { name: name.to_owned(), columns: vec![] };
        let references =
            [("enrollment", "section"), ("section", "school"), ("enrollment", "person"), ("person", "person")]
                .map(|(child, parent)| (child.to_owned(), parent.to_owned()));
        let tables = ["enrollment", "person", "school", "section"].map(table).to_vec();
        let sorted: Vec<_> = parents_first(tables, &references).into_iter().map(|table| table.name).collect();
        assert_eq!(sorted, ["person", "school", "section", "enrollment"]);
    }
}
