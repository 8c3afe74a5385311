//! A district moved from one database to another, for good: the one it left is not served any more.

use schoolbell_domain::permission::{Act, Scope};
use schoolbell_store::carry::{Onto, TableEnd, copy};
use schoolbell_store::write::instance::{self, Began};
use schoolbell_store::{Db, StoreError, migrate, read};
use serde_json::json;

use super::audit::tell;
use crate::error::{CommandError, CommandResult};
use crate::{Actor, Engine};

/// How a move ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moved {
    Now,
    /// An earlier run had copied everything and broke off before it closed the old database; now that is done.
    Before,
}

/// What a move itself changes in the new database; the rest must be the same at both ends.
const CHANGED_BY_MOVING: [&str; 4] = ["audit", "district", "gateway", "instance"];

/// Copies the district of `from` into the database of `engine`, table by table, reads every table back, and only then
/// keeps it and closes `from`. Broken off anywhere, it can be run again.
pub async fn move_district(
    from: &Db,
    engine: &Engine,
    (actor, onto): (&Actor, Onto),
    told: impl FnMut(&TableEnd),
) -> CommandResult<Moved> {
    actor.must(Act::ReleaseHeld, Scope::District)?;
    let now = engine.now();
    let standing = migrate::standing(from).await?;
    if !standing.missing.is_empty() || !standing.newer.is_empty() {
        return refused("the old database is not of this program's version; run `schoolbell migrate` on it first");
    }
    let mut view = from.read().await?;
    let current = read::instance::current(&mut view).await?;
    if let Some(moved_at) = current.as_ref().and_then(|current| current.moved_at) {
        return refused(&format!("the district was moved from this database at {moved_at} already"));
    }
    if read::checks::is_at_work(&mut view, now).await? {
        return refused("a program is at work on the old database; stop every `schoolbell serve` on it first");
    }
    let Some(left) = read::district::lookup_identity(&mut view).await? else {
        return refused("the old database holds no district");
    };
    let epoch = current.map_or(1, |current| current.epoch);
    let moved = if onto == Onto::Empty && stands_there(engine, &left).await? {
        must_be_the_same(&mut view, engine).await?;
        Moved::Before
    } else {
        engine
            .db
            .write("move the district", async |tx| {
                copy::copy(&mut view, tx, onto, told).await?;
                instance::begin(tx, epoch + 1, Began::Move, (now, now)).await?;
                tell(engine, tx, actor, ("move_district", "district"), json!({ "epoch": epoch + 1 })).await?;
                Ok::<_, StoreError>(())
            })
            .await?;
        Moved::Now
    };
    drop(view);
    from.write("close the old database", async |tx| instance::leave(tx, epoch, now).await).await?;
    Ok(moved)
}

fn refused<T>(sentence: &str) -> CommandResult<T> {
    Err(CommandError::refused("move", sentence))
}

/// Whether the very same district is in the new database; another one, or a half of one, is refused by the copy.
async fn stands_there(engine: &Engine, left: &read::district::Identity) -> CommandResult<bool> {
    if migrate::standing(&engine.db).await?.stands == 0 {
        return Ok(false);
    }
    let mut there = engine.db.read().await?;
    Ok(read::district::lookup_identity(&mut there).await?.as_ref() == Some(left))
}

async fn must_be_the_same(view: &mut schoolbell_store::ReadTx, engine: &Engine) -> CommandResult<()> {
    let mut there = engine.db.read().await?;
    let differing = copy::compare(view, &mut there, &CHANGED_BY_MOVING).await?;
    if differing.is_empty() {
        return Ok(());
    }
    refused(&format!(
        "the new database holds this district already, and differs in {}; if nobody works on it, say --replace",
        differing.join(", ")
    ))
}
