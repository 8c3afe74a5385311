//! `schoolbell release`: what a restored copy holds back, let go or given up.

use schoolbell_engine::Actor;
use schoolbell_engine::commands::release_held::{carry_out_release, release_held};
use schoolbell_store::read;
use schoolbell_store::read::instance::{Decision, HeldWork, Instance};

use crate::{ConfigArgs, house};

#[derive(clap::Args)]
pub struct ReleaseArgs {
    #[command(flatten)]
    config: ConfigArgs,
    /// Let everything go that waits
    #[arg(long, conflicts_with = "cancel")]
    send: bool,
    /// Give everything up that waits: messages are stopped, scheduled ones are drafts again
    #[arg(long)]
    cancel: bool,
}

/// Without a choice it only shows what waits.
pub async fn release(args: &ReleaseArgs) -> anyhow::Result<()> {
    let (engine, db) = house::open(&args.config.load()?, "release").await?;
    let decision = match (args.send, args.cancel) {
        (true, _) => Some(Decision::Send),
        (false, true) => Some(Decision::Cancel),
        (false, false) => None,
    };
    if let Some(decision) = decision {
        release_held(&engine, &Actor::command_line(), decision).await?;
        carry_out_release(&engine).await?;
        println!(
            "{}",
            match decision {
                Decision::Send =>
                    "let go: it leaves as soon as `schoolbell serve` runs, in the hours that its kind may",
                Decision::Cancel => "given up: nothing of it leaves",
            }
        );
    } else {
        let mut reads = db.read().await?;
        match read::instance::current(&mut reads).await?.filter(|instance| instance.held) {
            Some(instance) => print(&instance, &read::instance::held_work(&mut reads, &instance).await?),
            None => println!("nothing is held"),
        }
    }
    db.close().await;
    Ok(())
}

/// What waits, line by line.
pub fn print(instance: &Instance, work: &HeldWork) {
    println!(
        "life {} of this database, restored at {} from a backup of {}; {} deliveries wait for you:",
        instance.epoch,
        instance.began_at,
        instance.backup_at,
        work.deliveries()
    );
    for line in lines(work) {
        println!("  {line}");
    }
    println!(
        "`schoolbell release --send` lets all of it go, `--cancel` gives it up; stop a single message on its page first"
    );
}

/// One line for each thing that waits.
pub fn lines(work: &HeldWork) -> Vec<String> {
    let broadcasts = work.broadcasts.iter().map(|held| match held.send_at {
        Some(send_at) => format!("{} \"{}\": scheduled for {send_at}", held.id, held.title),
        None => format!("{} \"{}\": {}, {} deliveries", held.id, held.title, held.state.word(), held.waiting),
    });
    let others = (work.other_texts > 0).then(|| format!("{} invitations and answers", work.other_texts));
    let jobs = work.jobs.iter().map(|(kind, count)| format!("job {kind}: {count}"));
    broadcasts.chain(others).chain(jobs).collect()
}
