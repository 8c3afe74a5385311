//! `schoolbell migrate`: brings the database to this program's version, which `serve` does too when it starts.

use schoolbell_store::migrate;

use crate::config::Config;
use crate::house;

pub async fn migrate(config: &Config) -> anyhow::Result<()> {
    let db = house::open_database(config).await?;
    let steps = migrate::migrate(&db).await?;
    if steps.is_empty() {
        println!("the database is at this program's version");
    } else {
        println!("took {} steps: {steps:?}", steps.len());
    }
    db.close().await;
    Ok(())
}
