//! Peers of the mail tests: Postfix's smtp-sink, a server on aiosmtpd, dkimpy. `scripts/test` installs them.

use std::io::{BufRead, BufReader, Read};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use jiff::Timestamp;
use schoolbell_domain::clock::Clock;
use schoolbell_domain::delivery::settle::AttemptOutcome;
use schoolbell_domain::ids::DeliveryId;
use schoolbell_domain::people::Address;
use schoolbell_gateways::smtp::{SmtpConfig, SmtpGateway, Tls};
use schoolbell_gateways::{
    Content, Gateway, Health, HeardCall, HeardReceipt, HeardText, InboundSink, NotKept, Outcome, Outgoing, Running,
};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

pub const HOW: &str = "is missing; `scripts/test` installs it, or put it on the PATH";

/// 2026-11-20T14:15:16Z.
pub struct Fixed;

impl Clock for Fixed {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(1_795_184_116).expect("a time of this century")
    }
}

/// Mail hears nothing back yet.
pub struct Deaf;

impl InboundSink for Deaf {
    fn gone<'a>(&'a self, _: &'a str, _: Vec<String>) -> BoxFuture<'a, Result<(), NotKept>> {
        Box::pin(async { Ok(()) })
    }

    fn receipts<'a>(&'a self, _: &'a str, _: Vec<HeardReceipt>) -> BoxFuture<'a, Result<(), NotKept>> {
        Box::pin(async { Err(NotKept("mail has no receipts".to_owned())) })
    }
    fn text<'a>(&'a self, _: &'a str, _: HeardText) -> BoxFuture<'a, Result<(), NotKept>> {
        Box::pin(async { Err(NotKept("mail has no texts".to_owned())) })
    }

    fn call<'a>(&'a self, _: &'a str, _: HeardCall) -> BoxFuture<'a, Result<(), NotKept>> {
        Box::pin(async { Err(NotKept("no calls here".to_owned())) })
    }
}

/// A peer process; ends with the test.
pub struct Peer {
    child: Child,
    pub port: u16,
    pub dir: TempDir,
}

impl Drop for Peer {
    fn drop(&mut self) {
        if let Err(error) = self.child.kill().and_then(|()| self.child.wait().map(|_| ())) {
            eprintln!("the peer could not be ended: {error}");
        }
    }
}

pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port on loopback");
    listener.local_addr().expect("a bound port").port()
}

impl Peer {
    /// Postfix's smtp-sink with `options`; what it takes is dumped to `dir`.
    pub fn sink(options: &[&str]) -> Self {
        Self::sink_on(free_port(), options)
    }

    pub fn sink_on(port: u16, options: &[&str]) -> Self {
        let dir = tempfile::tempdir().expect("a temporary folder");
        open_to_all(dir.path());
        let mut command = Command::new("smtp-sink");
        // It insists on giving up root.
        if is_root() {
            command.args(["-u", "nobody"]);
        }
        let template = dir.path().join("mail.");
        command.arg("-d").arg(&template).args(options).arg(format!("127.0.0.1:{port}")).arg("100");
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().unwrap_or_else(|error| panic!("smtp-sink {HOW} (Debian package postfix): {error}"));
        let peer = Self { child, port, dir };
        let up = (0..200).any(|_| {
            std::thread::sleep(Duration::from_millis(20));
            TcpStream::connect(("127.0.0.1", port)).is_ok()
        });
        assert!(up, "smtp-sink did not listen within 4 s");
        peer
    }

    /// The server on aiosmtpd.
    pub fn server(options: &[&str]) -> Self {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let mut command = Command::new("python3");
        command.arg(script("smtp_server.py")).arg("--dir").arg(dir.path()).args(options);
        command.stdout(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("python3 {HOW}: {error}"));
        let mut line = String::new();
        let out = child.stdout.take().expect("piped");
        BufReader::new(out).read_line(&mut line).expect("a line of the server");
        let port = line.trim().strip_prefix("listening ").and_then(|text| text.parse().ok());
        let port = port.unwrap_or_else(|| panic!("aiosmtpd {HOW} (tests/peers/requirements.txt); it said `{line}`"));
        Self { child, port, dir }
    }

    /// The mails taken so far, in no order.
    pub fn mails(&self) -> Vec<String> {
        let mut paths: Vec<PathBuf> = std::fs::read_dir(self.dir.path())
            .expect("the dump folder")
            .map(|entry| entry.expect("an entry").path())
            .filter(|path| path.extension().is_none_or(|extension| extension != "json"))
            .collect();
        paths.sort();
        paths.iter().map(|path| read(path)).collect()
    }

    pub fn config(&self) -> SmtpConfig {
        config(self.port)
    }
}

pub fn config(port: u16) -> SmtpConfig {
    let mut config = SmtpConfig::new("127.0.0.1", "Lincoln Elementary <alerts@school.example.org>");
    config.port = Some(port);
    config.tls = Tls::Off;
    config.connections = 3;
    config
}

fn read(path: &Path) -> String {
    let mut bytes = Vec::new();
    std::fs::File::open(path).and_then(|mut file| file.read_to_end(&mut bytes)).expect("a dumped mail");
    String::from_utf8_lossy(&bytes).into_owned()
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/peers").join(name)
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n")
}

fn open_to_all(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o777)).expect("our own folder");
}

/// A running gateway with its tasks.
pub struct Sending {
    pub running: Running,
    pub stop: CancellationToken,
}

pub fn start(config: SmtpConfig) -> Sending {
    let gateway = SmtpGateway::new("mail", config, Arc::new(Fixed)).expect("settings that hold");
    let stop = CancellationToken::new();
    Sending { running: Arc::new(gateway).start(Arc::new(Deaf), stop.clone()), stop }
}

impl Sending {
    /// Hands `mails` over and gathers their outcomes, by delivery.
    pub async fn send(&mut self, mails: Vec<Outgoing>) -> Vec<Outcome> {
        let count = mails.len();
        let work = self.running.work.clone();
        let feed = tokio::spawn(async move {
            for mail in mails {
                work.send(mail).await.expect("a gateway that runs");
            }
        });
        let mut heard = Vec::new();
        while heard.len() < count {
            let next = tokio::time::timeout(Duration::from_secs(30), self.running.outcomes.recv()).await;
            heard.push(next.expect("an outcome within 30 s").expect("an outcome for every mail"));
        }
        feed.await.expect("all were handed over");
        heard.sort_by_key(|outcome| outcome.delivery);
        heard
    }

    pub async fn send_one(&mut self, to: &str) -> AttemptOutcome {
        let mut heard = self.send(vec![mail(1, to)]).await;
        heard.remove(0).outcome
    }

    pub async fn until_up(&mut self) {
        let wait = self.running.health.wait_for(|health| *health == Health::Up);
        tokio::time::timeout(Duration::from_secs(20), wait)
            .await
            .expect("up within 20 s")
            .expect("a gateway that runs");
    }
}

pub fn mail(number: i64, to: &str) -> Outgoing {
    let letter = Content {
        subject: "School closed today / Escuela cerrada hoy ❄".to_owned(),
        body:
            "Lincoln Elementary is closed.\n\n.a line with a dot\n.\nNovember 23 is a make-up day: niños, no school.\n"
                .to_owned(),
        html: Some(
            "<!doctype html><html lang=\"en\"><body><p>Lincoln Elementary is closed.</p></body></html>".to_owned(),
        ),
        language: "en".to_owned(),
    };
    Outgoing {
        from: None,
        delivery: DeliveryId::from_raw(number),
        attempt: 1,
        to: Address::from_stored(to).expect("an address"),
        content: Arc::new(letter),
        urgent: false,
        expires_at: Timestamp::MAX,
        unsubscribe_url: None,
        notice: None,
        right: schoolbell_gateways::Right::default(),
    }
}

/// What dkimpy says of `mail`, given the TXT records that the DNS would hold; true if all signatures are valid.
pub fn dkimpy(mail: &str, records: &[(String, String)]) -> (bool, String) {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let (eml, txt) = (dir.path().join("mail.eml"), dir.path().join("records"));
    let lines: Vec<String> = records.iter().map(|(name, text)| format!("{name} {text}")).collect();
    std::fs::write(&eml, mail)
        .and_then(|()| std::fs::write(&txt, lines.join("\n")))
        .expect("files in a temporary folder");
    let output = Command::new("python3").arg(script("dkim_verify.py")).arg(eml).arg(txt).output();
    let output = output.unwrap_or_else(|error| panic!("python3 {HOW}: {error}"));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        !said.is_empty(),
        "dkimpy {HOW} (tests/peers/requirements.txt): {}",
        String::from_utf8_lossy(&output.stderr)
    );
    (output.status.success(), said)
}
