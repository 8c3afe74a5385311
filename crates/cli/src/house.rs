//! Opening what stands in the config: folders, the database at this program's version, the engine.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use schoolbell_domain::clock::Clock;
use schoolbell_domain::settings::DistrictSettings;
use schoolbell_engine::clock::{DatabaseClock, SystemClock};
use schoolbell_engine::commands::set_up_district::set_up_district;
use schoolbell_engine::reception::Desk;
use schoolbell_engine::speech::{EspeakNg, Speaker};
use schoolbell_engine::{Actor, Engine};
use schoolbell_formats::push::PushDoor;
use schoolbell_formats::twilio::Signer;
use schoolbell_gateways::Gateway;
use schoolbell_gateways::reception::Reception;
use schoolbell_store::{Db, migrate, read};
use schoolbell_web::TwilioHook;

use crate::config::{Calls, Config, DistrictSection};

/// The database of the config. The folder of a SQLite file is made if it is absent.
pub async fn open_database(config: &Config) -> anyhow::Result<Db> {
    if let Some(file) = config.database.url.file(&config.folder)
        && let Some(folder) = file.parent()
    {
        make_folder(folder)?;
    }
    let url = config.database.url.from(&config.folder);
    Db::open(&url, config.database.synchronous.into()).await.with_context(|| {
        format!("the database {:?} does not open; `schoolbell doctor` tells more", config.database.url)
    })
}

/// The engine on a database at this program's version, with the district set up.
///
/// `doing` is what operators see of this program among the others on the database.
pub async fn open(config: &Config, doing: &str) -> anyhow::Result<(Engine, Db)> {
    let db = open_database(config).await?;
    let migrated = migrate::migrate(&db).await.context("the database does not come to this program's version")?;
    if !migrated.taken.is_empty() {
        tracing::info!(steps = migrated.taken.len(), "the database was brought to this program's version");
    }
    if !migrated.newer.is_empty() {
        tracing::warn!(steps = ?migrated.newer, "a newer program has added to the database; upgrade this one soon");
    }
    refuse_what_moved(&db).await?;
    let clock: Arc<dyn Clock> = match db.engine() {
        schoolbell_store::Engine::Sqlite => Arc::new(SystemClock),
        schoolbell_store::Engine::Postgres => {
            DatabaseClock::of(&db).await.context("the database does not tell the time")?
        }
    };
    let engine = Engine::join(db.clone(), clock, &machine(), doing).await?;
    let engine = engine.reached_at(&config.web.public_url.0);
    let speaker = speaker(config).with_recordings(engine.reader());
    let engine = engine.spoken_by(Arc::new(speaker));
    set_up(&engine, &config.district).await?;
    Ok((engine, db))
}

/// What this machine calls itself, for operators.
fn machine() -> String {
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    if name.is_empty() { "a machine".to_owned() } else { name }
}

/// A district that was moved to another database must not be sent from both.
async fn refuse_what_moved(db: &Db) -> anyhow::Result<()> {
    let instance = read::instance::current(&mut db.read().await?).await?;
    if let Some(moved_at) = instance.and_then(|instance| instance.moved_at) {
        anyhow::bail!(
            "the district was moved from this database to another at {moved_at}; write that one in [database] url"
        );
    }
    Ok(())
}

async fn set_up(engine: &Engine, district: &DistrictSection) -> anyhow::Result<()> {
    let mut view = engine.reader().read().await?;
    let stands = read::district::lookup_district(&mut view).await?.is_some();
    drop(view);
    if stands {
        return Ok(());
    }
    let settings = DistrictSettings {
        program_name: district.program_name.clone().unwrap_or_else(|| format!("{} Alerts", district.name)),
        help_contact: district.help_contact.clone().unwrap_or_default(),
        ..DistrictSettings::default()
    };
    set_up_district(engine, &Actor::command_line(), &district.name, &district.time_zone.0, &settings).await?;
    Ok(())
}

/// All gateways of the config, not started. Without an engine they can be looked at and carry nothing.
pub fn gateways(config: &Config, engine: Option<&Engine>) -> anyhow::Result<Vec<Arc<dyn Gateway>>> {
    let mut gateways = Vec::new();
    let speaker = engine.and_then(Engine::speaker).unwrap_or_else(|| Arc::new(speaker(config)));
    let reception = engine.map(|engine| Arc::new(Desk::new(engine.clone(), speaker.clone())) as Arc<dyn Reception>);
    let calls = Calls { voicing: speaker, reception };
    for (name, gateway) in &config.gateways {
        gateways.push(
            gateway
                .build(name, &config.web.public_url.0, &calls)
                .map_err(|sentence| anyhow::anyhow!("[gateways.{name}] {sentence}"))?,
        );
    }
    Ok(gateways)
}

/// The voice of the config.
pub fn voice(config: &Config) -> EspeakNg {
    EspeakNg::new(&config.speech.program, config.speech.words_per_minute)
}

/// What makes the sounds of calls. A school without a number of its own is called back at the first trunk's.
fn speaker(config: &Config) -> Speaker {
    let trunk = config.gateways.iter().find_map(|(_, gateway)| gateway.sip());
    let call_back = trunk.map(|trunk| trunk.caller_id.as_str()).unwrap_or_default();
    Speaker::new(Arc::new(voice(config)), config.path(&config.speech.folder), call_back)
}

/// Which carriers may call our hooks, and by whose signature they are known.
pub fn twilio_hooks(config: &Config) -> Vec<TwilioHook> {
    let twilio = config.gateways.iter().filter_map(|(name, gateway)| Some((name, gateway.twilio()?)));
    twilio
        .map(|(name, twilio)| TwilioHook { gateway: name.clone(), signer: Signer::new(twilio.auth_token.expose()) })
        .collect()
}

/// What families' browsers subscribe with for the app; `None` without a gateway for it.
pub fn push_door(config: &Config) -> anyhow::Result<Option<PushDoor>> {
    for (name, gateway) in &config.gateways {
        let door = gateway.push_door().map_err(|sentence| anyhow::anyhow!("[gateways.{name}] {sentence}"))?;
        if door.is_some() {
            return Ok(door);
        }
    }
    Ok(None)
}

/// Where roster files rest while they are read; made if it is absent.
pub fn upload_folder(config: &Config) -> anyhow::Result<PathBuf> {
    let folder = config.path(&config.web.upload_folder);
    make_folder(&folder)?;
    Ok(folder)
}

/// Makes a folder that only this user may look into: it holds families' data.
pub fn make_folder(folder: &Path) -> anyhow::Result<()> {
    if folder.as_os_str().is_empty() || folder.is_dir() {
        return Ok(());
    }
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).with_context(|| format!("the folder {} cannot be made", folder.display()))
}
