//! A database built from a backup: a new life of it, which sends nothing of the old one until a person says so.

use std::io::Read;

use jiff::Timestamp;
use schoolbell_domain::delivery::DeliveryState;
use schoolbell_domain::permission::{Act, Scope};
use schoolbell_store::carry::restore::restore;
use schoolbell_store::carry::{Head, Onto, TableEnd};
use schoolbell_store::write::attempts::{self, AttemptEnd, EndedAttempt};
use schoolbell_store::write::instance::{self, Began};
use schoolbell_store::write::queue::{self, Standing};
use schoolbell_store::write::tallies::{self, Moves};
use schoolbell_store::{StoreResult, Tx, read};
use serde_json::json;

use super::audit::tell;
use crate::error::CommandResult;
use crate::jobs::RUN_WHILE_HELD;
use crate::{Actor, Engine};

/// Rows settled at once.
const BATCH: i64 = 1_000;

/// Builds the database from a backup that was checked, in one commit. What was queued is held; what was being sent is
/// unconfirmed, urgent or not, and never goes again: whoever had it has sent it. Nobody stays signed in.
pub async fn restore_backup(
    engine: &Engine,
    actor: &Actor,
    (backup, onto): (impl Read, Onto),
    told: impl FnMut(&TableEnd),
) -> CommandResult<Head> {
    actor.must(Act::ReleaseHeld, Scope::District)?;
    let now = engine.now();
    engine
        .db
        .write("restore", async |tx| {
            let head = restore(tx, backup, onto, told).await?;
            let epoch = read::instance::epoch(tx).await?.max(head.epoch) + 1;
            instance::begin(tx, epoch, Began::Restore, (now, head.taken_at)).await?;
            settle_what_was_being_sent(tx, now).await?;
            instance::hold(tx, RUN_WHILE_HELD).await?;
            let detail = json!({ "epoch": epoch, "taken_at": head.taken_at, "program": head.program });
            tell(engine, tx, actor, ("restore_backup", "district"), detail).await?;
            Ok(head)
        })
        .await
}

async fn settle_what_was_being_sent(tx: &mut Tx, now: Timestamp) -> StoreResult<()> {
    loop {
        let rows = queue::lock_lost(tx, Timestamp::MAX, BATCH).await?;
        if rows.is_empty() {
            return Ok(());
        }
        let mut moves = Moves::default();
        let steps: Vec<_> = rows.iter().map(|row| row.step(DeliveryState::Unconfirmed, None)).collect();
        queue::advance(tx, now, &steps, &mut moves).await?;
        let ended: Vec<_> = rows.iter().map(lost).collect();
        attempts::end(tx, now, &ended).await?;
        tallies::apply(tx, &moves).await?;
    }
}

fn lost(row: &Standing) -> EndedAttempt {
    EndedAttempt { delivery: row.id, number: row.attempts, end: AttemptEnd::LeaseLost, code: String::new() }
}
