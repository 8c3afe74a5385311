//! `schoolbell policy`: what law and district ask for, by date. A change of law is a record here, not a release.

use anyhow::anyhow;
use clap::Subcommand;
use jiff::civil::Date;
use schoolbell_domain::consent::{PolicyAuthor, RevocationRecord, RevocationScope, revocation_scope_on};
use schoolbell_engine::Actor;
use schoolbell_engine::commands::change_policy::change_revocation_policy;
use schoolbell_store::read;

use crate::{ConfigArgs, house};

#[derive(clap::Args)]
pub struct PolicyArgs {
    #[command(subcommand)]
    command: PolicyCommand,
}

#[derive(Subcommand)]
enum PolicyCommand {
    /// Show how far a STOP reaches, and since when
    Show(ConfigArgs),
    /// Add a dated record of how far a STOP reaches
    Set {
        #[command(flatten)]
        config: ConfigArgs,
        /// `program`: what the number said STOP to; `all`: every text, and every call that is no emergency
        value: String,
        /// The first day, for example 2027-01-31
        #[arg(long)]
        from: Date,
        /// `law` or `district`; the one that closes more holds
        #[arg(long, default_value = "district")]
        author: String,
        /// Where it stands, or who decided it
        #[arg(long)]
        source: String,
    },
}

pub async fn policy(args: PolicyArgs) -> anyhow::Result<()> {
    match args.command {
        PolicyCommand::Show(config) => show(&config).await,
        PolicyCommand::Set { config, value, from, author, source } => {
            let record = RevocationRecord {
                author: PolicyAuthor::from_word(&author)
                    .ok_or_else(|| anyhow!("`{author}` is no author; write law or district"))?,
                effective_from: from,
                scope: RevocationScope::from_word(&value)
                    .ok_or_else(|| anyhow!("`{value}` is no reach; write program or all"))?,
                source,
            };
            let (engine, _) = house::open(&config.load()?, "policy").await?;
            change_revocation_policy(&engine, &Actor::command_line(), record).await?;
            show(&config).await
        }
    }
}

async fn show(args: &ConfigArgs) -> anyhow::Result<()> {
    let (engine, _) = house::open(&args.load()?, "policy").await?;
    let mut view = engine.reader().read().await?;
    let district = read::district::get_district(&mut view).await?;
    let records = read::policies::revocation_records(&mut view).await?;
    let today = engine.now().to_zoned(district.time_zone).date();
    println!("a STOP closes today, {today}: {}", plain(revocation_scope_on(&records, today)));
    for record in records {
        let (author, from) = (record.author.word(), record.effective_from);
        println!("  {author:<8} from {from}  {:<7}  {}", record.scope.word(), record.source);
    }
    Ok(())
}

const fn plain(scope: RevocationScope) -> &'static str {
    match scope {
        RevocationScope::Program => "what the number said STOP to",
        RevocationScope::AllNonEmergency => "every text, and every call that is no emergency",
    }
}
