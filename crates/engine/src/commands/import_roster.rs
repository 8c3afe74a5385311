//! Imports a roster: read, compare, guard, apply.

use jiff::ToSpan;
use schoolbell_domain::ids::ImportId;
use schoolbell_domain::permission::{Act, Scope};
use schoolbell_domain::phone::Phone;
use schoolbell_domain::roster::guard::holds;
use schoolbell_formats::roster::{Format, ReadOptions, ReadProgress, ReadRoster, RosterError};
use schoolbell_store::read::district::lookup_district;
use schoolbell_store::read::imports::{ImportState, roster_version};
use schoolbell_store::write::imports::{self, Moved, NewImport};
use schoolbell_store::{StoreError, Tx};
use serde_json::json;

use super::audit::tell;
use crate::error::{CommandError, CommandResult};
use crate::roster::apply::Apply;
use crate::roster::compare::{Difference, Standing, shared_numbers};
use crate::roster::progress::Teller;
use crate::roster::{ImportProgress, ImportReport, ImportRequest, ImportSummary, Outcome, Phase, source};
use crate::wake::Queue;
use crate::{Actor, Engine};

/// Runs a whole import. One transaction applies it: a crash before its end leaves the old roster.
///
/// A file that cannot be taken at all is `BadInput` with the sentence that says why; its run stays in the list as
/// failed. Everything else is the report.
pub async fn import_roster(engine: &Engine, actor: &Actor, request: ImportRequest) -> CommandResult<ImportReport> {
    actor.must(Act::ImportRoster, Scope::District)?;
    request.columns.check().map_err(|error| CommandError::bad("columns", error.to_string()))?;
    let id = ImportId::from_raw(engine.next_id());
    let asked = request.format.map(|format| format.word().to_owned());
    let summary = ImportSummary::empty(request.source.clone(), request.strict, asked);
    if !request.dry_run {
        begin(engine, actor, id, &summary).await?;
    }
    run(engine, actor, id, &request, summary).await
}

/// How long a run that says nothing counts as alive: one that crashed is told so afterwards.
const LONGEST_MINUTES: i64 = 30;

async fn begin(engine: &Engine, actor: &Actor, id: ImportId, summary: &ImportSummary) -> CommandResult<()> {
    let now = engine.now();
    let text = to_json(summary)?;
    let source = summary.source.name();
    engine
        .db
        .write("begin import", async |tx| {
            imports::fail_interrupted(tx, now, now - LONGEST_MINUTES.minutes()).await?;
            let format = summary.asked_format.as_deref().unwrap_or("auto");
            let import = NewImport { id, format, source: &source, summary: &text, actor: &actor.name, started_at: now };
            imports::begin_import(tx, import).await?;
            Ok::<_, StoreError>(())
        })
        .await?;
    Ok(())
}

/// Reads, compares and decides; the row of the import, if it has one, stands at `reading`.
pub(super) async fn run(
    engine: &Engine,
    actor: &Actor,
    id: ImportId,
    request: &ImportRequest,
    mut summary: ImportSummary,
) -> CommandResult<ImportReport> {
    let teller = Teller::new(&engine.imports, &engine.live, id);
    let (read, digest) = match read_files(engine, request, teller).await? {
        Ok(read) => read,
        Err(error) => {
            summary.failure = Some(error.to_string());
            let run = Run { id, actor, request, digest: String::new(), format: "auto", summary };
            run.end(engine, ImportState::Failed, &[]).await?;
            return Err(CommandError::bad("source", error.to_string()));
        }
    };
    let (standing, difference) = compare(engine, &read).await?;
    summary.rows = read.rows;
    summary.counts = difference.counts;
    summary.errors = read.issues.errors();
    summary.warnings = read.issues.warnings();
    summary.by_kind.clone_from(read.issues.by_kind());
    let shared = shared_numbers(&standing, &read.snapshot, request.thresholds.people_per_number);
    summary.holds = holds(&summary.counts, &shared, read.references, &request.thresholds);
    let run = Run { id, actor, request, digest, format: read.format.word(), summary };
    run.decide(engine, read, standing, difference).await
}

/// Reads the files where blocking is allowed.
async fn read_files(
    engine: &Engine,
    request: &ImportRequest,
    teller: Teller,
) -> CommandResult<Result<(ReadRoster, String), RosterError>> {
    let mut reads = engine.db.read().await?;
    let district = lookup_district(&mut reads).await?;
    drop(reads);
    let zone = district.as_ref().map_or(jiff::tz::TimeZone::UTC, |it| it.time_zone.clone());
    let denied = district.map_or_else(Vec::new, |it| it.settings.deny_list);
    let options = ReadOptions {
        format: request.format,
        today: engine.now().to_zoned(zone).date(),
        denied: denied.iter().filter_map(|text| Phone::parse(text).ok().map(|read| read.phone)).collect(),
        columns: request.columns.clone(),
    };
    let path = request.source.path().to_owned();
    let reading = tokio::task::spawn_blocking(move || {
        let mut tick = |progress: ReadProgress| {
            teller.tell(ImportProgress { phase: Phase::Reading, done: progress.done, total: progress.total });
        };
        source::read(&path, &options, &mut tick)
    });
    reading.await.map_err(|error| CommandError::Fault(StoreError::Setup(format!("reading was cut short: {error}"))))
}

async fn compare(engine: &Engine, read: &ReadRoster) -> CommandResult<(Standing, Difference)> {
    let mut reads = engine.db.read().await?;
    let standing = Standing::load(&mut reads, read.snapshot.covers).await?;
    drop(reads);
    let difference = Difference::of(&standing, &read.snapshot);
    Ok((standing, difference))
}

/// One run of the importer after its files were read.
struct Run<'a> {
    id: ImportId,
    actor: &'a Actor,
    request: &'a ImportRequest,
    digest: String,
    format: &'static str,
    summary: ImportSummary,
}

impl Run<'_> {
    async fn decide(
        self,
        engine: &Engine,
        read: ReadRoster,
        standing: Standing,
        difference: Difference,
    ) -> CommandResult<ImportReport> {
        let refused = self.request.strict && self.summary.errors > 0;
        let held = !self.summary.holds.is_empty() && self.request.accept.is_none();
        let outcome = match () {
            () if self.request.dry_run => Outcome::Tried,
            () if refused => Outcome::Refused,
            () if difference.counts.is_empty() => Outcome::Unchanged,
            () if held => Outcome::Held,
            () => Outcome::Applied,
        };
        match outcome {
            Outcome::Tried => {}
            Outcome::Refused => self.end(engine, ImportState::Failed, read.issues.list()).await?,
            Outcome::Unchanged => self.end(engine, ImportState::Unchanged, read.issues.list()).await?,
            Outcome::Held => self.end(engine, ImportState::Held, read.issues.list()).await?,
            Outcome::Applied => self.apply(engine, &read, &standing, &difference).await?,
        }
        let id = (!self.request.dry_run).then_some(self.id);
        Ok(ImportReport { id, outcome, format: self.format, summary: self.summary, issues: read.issues.into_list() })
    }

    /// Everything in one transaction: rows, households, ledger, job, audit line.
    async fn apply(
        &self,
        engine: &Engine,
        read: &ReadRoster,
        standing: &Standing,
        difference: &Difference,
    ) -> CommandResult<()> {
        let teller = Teller::new(&engine.imports, &engine.live, self.id);
        let total = difference.rows() as u64;
        let mut done = 0_u64;
        let mut tick = |rows: usize| {
            done += rows as u64;
            teller.tell(ImportProgress { phase: Phase::Writing, done, total });
        };
        engine
            .db
            .write("apply roster", async |tx| {
                if roster_version(tx).await? != standing.version {
                    let sentence = "another import changed the roster meanwhile; import this one again";
                    return Err(CommandError::refused("A17", sentence));
                }
                let apply = Apply::new(engine, self.id, standing, &read.snapshot, &mut tick);
                apply.run(tx, difference).await?;
                crate::roster::settle(engine, tx, self.id).await?;
                self.moved(engine, tx, ImportState::Applied, read.issues.list()).await
            })
            .await?;
        self.request.source.clear();
        engine.wake.now(Queue::Jobs);
        Ok(())
    }

    /// Ends a run that changed nothing.
    async fn end(
        &self,
        engine: &Engine,
        state: ImportState,
        issues: &[schoolbell_domain::roster::issue::Issue],
    ) -> CommandResult<()> {
        if self.request.dry_run {
            return Ok(());
        }
        engine.db.write("end import", async |tx| self.moved(engine, tx, state, issues).await).await?;
        if state != ImportState::Held {
            self.request.source.clear();
        }
        Ok(())
    }

    async fn moved(
        &self,
        engine: &Engine,
        tx: &mut Tx,
        state: ImportState,
        issues: &[schoolbell_domain::roster::issue::Issue],
    ) -> CommandResult<()> {
        let summary = to_json(&self.summary)?;
        let moved = Moved {
            id: self.id,
            from: ImportState::Reading,
            to: state,
            format: self.format,
            digest: &self.digest,
            summary: &summary,
            reason: self.request.accept.as_deref(),
            finished_at: (state != ImportState::Held).then(|| engine.now()),
        };
        if !imports::move_import(tx, moved).await? {
            let sentence = "this import was ended by somebody else meanwhile; look at the list of imports";
            return Err(CommandError::refused("A17", sentence));
        }
        imports::replace_issues(tx, self.id, issues).await?;
        let detail = json!({
            "state": state.word(),
            "source": self.summary.source.name(),
            "counts": self.summary.counts,
            "reason": self.request.accept,
        });
        tell(engine, tx, self.actor, ("import_roster", &self.id.to_string()), detail).await?;
        Ok(())
    }
}

fn to_json(summary: &ImportSummary) -> CommandResult<String> {
    serde_json::to_string(summary).map_err(|error| CommandError::Fault(StoreError::Setup(error.to_string())))
}

/// A format that a person named.
pub fn format_named(word: &str) -> CommandResult<Option<Format>> {
    if word == "auto" {
        return Ok(None);
    }
    let known = Format::from_word(word).map(Some);
    known.ok_or_else(|| {
        CommandError::bad("format", format!("`{word}` is no format; write auto, oneroster, sds or flat"))
    })
}
