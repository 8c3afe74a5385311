//! Hints between the nodes on one PostgreSQL database. They may get lost: whoever needs certainty looks at the rows.

use sqlx::postgres::PgListener;

use crate::db::Db;
use crate::error::StoreResult;

/// All nodes of a district listen here.
const CHANNEL: &str = "schoolbell";
const NOTIFY: &str = "SELECT pg_notify($1, $2)";
/// PostgreSQL takes 8,000 octets.
pub const MOST_OCTETS: usize = 7_900;

/// What came, or that something may have been missed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    Text(String),
    /// The connection was lost and is there again.
    Gap,
}

/// An ear of one node.
#[derive(Debug)]
pub struct Listener(PgListener);

impl Db {
    /// Tells every node that listens, this one too. Nothing happens on SQLite, which has one node.
    pub async fn notify(&self, text: &str) -> StoreResult<()> {
        if let Some(pool) = self.postgres() {
            sqlx::query(NOTIFY).bind(CHANNEL).bind(text).execute(pool).await?;
        }
        Ok(())
    }

    /// Begins to listen; `None` on SQLite.
    pub async fn listen(&self) -> StoreResult<Option<Listener>> {
        let Some(pool) = self.postgres() else { return Ok(None) };
        let mut listener = PgListener::connect_with(pool).await?;
        listener.listen(CHANNEL).await?;
        Ok(Some(Listener(listener)))
    }
}

impl Listener {
    /// Waits for the next hint.
    pub async fn hear(&mut self) -> StoreResult<Heard> {
        Ok(self.0.try_recv().await?.map_or(Heard::Gap, |heard| Heard::Text(heard.payload().to_owned())))
    }
}
