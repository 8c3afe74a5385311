//! The `schoolbell` program: everything concrete is chosen here.

mod alone;
mod attendance;
mod attendance_folder;
mod backup;
mod brakes;
mod config;
mod consent;
mod demo;
mod doctor;
mod explain;
mod family;
mod house;
mod import;
mod init;
mod intake;
mod logging;
mod migrate;
mod migrate_store;
mod policy;
mod release;
mod restore;
mod sample;
mod serve;
mod users;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use config::Config;

/// Family communication for schools: calls, texts and e-mail to every family, from the roster.
#[derive(Parser)]
#[command(version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Write a schoolbell.toml that documents every key
    Init(init::InitArgs),
    /// Serve the pages and send what is to be sent, until it is stopped
    Serve(serve::ServeArgs),
    /// Try everything with a sample district; nothing leaves this machine
    Demo(demo::DemoArgs),
    /// Check database, disk, clock and carriers, and say how to mend what is wrong
    Doctor(ConfigArgs),
    /// Read a roster: OneRoster, School Data Sync or a flat export
    Import {
        #[command(flatten)]
        config: ConfigArgs,
        #[command(flatten)]
        import: import::ImportArgs,
    },
    /// Bring the database to this program's version
    Migrate(ConfigArgs),
    /// Write the whole district into one file, while everybody works
    Backup(backup::BackupArgs),
    /// Build the database from a backup; what was planned in it is held back
    Restore(restore::RestoreArgs),
    /// Show what a restored copy holds back, let it go or give it up
    Release(release::ReleaseArgs),
    /// Move the district to another database, for example from SQLite to PostgreSQL
    MigrateStore(migrate_store::MoveArgs),
    /// Add people who sign in, their roles, links and passwords
    User(users::UserArgs),
    /// Let a guardian in on the families' side
    Family(family::FamilyArgs),
    /// Say why somebody gets a message or not: the same rules that send it
    Explain(explain::ExplainArgs),
    /// Show what a number agreed to, or check the whole ledger
    Consent(consent::ConsentArgs),
    /// Show what law and district ask for by date, or add a record when it changes
    Policy(policy::PolicyArgs),
    /// Read attendance files, and see how the brake on absence runs behaves
    Attendance(attendance::AttendanceArgs),
}

/// Which settings a command works with.
#[derive(clap::Args, Clone)]
pub struct ConfigArgs {
    /// The settings, as `schoolbell init` writes them
    #[arg(long, short, default_value = "schoolbell.toml", value_name = "FILE", env = "SCHOOLBELL_CONFIG")]
    config: PathBuf,
}

impl ConfigArgs {
    fn load(&self) -> anyhow::Result<Config> {
        Ok(Config::load(&self.config)?)
    }
}

fn main() -> ExitCode {
    // The first thing of all: nothing may speak TLS before it is known by whose ciphers.
    if rustls::crypto::ring::default_provider().install_default().is_err() {
        eprintln!("schoolbell: a second TLS provider is linked in; build from the locked sources");
        return ExitCode::FAILURE;
    }
    let command = Cli::parse().command;
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("schoolbell: the system gives no threads: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(run(command)) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("schoolbell: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Init(args) => init::init(&args)?,
        Command::Serve(args) => serve::serve(&args).await?,
        Command::Demo(args) => demo::demo(&args).await?,
        Command::Doctor(args) => return doctor::doctor(&args.load()?).await,
        Command::Import { config, import } => {
            let (engine, _) = house::open(&config.load()?, "import").await?;
            return import::run(&engine, import).await;
        }
        Command::Migrate(args) => migrate::migrate(&args.load()?).await?,
        Command::Backup(args) => backup::backup(&args).await?,
        Command::Restore(args) => restore::restore(&args).await?,
        Command::Release(args) => release::release(&args).await?,
        Command::MigrateStore(args) => migrate_store::migrate_store(&args).await?,
        Command::User(args) => users::user(args).await?,
        Command::Family(args) => family::family(args).await?,
        Command::Explain(args) => explain::explain(&args).await?,
        Command::Consent(args) => return consent::consent(args).await,
        Command::Policy(args) => policy::policy(args).await?,
        Command::Attendance(args) => return attendance::attendance(args).await,
    }
    Ok(ExitCode::SUCCESS)
}
