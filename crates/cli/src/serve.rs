//! `schoolbell serve`: pages and dispatch in one program, or some of it in each of several, until SIGTERM or Ctrl-C.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use schoolbell_engine::{Engine, Role, Roles};
use schoolbell_gateways::Gateway;
use schoolbell_store::Db;
use schoolbell_web::WebSettings;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::alone::Alone;
use crate::config::Config;
use crate::intake::{self, Intake};
use crate::{ConfigArgs, alone, attendance_folder, house, logging};

/// How long open pages are waited for after a stop: a live page never ends by itself.
const LAST_ANSWERS: Duration = Duration::from_secs(3);
/// How long carriers are waited for: what is at work then is answered or noted as unknown.
const LAST_WORDS: Duration = Duration::from_secs(30);

#[derive(clap::Args)]
pub struct ServeArgs {
    #[command(flatten)]
    config: ConfigArgs,
    /// What this program does, where several share one PostgreSQL database
    #[arg(long, default_value_t = Roles::all(), value_name = "ROLES")]
    roles: Roles,
}

/// Everything that runs.
pub struct Open {
    pub engine: Engine,
    pub db: Db,
    pub gateways: Vec<Arc<dyn Gateway>>,
    /// `None` without the role of the pages.
    pub listener: Option<TcpListener>,
    pub settings: WebSettings,
    pub intake: Intake,
    /// Where attendance files are watched for.
    pub attendance: Option<PathBuf>,
    pub roles: Roles,
    /// SQLite: nobody else serves this file as long as this stands.
    _alone: Option<Alone>,
}

pub async fn serve(args: &ServeArgs) -> anyhow::Result<()> {
    let config = args.config.load()?;
    logging::start(&config.log);
    let open = open(&config, args.roles.clone()).await?;
    match &open.listener {
        Some(listener) => println!("schoolbell serves {} on {}", open.settings.base_url, listener.local_addr()?),
        None => println!("schoolbell works as {}, without pages", open.roles),
    }
    if open.gateways.is_empty() {
        tracing::warn!("no gateway stands in the config: nothing will leave this machine");
    }
    run(open, stop_signal()?).await
}

/// Opens all that the config names; the file and the port first, since a second program on
/// them is the likeliest mistake.
pub async fn open(config: &Config, roles: Roles) -> anyhow::Result<Open> {
    let alone = match config.database.url.file(&config.folder) {
        Some(_) if roles != Roles::all() => anyhow::bail!(
            "on SQLite one program does everything; leave --roles out, or move the district to PostgreSQL"
        ),
        Some(file) => Some(alone::hold(&file)?),
        None => None,
    };
    let listener = if roles.has(Role::Web) { Some(listen(config.web.listen.0).await?) } else { None };
    let (engine, db) = house::open(config, &roles.to_string()).await?;
    let gateways = house::gateways(config, Some(&engine))?;
    let settings = WebSettings {
        base_url: config.web.public_url.0.clone(),
        upload_folder: house::upload_folder(config)?,
        max_upload_bytes: usize::try_from(config.web.max_upload_mb)?.saturating_mul(1024 * 1024),
        attendance_token: config
            .attendance
            .auth_token
            .as_ref()
            .map(|token| token.expose().to_owned())
            .filter(|token| !token.is_empty()),
        twilio: house::twilio_hooks(config),
        push: house::push_door(config)?,
        portal: config.portal.doors().map_err(|sentence| anyhow::anyhow!("[portal] {sentence}"))?,
    };
    let intake = intake::open(config).await?;
    let attendance = config.attendance.folder.as_ref().map(|folder| config.path(folder));
    Ok(Open { engine, db, gateways, listener, settings, roles, intake, attendance, _alone: alone })
}

async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| {
        let remedy = remedy_for(error.kind());
        anyhow::anyhow!("{address} cannot be listened on ({error}): {remedy}, as `listen` in [web]")
    })
}

fn remedy_for(kind: std::io::ErrorKind) -> &'static str {
    if kind == std::io::ErrorKind::AddrInUse {
        "another program listens there; stop it, or write another port"
    } else if kind == std::io::ErrorKind::PermissionDenied {
        "ports below 1024 are for root; write a higher one and put a proxy before it"
    } else if kind == std::io::ErrorKind::AddrNotAvailable {
        "this machine has no such address; write one that it has, for example 127.0.0.1"
    } else {
        "write another address"
    }
}

/// Runs until `stop`, then lets carriers and pages finish, and closes the database last.
pub async fn run(open: Open, stop: CancellationToken) -> anyhow::Result<()> {
    let Open { engine, db, gateways, listener, settings, roles, intake, attendance, _alone } = open;
    intake.start(engine.clone(), &stop);
    if let Some(folder) = attendance {
        tokio::spawn(attendance_folder::watch(engine.clone(), folder, stop.clone()));
    }
    let mut pages = tokio::spawn(serve_pages(listener, engine.clone(), settings, stop.clone()));
    let mut dispatch = tokio::spawn(schoolbell_engine::run_as(engine, gateways, roles, stop.clone()));
    // Neither ends by itself unless it fails, and one without the other is of no use.
    tokio::select! {
        () = stop.cancelled() => {}
        ended = &mut dispatch => {
            stop.cancel();
            db.close().await;
            return ended.context("dispatch broke")?.context("dispatch cannot work");
        }
        ended = &mut pages => {
            stop.cancel();
            return ended.context("the pages broke")?.context("the pages cannot be served");
        }
    }
    tracing::info!("stopping: no new work, what is under way is finished");
    if tokio::time::timeout(LAST_ANSWERS, pages).await.is_err() {
        tracing::debug!("live pages were open and were closed");
    }
    let dispatched = tokio::time::timeout(LAST_WORDS, dispatch).await;
    db.close().await;
    dispatched
        .context("a carrier did not finish in 30 s; what it had is settled at the next start")?
        .context("dispatch broke")??;
    tracing::info!("stopped");
    Ok(())
}

/// Without a listener there are no pages, and nothing of them fails.
async fn serve_pages(
    listener: Option<TcpListener>,
    engine: Engine,
    settings: WebSettings,
    stop: CancellationToken,
) -> std::io::Result<()> {
    let Some(listener) = listener else {
        stop.cancelled().await;
        return Ok(());
    };
    let router = schoolbell_web::router(engine, settings);
    axum::serve(listener, router).with_graceful_shutdown(async move { stop.cancelled().await }).await
}

/// Cancelled by SIGTERM, SIGINT or Ctrl-C. A second signal ends the program at once.
pub fn stop_signal() -> anyhow::Result<CancellationToken> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut term = signal(SignalKind::terminate()).context("SIGTERM cannot be heard")?;
    let mut int = signal(SignalKind::interrupt()).context("SIGINT cannot be heard")?;
    let stop = CancellationToken::new();
    let heard = stop.clone();
    tokio::spawn(async move {
        for _ in 0..2 {
            tokio::select! { _ = term.recv() => {}, _ = int.recv() => {} }
            if heard.is_cancelled() {
                std::process::exit(130);
            }
            heard.cancel();
        }
    });
    Ok(stop)
}
