//! Puts the roster back as it stood before an import.

use schoolbell_domain::ids::ImportId;
use schoolbell_store::read::roster::{KeptChange, changes_after};
use schoolbell_store::write::roster::{let_rest, put_back};
use schoolbell_store::{StoreResult, Tx};

use super::families;

const PAGE: i64 = 1_000;

/// Undoes imports, newest first. Rows that an import brought rest; they are never deleted, since deliveries and choices
/// refer to them.
pub(crate) async fn undo(tx: &mut Tx, newest_first: &[ImportId]) -> StoreResult<()> {
    for import in newest_first {
        let mut after = 0;
        loop {
            let page = changes_after(tx, import.raw(), after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = last.0;
            for same in page.chunk_by(|one, other| one.1 == other.1 && one.3.is_some() == other.3.is_some()) {
                one_kind(tx, same).await?;
            }
        }
    }
    families::join(tx).await
}

/// Entries of one kind of row, all of them new or all of them kept.
async fn one_kind(tx: &mut Tx, entries: &[KeptChange]) -> StoreResult<()> {
    let Some((_, entity, _, _)) = entries.first() else { return Ok(()) };
    let kept: Vec<String> = entries.iter().filter_map(|entry| entry.3.clone()).collect();
    if kept.is_empty() {
        let keys: Vec<&str> = entries.iter().flat_map(|entry| entry.2.split(' ')).collect();
        let_rest(tx, entity, &keys).await
    } else {
        put_back(tx, entity, &kept).await
    }
}
