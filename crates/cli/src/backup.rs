//! `schoolbell backup`: the whole district in one file, while everybody works.

use std::fs::{File, OpenOptions};
use std::io::{BufReader, BufWriter, ErrorKind};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use schoolbell_domain::clock::Clock;
use schoolbell_engine::clock::SystemClock;
use schoolbell_store::carry::{self, TableEnd};
use schoolbell_store::{Db, migrate};

use crate::{ConfigArgs, house};

#[derive(clap::Args)]
pub struct BackupArgs {
    #[command(flatten)]
    config: ConfigArgs,
    /// Where to write it; a file that is there is never overwritten
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
}

pub async fn backup(args: &BackupArgs) -> anyhow::Result<()> {
    let db = house::open_database(&args.config.load()?).await?;
    let ends = write(&db, &args.to).await?;
    db.close().await;
    let rows: u64 = ends.iter().map(|end| end.rows).sum();
    let size = std::fs::metadata(&args.to).context("the backup cannot be looked at")?.len();
    println!(
        "{}: {rows} rows of {} tables in {} KiB, written and read back",
        args.to.display(),
        ends.len(),
        size.div_ceil(1024)
    );
    println!("it holds families' data and staff's passwords (hashed): keep it as you keep the database");
    Ok(())
}

/// Writes beside the file first, reads that back, and gives it its name last: a file of that name is whole.
pub async fn write(db: &Db, to: &Path) -> anyhow::Result<Vec<TableEnd>> {
    if to.exists() {
        bail!("{} is there already and was left as it is; name another file", to.display());
    }
    let missing = migrate::standing(db).await?.missing;
    if !missing.is_empty() {
        bail!(
            "the database lacks the schema steps {missing:?}; run `schoolbell migrate`, or use the program that serves"
        );
    }
    let part = to.with_file_name(format!("{}.part", to.file_name().unwrap_or_default().to_string_lossy()));
    let written = write_part(db, &part).await;
    let Ok(ends) = written else {
        if let Err(error) = std::fs::remove_file(&part)
            && error.kind() != ErrorKind::NotFound
        {
            tracing::warn!(%error, file = %part.display(), "an unfinished backup could not be removed");
        }
        return written;
    };
    std::fs::rename(&part, to).with_context(|| format!("{} cannot be given its name", to.display()))?;
    Ok(ends)
}

async fn write_part(db: &Db, part: &Path) -> anyhow::Result<Vec<TableEnd>> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(part).with_context(|| format!("{} cannot be written", part.display()))?;
    let mut reads = db.read().await?;
    let head = carry::backup::head(&mut reads, env!("CARGO_PKG_VERSION"), SystemClock.now()).await?;
    let mut ends = Vec::new();
    let out = carry::backup::write(&mut reads, &head, BufWriter::new(file), |end| ends.push(end.clone())).await?;
    let file = out.into_inner().context("the backup cannot be written to its end")?;
    file.sync_all().context("the backup does not reach the disk")?;
    drop(reads);
    let (_, stands) = check(part)?;
    if stands == ends {
        Ok(ends)
    } else {
        bail!("the backup does not read back as it was written; look at the disk that {} is on", part.display())
    }
}

/// Reads a backup from beginning to end; answers what it holds.
pub fn check(file: &Path) -> anyhow::Result<(carry::Head, Vec<TableEnd>)> {
    let opened = File::open(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let checked = carry::archive::check(BufReader::new(opened));
    checked.with_context(|| file.display().to_string())
}
