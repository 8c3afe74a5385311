//! The program that is killed, frozen and cut off: the engine on PostgreSQL with one SMPP gateway.

use std::process::{Child, Command, Stdio};

use schoolbell_engine::Engine;
use schoolbell_engine::clock::DatabaseClock;
use schoolbell_store::{Db, Synchronous};
use tokio_util::sync::CancellationToken;

use crate::world;

const URL: &str = "SCHOOLBELL_CHAOS_URL";
const PORT: &str = "SCHOOLBELL_CHAOS_PORT";
/// Slow enough that a fault finds texts in flight.
pub const PER_SECOND: f64 = 120.0;

/// A running node.
pub struct Node(Child);

impl Node {
    /// Starts this test binary again as the program.
    pub fn start(url: &str, port: u16) -> Self {
        let started = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child::program", "--ignored", "--nocapture"])
            .env(URL, url)
            .env(PORT, port.to_string())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        Self(started.unwrap())
    }

    pub fn id(&self) -> u32 {
        self.0.id()
    }

    /// SIGKILL: nothing is flushed, nothing is said.
    pub fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }

    pub fn freeze(&self) {
        self.signal("-STOP");
    }

    pub fn go_on(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let done = Command::new("kill").args([signal, &self.id().to_string()]).status().unwrap();
        assert!(done.success(), "kill {signal}");
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // A test that failed leaves nothing behind; one that ended well has killed it already.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// No test by itself: the program that the others start.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "started by the chaos tests as a process of its own"]
async fn program() {
    let read = |name: &str| std::env::var_os(name).and_then(|value| value.into_string().ok());
    let (Some(url), Some(port)) = (read(URL), read(PORT)) else { return };
    let db = Db::open(&url, Synchronous::Full).await.unwrap();
    let clock = DatabaseClock::of(&db).await.unwrap();
    let engine = Engine::join(db, clock, "chaos", "all").await.unwrap();
    let gateway = world::gateway(port.parse().unwrap(), PER_SECOND);
    schoolbell_engine::run(engine, vec![gateway], CancellationToken::new()).await.unwrap();
}
