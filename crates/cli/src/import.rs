//! `schoolbell import`: a roster from the command line, with what it would change, what is wrong, and the guard.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use schoolbell_domain::ids::ImportId;
use schoolbell_domain::roster::diff::Count;
use schoolbell_domain::roster::issue::Issue;
use schoolbell_engine::commands::discard_import::discard_import;
use schoolbell_engine::commands::import_roster::{format_named, import_roster};
use schoolbell_engine::commands::roll_back_import::roll_back_import;
use schoolbell_engine::roster::{ImportReport, ImportRequest, Outcome, Source};
use schoolbell_engine::{Actor, CommandError, Engine};
use schoolbell_formats::district_csv::ColumnMap;
use schoolbell_formats::roster::issue_csv;

/// Issues that are shown; `--issues FILE` writes all.
const SHOWN: usize = 20;

#[derive(clap::Args)]
pub struct ImportArgs {
    /// A zip, a folder, or one CSV file
    #[arg(value_name = "PATH", required_unless_present = "roll_back")]
    path: Option<PathBuf>,
    /// auto, oneroster, sds or flat
    #[arg(long, default_value = "auto", value_name = "FORMAT")]
    format: String,
    /// Show what would change, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Go on where the guard would stop; needs --reason
    #[arg(long, requires = "reason")]
    yes: bool,
    /// Why: it stands in the audit log
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Refuse the whole roster if any row or value in it is wrong
    #[arg(long)]
    strict: bool,
    /// The district's own column names of a flat export, as TOML
    #[arg(long, value_name = "FILE")]
    columns: Option<PathBuf>,
    /// Write every issue to this CSV file
    #[arg(long, value_name = "FILE")]
    issues: Option<PathBuf>,
    /// Undo this import and all after it; needs --reason
    #[arg(long, value_name = "IMPORT", requires = "reason", conflicts_with_all = ["path", "dry_run"])]
    roll_back: Option<ImportId>,
}

/// Runs the import and prints what came of it. Exit code 2: the guard stopped it, or `--strict` refused it.
pub async fn run(engine: &Engine, args: ImportArgs) -> anyhow::Result<ExitCode> {
    if let Some(id) = args.roll_back {
        return roll_back(engine, id, args.reason.as_deref().unwrap_or_default()).await;
    }
    let path = args.path.clone().context("name a zip, a folder or a CSV file")?;
    let request = ImportRequest {
        format: format_named(&args.format)?,
        dry_run: args.dry_run,
        accept: args.reason.clone().filter(|_| args.yes),
        strict: args.strict,
        columns: args.columns.as_deref().map_or(Ok(ColumnMap::default()), column_map)?,
        ..ImportRequest::of(Source::Path(path))
    };
    let report = import_roster(engine, &Actor::command_line(), request).await?;
    print_changes(&report);
    print_issues(&report);
    if let Some(file) = &args.issues {
        write_issues(file, &report.issues)?;
    }
    end(engine, &report).await
}

fn column_map(file: &Path) -> anyhow::Result<ColumnMap> {
    let text = std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
    toml::from_str(&text).with_context(|| format!("{} is not a column map", file.display()))
}

fn print_changes(report: &ImportReport) {
    let counts = &report.summary.counts;
    println!("{} rows read as {}", report.summary.rows, report.format);
    println!("{:<16}{:>9}{:>9}{:>9}{:>9}{:>9}", "", "before", "new", "changed", "leave", "after");
    let line = |name: &str, count: Count| {
        let (before, after) = (count.before(), count.after());
        println!("{name:<16}{before:>9}{:>9}{:>9}{:>9}{after:>9}", count.added, count.changed, count.left);
    };
    line("schools", counts.schools);
    line("students", counts.students);
    line("contacts", counts.guardians);
    line("staff", counts.staff);
    line("relationships", counts.relationships);
    line("contact points", counts.points);
    line("phone numbers", counts.numbers);
    line("classes", counts.sections);
    line("enrolments", counts.enrollments);
}

fn print_issues(report: &ImportReport) {
    let summary = &report.summary;
    if summary.errors + summary.warnings == 0 {
        return;
    }
    println!("\n{} errors (not taken), {} warnings (taken, look at them)", summary.errors, summary.warnings);
    for (kind, count) in &summary.by_kind {
        println!("{count:>9}  {}", kind.word());
    }
    println!();
    for issue in report.issues.iter().take(SHOWN) {
        println!("{}", sentence(issue));
    }
    if report.issues.len() > SHOWN {
        println!("… and {} more; --issues FILE writes all of them", report.issues.len() - SHOWN);
    }
}

/// `error   users.csv line 12, phone: `none`: not a phone number; …`
fn sentence(issue: &Issue) -> String {
    let mut place = Vec::new();
    if !issue.file.is_empty() {
        place.push(format!("{} line {}", issue.file, issue.line));
    }
    if !issue.field.is_empty() {
        place.push(issue.field.clone());
    }
    let mut parts = vec![place.join(", "), String::new(), issue.message.clone()];
    if !issue.value.is_empty() {
        parts[1] = format!("`{}`", issue.value);
    }
    parts.retain(|part| !part.is_empty());
    format!("{:<8}{}", issue.severity.word(), parts.join(": "))
}

fn write_issues(file: &Path, issues: &[Issue]) -> anyhow::Result<()> {
    let mut out = File::create(file).with_context(|| format!("{} cannot be written", file.display()))?;
    out.write_all(issue_csv(issues).as_bytes()).with_context(|| format!("{} cannot be written", file.display()))?;
    println!("all issues: {}", file.display());
    Ok(())
}

async fn end(engine: &Engine, report: &ImportReport) -> anyhow::Result<ExitCode> {
    println!();
    for hold in &report.summary.holds {
        println!("guard: {}", hold.sentence());
    }
    match report.outcome {
        Outcome::Tried => println!("nothing was changed: this was a dry run"),
        Outcome::Unchanged => println!("nothing to change: the roster is up to date"),
        Outcome::Applied => println!("applied as {}", report.id.map_or_else(String::new, |id| id.to_string())),
        Outcome::Refused => {
            println!("nothing was changed: --strict takes no roster with errors");
            return Ok(ExitCode::from(2));
        }
        Outcome::Held => {
            // The command line can ask again with --yes; a held run in the list would wait for nobody.
            if let Some(id) = report.id {
                discard_import(engine, &Actor::command_line(), id).await?;
            }
            println!("nothing was changed: the guard stopped it; if it is right, add --yes --reason \"…\"");
            return Ok(ExitCode::from(2));
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn roll_back(engine: &Engine, id: ImportId, reason: &str) -> anyhow::Result<ExitCode> {
    match roll_back_import(engine, &Actor::command_line(), id, reason).await {
        Ok(undone) => {
            let names: Vec<String> = undone.iter().map(ToString::to_string).collect();
            println!("undone, newest first: {}", names.join(", "));
            Ok(ExitCode::SUCCESS)
        }
        Err(CommandError::Refused { sentence, .. }) => bail!("{sentence}"),
        Err(error) => Err(error.into()),
    }
}
