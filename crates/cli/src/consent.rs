//! `schoolbell consent`: what a number agreed to, and whether the ledger is whole.

use std::process::ExitCode;

use anyhow::Context;
use clap::Subcommand;
use schoolbell_domain::consent::{ConsentState, Program};
use schoolbell_domain::phone::Phone;
use schoolbell_store::read::audit::{self, ChainCheck};
use schoolbell_store::read::checks::without_basis;
use schoolbell_store::read::consent::{LedgerEntry, broken_link, ledger, numbers_after, states};
use schoolbell_store::{ReadTx, StoreResult};

use crate::{ConfigArgs, house};

#[derive(clap::Args)]
pub struct ConsentArgs {
    #[command(subcommand)]
    command: ConsentCommand,
}

#[derive(Subcommand)]
enum ConsentCommand {
    /// Show everything that ever happened to the consent of one number
    Show {
        #[command(flatten)]
        config: ConfigArgs,
        /// In any usual spelling, for example 512-555-0143
        number: String,
    },
    /// Check that no entry of the ledger, and no line of the audit log, was changed or taken out
    Verify(ConfigArgs),
}

pub async fn consent(args: ConsentArgs) -> anyhow::Result<ExitCode> {
    match args.command {
        ConsentCommand::Show { config, number } => {
            show(&config, &number).await?;
            Ok(ExitCode::SUCCESS)
        }
        ConsentCommand::Verify(config) => verify(&config).await,
    }
}

async fn show(args: &ConfigArgs, number: &str) -> anyhow::Result<()> {
    let phone = Phone::parse(number).with_context(|| format!("`{number}` is not a phone number"))?.phone;
    let db = house::open_database(&args.load()?).await?;
    let mut view = db.read().await?;
    let entries = ledger(&mut view, phone.expose()).await?;
    if entries.is_empty() {
        println!("nothing is on the ledger of {}: it is texted only after it was invited and said yes", phone.expose());
        return Ok(());
    }
    for program in Program::ALL {
        let state = state(&entries, program);
        let own: Vec<_> = entries.iter().filter(|entry| entry.program == program).collect();
        if own.is_empty() {
            continue;
        }
        println!("{}: {}", program.word(), state.word());
        for entry in own {
            let event = &entry.link.event;
            let at = event.at.strftime("%Y-%m-%d %H:%M:%S UTC");
            println!("  {at}  {:<18} by {}  {}", event.kind.word(), event.actor, event.evidence);
        }
    }
    if let Some(id) = broken_link(phone.expose(), &entries) {
        println!("the chain is broken at {id}: somebody changed the ledger behind the program's back");
    }
    Ok(())
}

/// What the entries of one program fold to.
fn state(entries: &[LedgerEntry], program: Program) -> ConsentState {
    let kinds = entries.iter().filter(|entry| entry.program == program).map(|entry| entry.link.event.kind);
    kinds.fold(ConsentState::Unknown, ConsentState::after)
}

async fn verify(args: &ConfigArgs) -> anyhow::Result<ExitCode> {
    let db = house::open_database(&args.load()?).await?;
    let mut view = db.read().await?;
    let mut wrong = Vec::new();
    let mut count = 0_usize;
    let mut last = String::new();
    loop {
        let numbers = numbers_after(&mut view, &last, 1000).await?;
        let Some(end) = numbers.last() else { break };
        last.clone_from(end);
        count += numbers.len();
        wrong.extend(faults(&mut view, &numbers).await?);
    }
    let lines = match audit::verify(&mut view).await? {
        ChainCheck::Whole(lines) => lines,
        ChainCheck::BrokenAt(id) => {
            wrong.push(format!("the audit log is broken at {id}"));
            0
        }
    };
    let without = without_basis(&mut view).await?;
    if without > 0 {
        wrong.push(format!("{without} deliveries do not say on what basis they went"));
    }
    if wrong.is_empty() {
        println!("the ledgers of {count} numbers and {lines} lines of the audit log are whole");
        return Ok(ExitCode::SUCCESS);
    }
    for sentence in &wrong {
        println!("{sentence}");
    }
    Ok(ExitCode::FAILURE)
}

/// Ledgers whose chain is broken, or whose state is not what their entries say.
async fn faults(view: &mut ReadTx, numbers: &[String]) -> StoreResult<Vec<String>> {
    let mut wrong = Vec::new();
    let mut ledgers = Vec::new();
    for number in numbers {
        let entries = ledger(view, number).await?;
        if let Some(id) = broken_link(number, &entries) {
            wrong.push(format!("the ledger of {number} is broken at {id}"));
        }
        ledgers.push(entries);
    }
    let asked: Vec<&str> = numbers.iter().map(String::as_str).collect();
    for program in Program::ALL {
        let kept = states(view, program, &asked).await?;
        for (number, entries) in numbers.iter().zip(&ledgers) {
            let folded = state(entries, program);
            let stands = kept.get(number).copied().unwrap_or(ConsentState::Unknown);
            if folded != stands {
                let (says, has) = (folded.word(), stands.word());
                wrong.push(format!("{number}, {}: the ledger says {says}, the state kept is {has}", program.word()));
            }
        }
    }
    Ok(wrong)
}
