//! Figures of the plan and of the expansion on SQLite: rows planned a second, rows stored a second, time to the first.
//!
//! `cargo run --release -p schoolbell-engine --example expand_bench -- PATH` imports the roster at PATH (what
//! `schoolbell import` takes) into a fresh database in the temporary folder and sends one message to the whole district.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use schoolbell_domain::audience::{Audience, AudienceRule};
use schoolbell_domain::broadcast::{Draft, Wording};
use schoolbell_domain::category::Category;
use schoolbell_domain::channel::Channel;
use schoolbell_domain::ids::{BroadcastId, OriginId};
use schoolbell_domain::settings::DistrictSettings;
use schoolbell_engine::clock::SystemClock;
use schoolbell_engine::commands::import_roster::import_roster;
use schoolbell_engine::commands::preview_broadcast::{count_audience, preview_broadcast};
use schoolbell_engine::commands::save_draft::save_draft;
use schoolbell_engine::commands::send_broadcast::send_broadcast;
use schoolbell_engine::commands::set_up_district::set_up_district;
use schoolbell_engine::jobs::{JobError, KINDS};
use schoolbell_engine::roster::{ImportRequest, Source};
use schoolbell_engine::{Actor, CommandError, Engine};
use schoolbell_store::read::tallies::open_counts;
use schoolbell_store::write::gateways::{GatewayEntry, register};
use schoolbell_store::{Db, StoreError, Synchronous, migrate::migrate};

/// Ends the run; `main` prints it.
struct Broken(String);

impl std::fmt::Debug for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<CommandError> for Broken {
    fn from(error: CommandError) -> Self {
        Self(error.to_string())
    }
}

impl From<StoreError> for Broken {
    fn from(error: StoreError) -> Self {
        Self(error.to_string())
    }
}

impl From<JobError> for Broken {
    fn from(error: JobError) -> Self {
        Self(format!("{error:?}"))
    }
}

#[tokio::main]
async fn main() -> Result<(), Broken> {
    let path = std::env::args().nth(1).ok_or_else(|| Broken("name the roster to import".to_owned()))?;
    let folder = tempfile::tempdir().map_err(|error| Broken(error.to_string()))?;
    let url = format!("sqlite:{}", folder.path().join("bench.db").display());
    let db = Db::open(&url, Synchronous::Normal).await?;
    migrate(&db).await?;
    let engine = Engine::new(db.clone(), std::sync::Arc::new(SystemClock), 1);
    let cli = Actor::command_line();
    let settings = DistrictSettings { help_contact: "512-555-0100".to_owned(), ..DistrictSettings::default() };
    set_up_district(&engine, &cli, "Bench ISD", "America/Chicago", &settings).await?;
    gateways(&db).await?;

    let began = Instant::now();
    let accept = Some("a bench takes what it is given".to_owned());
    import_roster(&engine, &cli, ImportRequest { accept, ..ImportRequest::of(Source::Path(path.into())) }).await?;
    println!("import            {:>8.2} s", began.elapsed().as_secs_f64());

    let draft = everybody();
    let began = Instant::now();
    let count = count_audience(&engine, &cli, &draft).await?;
    println!("count             {:>8.3} s   {count:?}", began.elapsed().as_secs_f64());

    let began = Instant::now();
    let preview = preview_broadcast(&engine, &cli, &draft).await?;
    let (seconds, rows) = (began.elapsed().as_secs_f64(), preview.summary.rows);
    println!(
        "preview           {seconds:>8.2} s   {rows} rows, {:.0} rows/s, {} sends",
        per_second(rows, seconds),
        preview.summary.total_sends()
    );

    let kept = save_draft(&engine, &cli, None, &draft).await?;
    let began = Instant::now();
    send_broadcast(&engine, &cli, (kept.id, kept.version), Some(&preview.digest)).await?;
    println!("send (urgent)     {:>8.3} s", began.elapsed().as_secs_f64());
    expand(&engine, kept.id).await?;
    println!("resident          {}", resident());
    Ok(())
}

/// Runs the job as the runner does, and watches for the first row.
async fn expand(engine: &Engine, id: BroadcastId) -> Result<(), Broken> {
    let kind = KINDS.iter().find(|kind| kind.kind == "expand_broadcast");
    let kind = kind.ok_or_else(|| Broken("no such job".to_owned()))?;
    let began = Instant::now();
    let work = tokio::spawn((kind.run)(engine.clone(), id.to_string()));
    loop {
        let open = open_counts(&mut engine.reader().read().await?, OriginId::from(id)).await?;
        if open.to_send > 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    println!("first rows after  {:>8.3} s", began.elapsed().as_secs_f64());
    work.await.map_err(|error| Broken(error.to_string()))??;
    let seconds = began.elapsed().as_secs_f64();
    let open = open_counts(&mut engine.reader().read().await?, OriginId::from(id)).await?;
    let rows = u64::try_from(open.to_send + open.left_out).unwrap_or(0);
    println!("expansion         {seconds:>8.2} s   {rows} rows stored, {:.0} rows/s", per_second(rows, seconds));
    Ok(())
}

async fn gateways(db: &Db) -> Result<(), StoreError> {
    let now = Timestamp::UNIX_EPOCH;
    db.write("gateways", async |tx| {
        for (name, channel) in [("texts", Channel::Sms), ("mail", Channel::Email), ("calls", Channel::Voice)] {
            register(tx, &GatewayEntry { name, channel, kind: "drill", per_second: 100.0, lines: None }, now).await?;
        }
        Ok(())
    })
    .await
}

fn everybody() -> Draft {
    Draft {
        title: "Closed".to_owned(),
        category: Some(Category::SchoolsOut),
        audience: Audience {
            include: vec![AudienceRule::District, AudienceRule::Staff { school: None }],
            except: Vec::new(),
        },
        wordings: vec![Wording {
            email_subject: "{{school}} is closed".to_owned(),
            email_body: "Dear family of {{students}},\n\n**{{school}}** is closed today.\n\n{{sender}}".to_owned(),
            sms_body: "{{school}} is closed today. Questions: {{school_phone}}".to_owned(),
            voice_body: "{{school}} is closed today.".to_owned(),
            ..Wording::default()
        }],
        ..Draft::default()
    }
}

#[expect(clippy::cast_precision_loss, reason = "a figure to read")]
fn per_second(rows: u64, seconds: f64) -> f64 {
    rows as f64 / seconds
}

/// Memory now and at its highest, where the system tells.
fn resident() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().filter(|line| line.starts_with("VmRSS") || line.starts_with("VmHWM")).collect::<Vec<_>>().join(", ")
}
