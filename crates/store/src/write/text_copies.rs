//! Which text in a guardian's thread is the copy of one to the student.

use schoolbell_domain::ids::TextId;

use crate::error::StoreResult;
use crate::on;
use crate::statements;
use crate::tx::Tx;

statements! {
    NOTE = "INSERT INTO text_copy (copy_id, text_id) VALUES ($1, $2)";
    COPIES = "SELECT copy_id FROM text_copy WHERE text_id = $1 ORDER BY copy_id";
}

pub async fn note(tx: &mut Tx, text: TextId, copy: TextId) -> StoreResult<()> {
    on!(tx, |conn| sqlx::query(NOTE).bind(copy.raw()).bind(text.raw()).execute(conn).await.map(drop))?;
    Ok(())
}

/// The copies of a text.
pub async fn of(tx: &mut Tx, text: TextId) -> StoreResult<Vec<TextId>> {
    let rows: Vec<i64> = on!(tx, |conn| sqlx::query_scalar(COPIES).bind(text.raw()).fetch_all(conn).await)?;
    Ok(rows.into_iter().map(TextId::from_raw).collect())
}
