//! `schoolbell attendance`: attendance files from the command line, and how often the brake would stop a right one.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Subcommand;
use schoolbell_engine::commands::import_attendance::{AttendanceFile, AttendanceReport, import_attendance};
use schoolbell_engine::{Actor, Engine};
use schoolbell_formats::attendance::AttendanceColumns;

use crate::{ConfigArgs, brakes, house};

#[derive(clap::Args)]
pub struct AttendanceArgs {
    #[command(subcommand)]
    command: AttendanceCommand,
}

#[derive(Subcommand)]
enum AttendanceCommand {
    /// Read a daily or per-period attendance file; the same file twice changes nothing
    Import(ImportArgs),
    /// Play school years with storms, flu weeks and exam days, and show how often the brake stops right and wrong runs
    Brakes(brakes::BrakesArgs),
}

#[derive(clap::Args)]
struct ImportArgs {
    #[command(flatten)]
    config: ConfigArgs,
    /// One CSV file
    file: PathBuf,
    /// The district's own column names, as TOML: `student = ["Pupil"]`
    #[arg(long, value_name = "FILE")]
    columns: Option<PathBuf>,
}

pub async fn attendance(args: AttendanceArgs) -> anyhow::Result<ExitCode> {
    match args.command {
        AttendanceCommand::Import(args) => {
            let (engine, _) = house::open(&args.config.load()?, "attendance").await?;
            import(&engine, &args).await?;
        }
        AttendanceCommand::Brakes(args) => brakes::run(&args),
    }
    Ok(ExitCode::SUCCESS)
}

async fn import(engine: &Engine, args: &ImportArgs) -> anyhow::Result<()> {
    let file = &args.file;
    let bytes = std::fs::read(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let columns = match &args.columns {
        None => AttendanceColumns::default(),
        Some(map) => {
            let text = std::fs::read_to_string(map).with_context(|| format!("{} cannot be read", map.display()))?;
            toml::from_str(&text).with_context(|| format!("{} is not a column map", map.display()))?
        }
    };
    let name = file.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let report = import_attendance(engine, &Actor::command_line(), AttendanceFile { name, bytes, columns }).await?;
    print(&report);
    Ok(())
}

fn print(report: &AttendanceReport) {
    println!("{} rows read, {} marks new or different", report.seen, report.changed);
    if report.corrected > 0 {
        println!("{} told absences taken back", report.corrected);
    }
    if report.errors + report.warnings > 0 {
        println!("{} errors (not taken), {} warnings (taken, look at them)", report.errors, report.warnings);
    }
    for issue in report.issues.iter().take(20) {
        println!("  {issue}");
    }
}
