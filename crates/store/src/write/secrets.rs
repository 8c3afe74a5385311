//! What this installation alone knows: made when it is first needed, the same on every node.

use crate::error::StoreResult;
use crate::on;
use crate::statements;
use crate::tx::Tx;

statements! {
    KEEP = "INSERT INTO instance_secret (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";
    GET = "SELECT value FROM instance_secret WHERE name = $1";
}

/// The secret of this name; `fresh` becomes it if there was none.
pub async fn get_or_keep(tx: &mut Tx, name: &str, fresh: &str) -> StoreResult<String> {
    let known: Option<String> = on!(tx, |conn| sqlx::query_scalar(GET).bind(name).fetch_optional(conn).await)?;
    if let Some(known) = known {
        return Ok(known);
    }
    on!(tx, |conn| sqlx::query(KEEP).bind(name).bind(fresh).execute(conn).await.map(drop))?;
    Ok(on!(tx, |conn| sqlx::query_scalar(GET).bind(name).fetch_one(conn).await)?)
}
