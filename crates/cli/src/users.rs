//! `schoolbell user`: who signs in. The first administrator can only be made here.

use std::io::IsTerminal;

use anyhow::{Context, bail};
use clap::Subcommand;
use jiff::SignedDuration;
use schoolbell_domain::ids::UserId;
use schoolbell_domain::permission::{Grant, Role, Scope};
use schoolbell_engine::commands::create_user::{NewUser, create_user};
use schoolbell_engine::commands::set_password::set_password;
use schoolbell_engine::commands::sign_in_link::make_sign_in_link;
use schoolbell_engine::{Actor, Engine};
use schoolbell_store::read;

use crate::config::Config;
use crate::{ConfigArgs, house};

#[derive(clap::Args)]
pub struct UserArgs {
    #[command(subcommand)]
    command: UserCommand,
}

#[derive(Subcommand)]
enum UserCommand {
    /// Add somebody and print a link to sign in with
    Add(AddArgs),
    /// Print a new link to sign in with, good for one use
    Link(WhoArgs),
    /// Set a password, read from the standard input
    Password(WhoArgs),
    /// List who may sign in, with their roles
    List(ConfigArgs),
}

#[derive(clap::Args)]
struct AddArgs {
    #[command(flatten)]
    config: ConfigArgs,
    #[arg(long)]
    name: String,
    #[arg(long)]
    email: String,
    /// district_administrator, principal, office, registrar, teacher or observer
    #[arg(long)]
    role: String,
    /// The school's name; the whole district when absent
    #[arg(long)]
    school: Option<String>,
}

#[derive(clap::Args)]
struct WhoArgs {
    #[command(flatten)]
    config: ConfigArgs,
    email: String,
}

pub async fn user(args: UserArgs) -> anyhow::Result<()> {
    match args.command {
        UserCommand::Add(args) => {
            let config = args.config.load()?;
            let engine = start(&config).await?;
            add(&config, &engine, &args).await
        }
        UserCommand::Link(args) => {
            let config = args.config.load()?;
            let engine = start(&config).await?;
            let user = find(&engine, &args.email).await?;
            println!("{}", link(&engine, user, &config.web.public_url.0, SignedDuration::from_hours(24)).await?);
            Ok(())
        }
        UserCommand::Password(args) => {
            let config = args.config.load()?;
            let engine = start(&config).await?;
            let user = find(&engine, &args.email).await?;
            set_password(&engine, &Actor::command_line(), user, &read_password()?).await?;
            println!("the password is set");
            Ok(())
        }
        UserCommand::List(args) => list(&start(&args.load()?).await?).await,
    }
}

async fn start(config: &Config) -> anyhow::Result<Engine> {
    Ok(house::open(config, "user").await?.0)
}

async fn add(config: &Config, engine: &Engine, args: &AddArgs) -> anyhow::Result<()> {
    let words = Role::ALL.map(Role::word).join(", ");
    let role =
        Role::from_word(&args.role).with_context(|| format!("`{}` is no role; write one of {words}", args.role))?;
    let scope = match &args.school {
        Some(school) => school_named(engine, school).await?,
        None => Scope::District,
    };
    let grants = vec![Grant { role, scope }];
    let new = NewUser { name: args.name.clone(), email: args.email.clone(), person: None, grants };
    let user = create_user(engine, &Actor::command_line(), new).await?;
    println!("{} may sign in as {}, with this link, within 24 hours:", args.email, role.plain().to_lowercase());
    println!("{}", link(engine, user, &config.web.public_url.0, SignedDuration::from_hours(24)).await?);
    Ok(())
}

async fn school_named(engine: &Engine, name: &str) -> anyhow::Result<Scope> {
    let mut view = engine.reader().read().await?;
    let schools = read::district::schools(&mut view).await?;
    if let Some(school) = schools.iter().find(|school| school.name.eq_ignore_ascii_case(name)) {
        return Ok(Scope::School(school.id));
    }
    if schools.is_empty() {
        bail!("`{name}` is not known: no roster was imported yet; `schoolbell import` it first");
    }
    let names: Vec<&str> = schools.iter().map(|school| school.name.as_str()).collect();
    bail!("`{name}` is none of the schools; write one of: {}", names.join(", "))
}

async fn find(engine: &Engine, email: &str) -> anyhow::Result<UserId> {
    let mut view = engine.reader().read().await?;
    let user = read::users::lookup_user_by_email(&mut view, &email.to_lowercase()).await?;
    Ok(user.with_context(|| format!("nobody signs in as `{email}`; `schoolbell user list` shows who does"))?.id)
}

/// A link that signs `user` in once.
pub async fn link(engine: &Engine, user: UserId, base_url: &str, valid_for: SignedDuration) -> anyhow::Result<String> {
    let token = make_sign_in_link(engine, &Actor::command_line(), user, valid_for).await?;
    Ok(format!("{base_url}/sign-in/link/{token}"))
}

fn read_password() -> anyhow::Result<String> {
    if std::io::stdin().is_terminal() {
        eprintln!("Write the password and press Enter (it is shown as you write):");
    }
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).context("the standard input cannot be read")?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

async fn list(engine: &Engine) -> anyhow::Result<()> {
    let mut view = engine.reader().read().await?;
    let schools = read::district::schools(&mut view).await?;
    for (user, grants) in read::users::users(&mut view).await? {
        let roles: Vec<String> = grants
            .iter()
            .map(|grant| match grant.scope {
                Scope::District => grant.role.plain().to_owned(),
                Scope::School(id) => {
                    let school = schools
                        .iter()
                        .find(|school| school.id == id)
                        .map_or("a former school", |school| school.name.as_str());
                    format!("{} at {school}", grant.role.plain())
                }
            })
            .collect();
        let gone = if user.active { "" } else { " (may no longer sign in)" };
        println!("{}  {}  {}{gone}", user.email, user.name, roles.join(", "));
    }
    Ok(())
}
