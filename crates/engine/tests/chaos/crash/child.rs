//! The program that is killed: the engine over a SQLite file with one SMPP gateway, until it is killed or told to end.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use schoolbell_engine::Engine;
use schoolbell_engine::clock::SystemClock;
use schoolbell_store::{Db, Synchronous};
use tokio_util::sync::CancellationToken;

use crate::world;

const FILE: &str = "SCHOOLBELL_CRASH_FILE";
const PORT: &str = "SCHOOLBELL_CRASH_PORT";

pub async fn open(file: &Path) -> Db {
    Db::open(&format!("sqlite:{}", file.display()), Synchronous::Normal).await.unwrap()
}

/// Starts this test binary again as the program.
pub fn start(file: &Path, port: u16) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "crash::child::program", "--ignored", "--nocapture"])
        .env(FILE, file)
        .env(PORT, port.to_string())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// No test by itself: the program that the others start and kill.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "started by the crash tests as a process of its own"]
async fn program() {
    let Some(file) = std::env::var_os(FILE).map(PathBuf::from) else { return };
    let port = std::env::var_os(PORT).and_then(|port| port.to_str()?.parse().ok()).unwrap();
    let engine = Engine::new(open(&file).await, Arc::new(SystemClock), 2);
    schoolbell_engine::run(engine, vec![world::gateway(port, 1000.0)], CancellationToken::new()).await.unwrap();
}
