//! Does a restored copy wait for a person? Was the district moved away from here?

use schoolbell_store::read::instance;
use schoolbell_store::{Db, StoreResult};

use super::Finding;
use crate::release;

const WHAT: &str = "restore";

/// Nothing to say of a database in its first life.
pub async fn look(db: &Db) -> Vec<Finding> {
    match find(db).await {
        Ok(findings) => findings,
        Err(error) => vec![Finding::broken(WHAT, error.to_string(), "run `schoolbell migrate`")],
    }
}

async fn find(db: &Db) -> StoreResult<Vec<Finding>> {
    let mut reads = db.read().await?;
    let Some(current) = instance::current(&mut reads).await? else { return Ok(Vec::new()) };
    if let Some(moved_at) = current.moved_at {
        let said = format!("the district was moved to another database at {moved_at}");
        return Ok(vec![Finding::broken(WHAT, said, "write the other database in [database] url")]);
    }
    if !current.held {
        return Ok(vec![Finding::well(WHAT, format!("life {} of this database, nothing is held", current.epoch))]);
    }
    let work = instance::held_work(&mut reads, &current).await?;
    let mut said = format!("restored at {}: {} deliveries are held", current.began_at, work.deliveries());
    for line in release::lines(&work) {
        said.push_str("\n         ");
        said.push_str(&line);
    }
    Ok(vec![Finding::watch(WHAT, said, "decide on the page Now, or with `schoolbell release --send` or `--cancel`")])
}
