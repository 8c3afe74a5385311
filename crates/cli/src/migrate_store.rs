//! `schoolbell migrate-store`: a district moved to another database, compared at both ends.

use std::io::Write;
use std::sync::Arc;

use anyhow::Context;
use schoolbell_engine::clock::SystemClock;
use schoolbell_engine::commands::move_district::{Moved, move_district};
use schoolbell_engine::{Actor, Engine};
use schoolbell_store::carry::{Onto, TableEnd};
use schoolbell_store::{Db, Synchronous};

#[derive(clap::Args)]
pub struct MoveArgs {
    /// The database that the district leaves: sqlite:PATH or postgres://…
    #[arg(long, value_name = "URL")]
    from: String,
    /// The database that it goes to; it must be empty
    #[arg(long, value_name = "URL")]
    to: String,
    /// Throw away what is in the new database
    #[arg(long)]
    replace: bool,
}

pub async fn migrate_store(args: &MoveArgs) -> anyhow::Result<()> {
    if let Some(file) = args.from.strip_prefix("sqlite:")
        && !std::path::Path::new(file).is_file()
    {
        anyhow::bail!("{file} is not there; write the database that the district is in now");
    }
    let from = Db::open(&args.from, Synchronous::Full).await.context("the old database does not open")?;
    let to = Db::open(&args.to, Synchronous::Full).await.context("the new database does not open")?;
    let engine = Engine::new(to.clone(), Arc::new(SystemClock), 0);
    let onto = if args.replace { Onto::Whatever } else { Onto::Empty };
    let mut rows = 0;
    let told = |end: &TableEnd| {
        rows += end.rows;
        println!("{:<20} {:>10} rows  {}", end.table, end.rows, end.digest);
        // Whoever waits for a table sees it at once, a pipe too. Nobody who listens is no reason to stop.
        if std::io::stdout().flush().is_err() {
            tracing::debug!("nobody reads the output");
        }
    };
    let moved = move_district(&from, &engine, (&Actor::command_line(), onto), told).await?;
    from.close().await;
    to.close().await;
    println!(
        "{}",
        match moved {
            Moved::Now =>
                format!("{rows} rows stand in the new database with the same digests, and the old one is closed"),
            Moved::Before => "everything stood in the new database already; now the old one is closed".to_owned(),
        }
    );
    println!("write the new one as `url` in [database], run `schoolbell doctor`, then `schoolbell serve`");
    Ok(())
}
