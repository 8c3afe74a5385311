//! `schoolbell family`: the families' side at the desk.

use clap::Subcommand;
use jiff::SignedDuration;
use schoolbell_engine::commands::family_sign_in::make_family_link;
use schoolbell_engine::{Actor, Engine};

use crate::{ConfigArgs, house};

#[derive(clap::Args)]
pub struct FamilyArgs {
    #[command(subcommand)]
    command: FamilyCommand,
}

#[derive(Subcommand)]
enum FamilyCommand {
    /// Print a link that signs a guardian in once, within an hour: for somebody who showed who he is
    Link(LinkArgs),
}

#[derive(clap::Args)]
struct LinkArgs {
    #[command(flatten)]
    config: ConfigArgs,
    /// The guardian's e-mail address on record
    email: String,
}

pub async fn family(args: FamilyArgs) -> anyhow::Result<()> {
    match args.command {
        FamilyCommand::Link(args) => {
            let config = args.config.load()?;
            let (engine, _) = house::open(&config, "family").await?;
            println!("{}", link(&engine, &args.email, &config.web.public_url.0, SignedDuration::from_hours(1)).await?);
            Ok(())
        }
    }
}

/// A link that signs a guardian in once.
pub async fn link(engine: &Engine, email: &str, base_url: &str, valid_for: SignedDuration) -> anyhow::Result<String> {
    let token = make_family_link(engine, &Actor::command_line(), email, valid_for).await?;
    Ok(format!("{base_url}/family/link/{token}"))
}
