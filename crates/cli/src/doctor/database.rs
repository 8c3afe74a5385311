//! Does the database open, can it be written to, is it of this program's version?

use schoolbell_store::{Db, Engine, migrate};

use super::Finding;
use crate::config::Config;
use crate::house;

const WHAT: &str = "database";

/// What was found, and the database; or why it cannot be had.
pub async fn look(config: &Config) -> Result<(Vec<Finding>, Db), Finding> {
    let url = format!("{:?}", config.database.url);
    let db = house::open_database(config).await.map_err(|error| {
        let remedy = match config.database.url.file(&config.folder) {
            Some(file) => format!("let this user read and write {} and its folder", file.display()),
            None => "start PostgreSQL, and check host, user, password and database in [database] url".to_owned(),
        };
        Finding::broken(WHAT, format!("{error:#}"), remedy)
    })?;
    let engine = match db.engine() {
        Engine::Sqlite => "SQLite",
        Engine::Postgres => "PostgreSQL",
    };
    let finding = match migrate::standing(&db).await {
        Ok(standing) if !standing.newer.is_empty() => Finding::watch(
            WHAT,
            format!(
                "{engine} at {url} has steps {:?} of a newer program, which this one can live with",
                standing.newer
            ),
            "upgrade this node too",
        ),
        Ok(standing) if !standing.missing.is_empty() => Finding::watch(
            WHAT,
            format!(
                "{engine} at {url} opens and can be written to, but has schema {} of {}",
                standing.stands, standing.newest
            ),
            "run `schoolbell migrate`, or let `schoolbell serve` do it at its start",
        ),
        Ok(standing) => {
            Finding::well(WHAT, format!("{engine} at {url} opens, can be written to, schema {}", standing.stands))
        }
        Err(error) => Finding::broken(
            WHAT,
            format!("{engine} at {url} opens but cannot be worked with: {error}"),
            "free disk space, end what holds it locked, give this user the right to write, or start the newer program",
        ),
    };
    Ok((vec![finding], db))
}
