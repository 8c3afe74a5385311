//! Supervision by sample: a month's threads are drawn, read by somebody else than their owner, and marked (B2, LAW-55).

use jiff::Timestamp;
use schoolbell_domain::conversation::sampling::{Coverage, Finding, draw as draw_from, month_span};
use schoolbell_domain::ids::SchoolId;
use schoolbell_domain::permission::{Act, Scope};
use schoolbell_store::read::supervision::{self, Sample};
use schoolbell_store::read::{district, threads};
use schoolbell_store::tx::Reads;
use schoolbell_store::write::supervision::{Drawn, Seen, draw, seen};
use schoolbell_store::{StoreResult, Tx};
use serde_json::json;

use crate::commands::audit::tell;
use crate::error::{CommandError, CommandResult};
use crate::{Actor, Engine, dice};

/// Looks of one thread that are searched for the reader's own.
const LOOKS: i64 = 1_000;

/// Draws so many more of the threads of a school's month (`2027-01`) at random; answers how many were there to draw.
pub async fn draw_samples(
    engine: &Engine,
    actor: &Actor,
    (school, month): (SchoolId, &str),
    most: usize,
) -> CommandResult<usize> {
    actor.must(Act::Supervise, Scope::School(school))?;
    if !(1..=500).contains(&most) {
        return Err(CommandError::bad("most", "write how many threads to draw, from 1 to 500"));
    }
    engine
        .db
        .write("draw samples", async |tx| {
            let span = span(tx, school, month).await?;
            let before = supervision::drawn(tx, school, month).await?;
            let threads = supervision::threads_between(tx, school, span).await?;
            let left: Vec<_> = threads.into_iter().map(|(id, _)| id).filter(|id| !before.contains(id)).collect();
            let seed: String = dice::token().chars().take(16).collect();
            let drawn = draw_from(&seed, &left, most);
            for thread in &drawn {
                let id = engine.next_id();
                let row = Drawn { id, school, month, thread: *thread, seed: &seed, by: &actor.name, at: engine.now() };
                draw(tx, row).await?;
            }
            let detail = json!({ "month": month, "seed": seed, "from": left.len(), "drawn": drawn.len() });
            tell(engine, tx, actor, ("draw_samples", &school.to_string()), detail).await?;
            Ok::<_, CommandError>(drawn.len())
        })
        .await
}

/// Marks a sampled thread. Who owns the thread cannot, and who has not opened it since it was drawn cannot either.
pub async fn mark_sample(
    engine: &Engine,
    actor: &Actor,
    id: i64,
    (finding, note): (Finding, &str),
) -> CommandResult<()> {
    engine
        .db
        .write("mark sample", async |tx| {
            let sample = supervision::lookup_sample(tx, id).await?;
            let sample = sample.ok_or_else(|| CommandError::NotFound(id.to_string()))?;
            actor.must(Act::Supervise, Scope::School(sample.school))?;
            must_have_read(tx, actor, &sample).await?;
            let note = note.trim().replace('\0', "");
            if finding == Finding::Flagged && note.is_empty() {
                return Err(CommandError::bad("note", "say what has to be followed up"));
            }
            let span = span(tx, sample.school, &sample.month).await?;
            let texts = supervision::texts_between(tx, sample.thread, span).await?;
            let row = Seen { by: &actor.name, at: engine.now(), finding, note: &note, texts };
            if !seen(tx, id, row).await? {
                return Err(CommandError::refused("state", "somebody has marked this sample already"));
            }
            let detail = json!({ "thread": sample.thread.to_string(), "finding": finding.word() });
            tell(engine, tx, actor, ("mark_sample", &id.to_string()), detail).await?;
            Ok::<_, CommandError>(())
        })
        .await
}

async fn must_have_read(tx: &mut Tx, actor: &Actor, sample: &Sample) -> CommandResult<()> {
    let thread = threads::lookup_thread(tx, sample.thread).await?;
    if thread.is_some_and(|thread| actor.user == Some(thread.user)) {
        return Err(CommandError::refused("supervision", "this is your own thread; somebody else has to look at it"));
    }
    let looks = threads::looks(tx, sample.thread, LOOKS).await?;
    if looks.iter().any(|(reader, at)| *reader == actor.name && *at >= sample.drawn_at) {
        return Ok(());
    }
    Err(CommandError::refused("supervision", "open the thread and read it first"))
}

/// How much of a school's month was seen.
pub async fn coverage(reads: &mut impl Reads, school: SchoolId, month: &str) -> CommandResult<Coverage> {
    let span = span(reads, school, month).await?;
    Ok(supervision::coverage(reads, (school, month), span).await?)
}

/// The month in the school's zone.
async fn span(reads: &mut impl Reads, school: SchoolId, month: &str) -> CommandResult<(Timestamp, Timestamp)> {
    let zone = zone(reads, school).await?;
    month_span(month, &zone).ok_or_else(|| CommandError::bad("month", "write year and month, for example 2027-01"))
}

async fn zone(reads: &mut impl Reads, school: SchoolId) -> StoreResult<jiff::tz::TimeZone> {
    match district::zone_of(reads, school).await? {
        Some(zone) => Ok(zone),
        None => Ok(district::get_district(reads).await?.time_zone),
    }
}
