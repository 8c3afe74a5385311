//! What stood before an import, gathered while it is applied.

use schoolbell_store::write::roster::{Change, RosterRow, log_changes};
use schoolbell_store::{StoreError, StoreResult, Tx};

/// Keys of new rows that one entry holds, and entries that make a statement.
const KEYS: usize = 100;

/// Collects entries and writes them in sets.
pub(crate) struct Log {
    import: i64,
    seq: i64,
    waiting: Vec<Change>,
}

impl Log {
    pub(crate) fn new(import: i64) -> Self {
        Self { import, seq: 0, waiting: Vec::new() }
    }

    /// Rows that nobody has seen before.
    pub(crate) fn new_rows<R: RosterRow>(&mut self, rows: &[R]) {
        for chunk in rows.chunks(KEYS) {
            let keys: Vec<String> = chunk.iter().map(R::key).collect();
            self.push(R::ENTITY, keys.join(" "), None);
        }
    }

    /// Rows as they stood.
    pub(crate) fn old_rows<R: RosterRow>(&mut self, rows: &[R]) -> StoreResult<()> {
        for row in rows {
            let text = serde_json::to_string(row).map_err(|error| StoreError::Setup(error.to_string()))?;
            self.push(R::ENTITY, row.key(), Some(text));
        }
        Ok(())
    }

    fn push(&mut self, entity: &'static str, row_key: String, before: Option<String>) {
        self.seq += 1;
        self.waiting.push(Change { seq: self.seq, entity, row_key, before });
    }

    /// Writes what has gathered, if that is enough for a statement.
    pub(crate) async fn write_if_many(&mut self, tx: &mut Tx) -> StoreResult<()> {
        if self.waiting.len() < KEYS {
            return Ok(());
        }
        self.write(tx).await
    }

    /// Writes what has gathered.
    pub(crate) async fn write(&mut self, tx: &mut Tx) -> StoreResult<()> {
        log_changes(tx, self.import, &self.waiting).await?;
        self.waiting.clear();
        Ok(())
    }
}
