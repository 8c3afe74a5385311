//! How fast pages answer while a broadcast runs and the database holds millions of deliveries.
//!
//! `pages_bench URL ROSTER ROWS` fills the empty database at URL with ROWS deliveries of broadcasts that are over, imports
//! ROSTER, sends a message to the whole district through drill carriers, and asks for pages over HTTP, before and meanwhile.

use std::error::Error;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::SignedDuration;
use schoolbell_domain::audience::{Audience, AudienceRule};
use schoolbell_domain::broadcast::{Draft, Wording};
use schoolbell_domain::category::Category;
use schoolbell_domain::channel::Channel;
use schoolbell_domain::ids::BroadcastId;
use schoolbell_domain::permission::{Grant, Role, Scope};
use schoolbell_domain::settings::DistrictSettings;
use schoolbell_engine::clock::SystemClock;
use schoolbell_engine::commands::create_user::{NewUser, create_user};
use schoolbell_engine::commands::import_roster::import_roster;
use schoolbell_engine::commands::save_draft::save_draft;
use schoolbell_engine::commands::send_broadcast::send_broadcast;
use schoolbell_engine::commands::set_up_district::set_up_district;
use schoolbell_engine::commands::sign_in_link::make_sign_in_link;
use schoolbell_engine::roster::{ImportRequest, Source};
use schoolbell_engine::{Actor, Engine, run};
use schoolbell_gateways::Gateway;
use schoolbell_gateways::drill::{DrillConfig, DrillGateway};
use schoolbell_store::testing::fill_deliveries;
use schoolbell_store::{Db, Synchronous, migrate};
use schoolbell_web::{WebSettings, router};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

type Done<T> = Result<T, Box<dyn Error>>;

/// Requests of each page.
const REQUESTS: usize = 200;

#[tokio::main]
async fn main() -> Done<()> {
    let mut words = std::env::args().skip(1);
    let (Some(url), Some(roster), Some(rows)) = (words.next(), words.next(), words.next()) else {
        return Err("write: pages_bench URL ROSTER ROWS".into());
    };
    let rows: i64 = rows.parse()?;
    let db = Db::open(&url, Synchronous::Normal).await?;
    migrate::migrate(&db).await?;
    let engine = Engine::new(db.clone(), Arc::new(SystemClock), 1);
    let actor = Actor::command_line();
    set_up_district(&engine, &actor, "Pecan Valley ISD", "America/Chicago", &DistrictSettings::default()).await?;
    import_roster(&engine, &actor, ImportRequest::of(Source::Path(PathBuf::from(roster)))).await?;
    let began = Instant::now();
    let old = fill_deliveries(&db, rows).await?;
    println!("{rows} deliveries of {old} filled in {:.1} s", began.elapsed().as_secs_f64());

    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let settings = WebSettings {
        base_url: format!("http://{address}"),
        upload_folder: std::env::temp_dir(),
        max_upload_bytes: 1024 * 1024,
        attendance_token: None,
        twilio: Vec::new(),
        push: None,
        portal: schoolbell_engine::commands::family_portal::PortalDoors::default(),
    };
    tokio::spawn(axum::serve(listener, router(engine.clone(), settings)).into_future());
    let cookie = sign_in(&engine, address).await?;
    measure("at rest", address, &cookie, old).await?;

    let stop = CancellationToken::new();
    let gateways = [Channel::Voice, Channel::Sms, Channel::Email].map(|channel| -> Arc<dyn Gateway> {
        let config = DrillConfig { speed: 10.0, per_second: 1_000.0, ..DrillConfig::of(channel) };
        Arc::new(DrillGateway::new(format!("drill-{channel}"), config))
    });
    let working = tokio::spawn(run(engine.clone(), gateways.to_vec(), stop.clone()));
    let running = send(&engine).await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    measure("during a broadcast, of a finished one", address, &cookie, old).await?;
    measure("during a broadcast, of that one", address, &cookie, running).await?;
    stop.cancel();
    working.await??;
    Ok(())
}

async fn sign_in(engine: &Engine, address: SocketAddr) -> Done<String> {
    let grants = vec![Grant { role: Role::DistrictAdministrator, scope: Scope::District }];
    let (name, email) = ("Dana".to_owned(), "dana@example.org".to_owned());
    let actor = Actor::command_line();
    let user = create_user(engine, &actor, NewUser { name, email, person: None, grants }).await?;
    let token = make_sign_in_link(engine, &actor, user, SignedDuration::from_hours(1)).await?;
    let path = format!("/sign-in/link/{token}");
    let page = ask(address, &format!("GET {path} HTTP/1.1\r\n"), "").await?;
    let form = cookies(&page);
    let (_, rest) = page.split_once("name=\"csrf\" value=\"").ok_or("no form")?;
    let body = format!("csrf={}", rest.split('"').next().unwrap_or_default());
    let head = format!(
        "POST {path} HTTP/1.1\r\nCookie: {form}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n",
        body.len()
    );
    Ok(cookies(&ask(address, &head, &body).await?))
}

fn cookies(answer: &str) -> String {
    let set = answer.lines().filter_map(|line| line.strip_prefix("set-cookie: "));
    set.filter_map(|cookie| cookie.split(';').next()).collect::<Vec<_>>().join("; ")
}

async fn ask(address: SocketAddr, head: &str, body: &str) -> Done<String> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(format!("{head}Host: {address}\r\nConnection: close\r\n\r\n{body}").as_bytes()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// Everything to everybody.
async fn send(engine: &Engine) -> Done<BroadcastId> {
    let actor = Actor::command_line();
    let text = "Schools close at noon today.".to_owned();
    let draft = Draft {
        title: "Early dismissal".to_owned(),
        category: Some(Category::SchoolsOut),
        audience: Audience { include: vec![AudienceRule::District], except: vec![] },
        wordings: vec![Wording {
            sms_body: text.clone(),
            voice_body: text.clone(),
            email_subject: text.clone(),
            email_body: text,
            ..Wording::default()
        }],
        ..Draft::default()
    };
    let kept = save_draft(engine, &actor, None, &draft).await?;
    send_broadcast(engine, &actor, (kept.id, kept.version), None).await?;
    Ok(kept.id)
}

async fn measure(when: &str, address: SocketAddr, cookie: &str, broadcast: BroadcastId) -> Done<()> {
    for (page, path) in [
        ("now", "/".to_owned()),
        ("broadcast", format!("/broadcasts/{broadcast}")),
        ("recipients", format!("/broadcasts/{broadcast}/people")),
    ] {
        let mut times = Vec::with_capacity(REQUESTS);
        for _ in 0..REQUESTS {
            let began = Instant::now();
            let answer = ask(address, &format!("GET {path} HTTP/1.1\r\nCookie: {cookie}\r\n"), "").await?;
            if !answer.starts_with("HTTP/1.1 200") {
                return Err(format!("{path}: {}", answer.lines().next().unwrap_or_default()).into());
            }
            times.push(began.elapsed());
        }
        times.sort_unstable();
        let (half, most) = (times[REQUESTS / 2], times[REQUESTS * 99 / 100]);
        println!("{page:<10} {when:<40} p50 {half:>9.2?}  p99 {most:>9.2?}");
    }
    Ok(())
}
