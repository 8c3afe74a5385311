//! `schoolbell explain`: why somebody gets a message or not, by the rules that send it.

use anyhow::bail;
use schoolbell_domain::delivery::explain::ExplainedRow;
use schoolbell_domain::delivery::plan::Decision;
use schoolbell_domain::ids::{BroadcastId, PersonId};
use schoolbell_engine::commands::explain_person::{Asked, explain_person};
use schoolbell_engine::{Actor, Engine};
use schoolbell_store::read;

use crate::{ConfigArgs, house};

#[derive(clap::Args)]
pub struct ExplainArgs {
    #[command(flatten)]
    config: ConfigArgs,
    /// The message, as its page has it: brd_…
    broadcast: BroadcastId,
    /// The person, as the page has it (per_…), or the beginning of a student's or staff member's name, or a student's number
    person: String,
}

pub async fn explain(args: &ExplainArgs) -> anyhow::Result<()> {
    let (engine, _) = house::open(&args.config.load()?, "explain").await?;
    let person = find(&engine, &args.person).await?;
    let explained = explain_person(&engine, &Actor::command_line(), Asked::Broadcast(args.broadcast), person).await?;
    let name = &explained.name;
    println!("{} {} ({person})", name.given, name.family);
    println!("  {}", explained.explanation.standing.sentence());
    for row in &explained.explanation.rows {
        print_row(row);
    }
    Ok(())
}

/// One person, by id, name or number.
async fn find(engine: &Engine, text: &str) -> anyhow::Result<PersonId> {
    if let Ok(id) = text.parse() {
        return Ok(id);
    }
    let mut view = engine.reader().read().await?;
    let found = read::choices::people(&mut view, None, text).await?;
    match found.as_slice() {
        [] => bail!("nobody is called `{text}`; write a student's or staff member's name, a student's number or an id"),
        [one] => Ok(one.id),
        several => {
            let names: Vec<String> = several
                .iter()
                .map(|it| format!("  {}  {} {}  {}", it.id, it.given, it.family, it.number.as_deref().unwrap_or("")))
                .collect();
            bail!("several are called `{text}`; write the id of one:\n{}", names.join("\n"))
        }
    }
}

fn print_row(row: &ExplainedRow) {
    let channel = row.row.channel.plain();
    let address = row.row.address.as_ref().map_or("no address", |address| address.expose());
    let verdict = match row.row.decision {
        Decision::Send { not_before, .. } => {
            format!("is sent, not before {}", not_before.strftime("%Y-%m-%d %H:%M:%S UTC"))
        }
        Decision::Suppress(reason) => format!("is not sent: {}", reason.sentence()),
    };
    println!("\n  {channel} to {address} {verdict}");
    for step in row.paths.iter().flat_map(|path| &path.steps).chain(&row.outcome) {
        println!("    {:<8} {}", step.rule, step.sentence);
    }
}
