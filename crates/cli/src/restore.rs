//! `schoolbell restore`: the database of a backup, holding back what was planned in it.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use schoolbell_engine::clock::SystemClock;
use schoolbell_engine::commands::restore_backup::restore_backup;
use schoolbell_engine::{Actor, Engine};
use schoolbell_store::carry::Onto;
use schoolbell_store::{Db, read};

use crate::{ConfigArgs, backup, house, release};

#[derive(clap::Args)]
pub struct RestoreArgs {
    #[command(flatten)]
    config: ConfigArgs,
    /// What `schoolbell backup` wrote
    file: PathBuf,
    /// Throw away what is in the database; otherwise it must be empty
    #[arg(long)]
    replace: bool,
    /// Only read the file from its beginning to its end, and say what it holds
    #[arg(long)]
    check: bool,
}

pub async fn restore(args: &RestoreArgs) -> anyhow::Result<()> {
    // All of it is read before anything is touched: a backup that is damaged restores nothing.
    let (head, ends) = backup::check(&args.file)?;
    let rows: u64 = ends.iter().map(|end| end.rows).sum();
    println!("{}, as it was at {}: {rows} rows of {} tables, undamaged", head.district, head.taken_at, ends.len());
    if args.check {
        return Ok(());
    }
    let db = house::open_database(&args.config.load()?).await?;
    into(&db, &args.file, if args.replace { Onto::Whatever } else { Onto::Empty }).await?;
    let mut reads = db.read().await?;
    if let Some(instance) = read::instance::current(&mut reads).await? {
        let work = read::instance::held_work(&mut reads, &instance).await?;
        release::print(&instance, &work);
    }
    drop(reads);
    db.close().await;
    println!("everybody must sign in again. Revocations since {} are not in it: see the book", head.taken_at);
    Ok(())
}

/// Builds the database from a file that was checked.
pub async fn into(db: &Db, file: &Path, onto: Onto) -> anyhow::Result<()> {
    let opened = File::open(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let engine = Engine::new(db.clone(), Arc::new(SystemClock), 0);
    restore_backup(&engine, &Actor::command_line(), (BufReader::new(opened), onto), |_| {}).await?;
    Ok(())
}
