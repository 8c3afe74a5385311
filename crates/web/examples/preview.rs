//! The pages over a fresh district, with drill carriers: for whoever works on how they look.
//!
//! `cargo run -p schoolbell-web --example preview -- FOLDER ROSTER PORT` keeps its database in FOLDER, imports ROSTER if
//! there is none yet, and prints a sign-in link for each role.

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::SignedDuration;
use schoolbell_domain::channel::Channel;
use schoolbell_domain::permission::{Grant, Role, Scope};
use schoolbell_domain::settings::DistrictSettings;
use schoolbell_engine::clock::SystemClock;
use schoolbell_engine::commands::create_user::{NewUser, create_user};
use schoolbell_engine::commands::import_roster::import_roster;
use schoolbell_engine::commands::set_up_district::set_up_district;
use schoolbell_engine::commands::sign_in_link::make_sign_in_link;
use schoolbell_engine::roster::{ImportRequest, Source};
use schoolbell_engine::{Actor, Engine, run};
use schoolbell_gateways::Gateway;
use schoolbell_gateways::drill::{DrillConfig, DrillGateway};
use schoolbell_store::read::{district, users};
use schoolbell_store::{Db, Synchronous, migrate};
use schoolbell_web::{WebSettings, router};
use tokio_util::sync::CancellationToken;

type Done<T> = Result<T, Box<dyn Error>>;

const ROLES: [Role; 6] = Role::ALL;

#[tokio::main]
async fn main() -> Done<()> {
    let mut words = std::env::args().skip(1);
    let (Some(folder), Some(roster), Some(port)) = (words.next(), words.next(), words.next()) else {
        return Err("write: preview FOLDER ROSTER PORT".into());
    };
    let folder = PathBuf::from(folder);
    std::fs::create_dir_all(&folder)?;
    let db = Db::open(&format!("sqlite:{}", folder.join("preview.db").display()), Synchronous::Normal).await?;
    migrate::migrate(&db).await?;
    let engine = Engine::new(db, Arc::new(SystemClock), 1);
    set_up(&engine, PathBuf::from(roster)).await?;
    let base_url = format!("http://127.0.0.1:{port}");
    for (name, token) in links(&engine).await? {
        println!("{name}: {base_url}/sign-in/link/{token}");
    }
    let gateways = [Channel::Voice, Channel::Sms, Channel::Email].map(|channel| -> Arc<dyn Gateway> {
        let config = DrillConfig { speed: 5.0, ..DrillConfig::of(channel) };
        Arc::new(DrillGateway::new(format!("drill-{channel}"), config))
    });
    let stop = CancellationToken::new();
    let working = tokio::spawn(run(engine.clone(), gateways.to_vec(), stop.clone()));
    let settings = WebSettings {
        base_url,
        upload_folder: folder,
        max_upload_bytes: 512 * 1024 * 1024,
        twilio: Vec::new(),
        attendance_token: None,
        push: None,
        portal: schoolbell_engine::commands::family_portal::PortalDoors::default(),
    };
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    axum::serve(listener, router(engine, settings)).await?;
    stop.cancel();
    Ok(working.await??)
}

/// The district, its roster and a user for each role, unless they are there.
async fn set_up(engine: &Engine, roster: PathBuf) -> Done<()> {
    let actor = Actor::command_line();
    let mut reads = engine.reader().read().await?;
    if district::lookup_district(&mut reads).await?.is_some() {
        return Ok(());
    }
    set_up_district(engine, &actor, "Pecan Valley ISD", "America/Chicago", &DistrictSettings::default()).await?;
    let report = import_roster(engine, &actor, ImportRequest::of(Source::Path(roster))).await?;
    println!("{:?}: {:?}", report.outcome, report.summary.counts.students);
    let school = district::schools(&mut engine.reader().read().await?).await?.first().map(|row| row.id);
    for role in ROLES {
        let scope = match (role, school) {
            (Role::DistrictAdministrator | Role::Registrar, _) | (_, None) => Scope::District,
            (_, Some(school)) => Scope::School(school),
        };
        let name = format!("Dana {}", role.plain());
        let email = format!("{}@example.org", role.word());
        create_user(engine, &actor, NewUser { name, email, person: None, grants: vec![Grant { role, scope }] }).await?;
    }
    Ok(())
}

async fn links(engine: &Engine) -> Done<Vec<(String, String)>> {
    let all = users::users(&mut engine.reader().read().await?).await?;
    let mut links = Vec::new();
    for (user, _) in all {
        let token = make_sign_in_link(engine, &Actor::command_line(), user.id, SignedDuration::from_hours(24)).await?;
        links.push((user.email, token));
    }
    Ok(links)
}
