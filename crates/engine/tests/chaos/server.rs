//! A PostgreSQL of the test's own, which it may restart, and a standby of it, which it may promote.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// Where `initdb` and `pg_ctl` are, and as whom they run: `scripts/with-postgres` says so.
const BIN: &str = "SCHOOLBELL_TEST_POSTGRES_BIN";
const AS: &str = "SCHOOLBELL_TEST_POSTGRES_AS";

/// One server; it ends with this value.
pub struct Server {
    tools: Tools,
    folder: TempDir,
    pub port: u16,
    running: bool,
}

#[derive(Clone)]
struct Tools {
    bin: PathBuf,
    /// The words before every command.
    before: Vec<String>,
}

impl Server {
    /// A fresh primary; `None`, loudly, where no server is at hand.
    pub fn start() -> Option<Self> {
        let Some(tools) = Tools::of_environment() else {
            eprintln!("!! SKIPPED: {BIN} is not set; run it under scripts/with-postgres");
            return None;
        };
        let mut server = Self { folder: tools.folder(), tools, port: free_port(), running: false };
        let data = server.data();
        server.tools.run("initdb", &["-D", &data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"]);
        server.configure("fsync = off\nfull_page_writes = off\nwal_level = replica\nmax_connections = 120\n");
        server.up();
        Some(server)
    }

    /// A standby of this server that every commit waits for from now on.
    pub fn standby(&self) -> Self {
        self.standby_on(free_port())
    }

    /// The same under a known address.
    pub fn standby_on(&self, port: u16) -> Self {
        let mut standby = Self { folder: self.tools.folder(), tools: self.tools.clone(), port, running: false };
        let (data, port) = (standby.data(), self.port.to_string());
        let from = ["-D", &data, "-h", "127.0.0.1", "-p", &port, "-U", "postgres"];
        self.tools.run("pg_basebackup", &[&from[..], &["-R", "-X", "stream", "--no-sync", "-c", "fast"]].concat());
        standby.configure("synchronous_standby_names = ''\n");
        standby.up();
        self.configure("synchronous_standby_names = '*'\nsynchronous_commit = on\n");
        self.tools.run("pg_ctl", &["-D", &self.data(), "reload"]);
        standby
    }

    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// As a crash and a start: every connection breaks, what was not committed is gone.
    pub fn restart(&mut self) {
        self.tools.run("pg_ctl", &["-D", &self.data(), "-m", "immediate", "-w", "restart", "-l", &self.log()]);
    }

    /// As the loss of its machine.
    pub fn die(&mut self) {
        self.tools.run("pg_ctl", &["-D", &self.data(), "-m", "immediate", "-w", "stop"]);
        self.running = false;
    }

    /// From a standby to the one that takes writes.
    pub fn promote(&self) {
        self.tools.run("pg_ctl", &["-D", &self.data(), "-w", "promote"]);
    }

    fn up(&mut self) {
        self.tools.run("pg_ctl", &["-D", &self.data(), "-w", "-l", &self.log(), "start"]);
        self.running = true;
    }

    /// Later lines win.
    fn configure(&self, more: &str) {
        let file = Path::new(&self.data()).join("postgresql.conf");
        let mut text = std::fs::read_to_string(&file).unwrap();
        let ours = format!("listen_addresses = '127.0.0.1'\nport = {}\nunix_socket_directories = ''", self.port);
        for line in ["", &ours, more] {
            text.push_str(line);
            text.push('\n');
        }
        std::fs::write(file, text).unwrap();
    }

    fn data(&self) -> String {
        self.folder.path().join("db").display().to_string()
    }

    fn log(&self) -> String {
        self.folder.path().join("log").display().to_string()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.running {
            self.die();
        }
    }
}

impl Tools {
    fn of_environment() -> Option<Self> {
        let read = |name: &str| std::env::var_os(name).and_then(|value| value.into_string().ok());
        let before = read(AS).unwrap_or_default().split_whitespace().map(str::to_owned).collect();
        Some(Self { bin: PathBuf::from(read(BIN).filter(|bin| !bin.is_empty())?), before })
    }

    /// A folder that the server's user may write to.
    fn folder(&self) -> TempDir {
        let folder = tempfile::Builder::new().prefix("schoolbell-chaos.").tempdir_in("/tmp").unwrap();
        if !self.before.is_empty() {
            let owned = Command::new("chown").arg("nobody:nogroup").arg(folder.path()).status().unwrap();
            assert!(owned.success(), "chown");
        }
        folder
    }

    fn run(&self, program: &str, arguments: &[&str]) {
        let program = self.bin.join(program).display().to_string();
        let words: Vec<&str> =
            self.before.iter().map(String::as_str).chain([program.as_str()]).chain(arguments.iter().copied()).collect();
        let log = tempfile::tempfile().unwrap();
        // Not through pipes: the server inherits them and would keep them open.
        let done = Command::new(words[0])
            .args(&words[1..])
            .env("LC_ALL", "C.UTF-8")
            .current_dir("/tmp")
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .status()
            .unwrap();
        assert!(done.success(), "{words:?} failed: {done}");
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
