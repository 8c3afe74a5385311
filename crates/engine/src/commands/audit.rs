//! The audit line of an act.

use schoolbell_store::write::audit::{Told, append};
use schoolbell_store::{StoreResult, Tx};
use serde_json::Value;

use crate::{Actor, Engine};

/// Writes the line of an act. Call it last in the transaction.
pub(crate) async fn tell(
    engine: &Engine,
    tx: &mut Tx,
    actor: &Actor,
    (action, subject): (&str, &str),
    detail: Value,
) -> StoreResult<()> {
    let detail = detail.to_string();
    let told = Told { id: engine.next_id(), at: engine.now(), actor: &actor.name, action, subject, detail: &detail };
    append(tx, told).await.map(drop)
}
