//! `schoolbell migrate`: brings the database to this program's version, which `serve` does too when it starts.

use schoolbell_store::migrate;

use crate::config::Config;
use crate::house;

pub async fn migrate(config: &Config) -> anyhow::Result<()> {
    let db = house::open_database(config).await?;
    let migrated = migrate::migrate(&db).await?;
    if !migrated.newer.is_empty() {
        println!("a newer program has added steps {:?}; this one works beside it", migrated.newer);
    }
    if migrated.taken.is_empty() {
        println!("the database has every step of this program");
    } else {
        println!("took {} steps: {:?}", migrated.taken.len(), migrated.taken);
    }
    db.close().await;
    Ok(())
}
