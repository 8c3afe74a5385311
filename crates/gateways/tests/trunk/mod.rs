//! Peers of the trunk: sipp with a scenario each, and baresip, a telephone that records what it hears. `scripts/setup`
//! installs them.

use std::fs;
use std::net::{SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use jiff::Timestamp;
use schoolbell_domain::delivery::reason::FailReason;
use schoolbell_domain::delivery::settle::AttemptOutcome;
use schoolbell_domain::ids::DeliveryId;
use schoolbell_domain::people::Address;
use schoolbell_gateways::sip::{SipConfig, SipGateway};
use schoolbell_gateways::voice::{Mute, Prompts, Sound, Voicing};
use schoolbell_gateways::{
    Content, Gateway, Health, HeardCall, HeardReceipt, HeardText, InboundSink, NotKept, Outgoing, Right, Running,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

/// Calls take seconds; this is for a machine that is busy.
const PATIENCE: Duration = Duration::from_mins(1);
pub const NUMBER: &str = "+15125550143";

pub async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    timeout(PATIENCE, future).await.unwrap_or_else(|_| unreachable!("waited too long for {what}"))
}

/// A port that nobody has now.
pub fn free_port() -> u16 {
    UdpSocket::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).map_or(0, |address| address.port())
}

async fn until_bound(port: u16) {
    soon("a peer to listen", async {
        while UdpSocket::bind(SocketAddr::from(([127, 0, 0, 1], port))).is_ok() {
            sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
}

/// sipp at work on one scenario. Ends with its handle.
pub struct Sipp {
    child: Child,
    pub port: u16,
    folder: tempfile::TempDir,
}

impl Sipp {
    /// Plays `scenario` for so many calls, with these words put into its `@…@`.
    pub async fn start(scenario: &str, calls: usize, words: &[(&str, &str)]) -> Self {
        Self::over("u1", scenario, calls, words).await
    }

    /// `transport`: sipp's `-t`.
    pub async fn over(transport: &str, scenario: &str, calls: usize, words: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/trunk").join(scenario);
        let mut text = fs::read_to_string(from).expect("the scenario").replace("@LAW@", "0");
        for (name, word) in words {
            text = text.replace(&format!("@{name}@"), word);
        }
        let file = folder.path().join("scenario.xml");
        fs::write(&file, text).expect("room in the folder");
        let port = free_port();
        let port_text = port.to_string();
        let mut command = Command::new("sipp");
        command.arg("-sf").arg(&file).args(["-i", "127.0.0.1", "-mi", "127.0.0.1", "-p", &port_text, "-t", transport]);
        command.args([
            "-mp",
            &free_port().to_string(),
            "-m",
            &calls.to_string(),
            "-nostdin",
            "-trace_err",
            "-error_file",
        ]);
        command.arg(folder.path().join("errors.log"));
        command.current_dir(folder.path()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child =
            command.kill_on_drop(true).spawn().expect("sipp is missing: run scripts/setup (Debian package sip-tester)");
        if transport == "u1" {
            until_bound(port).await;
        } else {
            soon("sipp to listen", async {
                while std::net::TcpListener::bind(("127.0.0.1", port)).is_ok() {
                    sleep(Duration::from_millis(20)).await;
                }
            })
            .await;
        }
        Self { child, port, folder }
    }

    /// Every call went as the scenario says.
    pub async fn went_well(mut self) {
        let ended = soon("sipp to end", self.child.wait()).await.expect("sipp is ours");
        let errors = fs::read_to_string(self.folder.path().join("errors.log")).unwrap_or_default();
        assert!(ended.success(), "sipp ended with {ended}: {errors}");
    }
}

/// A telephone that answers by itself, records, and presses keys when told. Ends with its handle.
pub struct Telephone {
    _child: Child,
    pub port: u16,
    control: u16,
    folder: tempfile::TempDir,
}

impl Telephone {
    /// `says`: what it plays into the call, at 8 kHz.
    pub async fn start(says: &[i16]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let (port, control) = (free_port(), free_port());
        let here = |name: &str| folder.path().join(name);
        fs::write(here("says.wav"), wav(says)).expect("room in the folder");
        let account =
            format!("<sip:{NUMBER}@127.0.0.1:{port}>;regint=0;answermode=auto;audio_codecs=PCMU;dtmfmode=rtpevent\n");
        fs::write(here("accounts"), account).expect("room in the folder");
        let config = format!(
            "poll_method epoll\nsip_listen 127.0.0.1:{port}\naudio_player aubridge,x\naudio_source aufile,{says}\n\
             audio_alert aubridge,y\naudio_txmode poll\nmodule_path {modules}\nmodule g711.so\nmodule aufile.so\n\
             module aubridge.so\nmodule sndfile.so\nmodule_app account.so\nmodule_app menu.so\n\
             module_app ctrl_tcp.so\nctrl_tcp_listen 127.0.0.1:{control}\nnet_interface 127.0.0.1\nsnd_path {folder}\n",
            says = here("says.wav").display(),
            modules = modules().display(),
            folder = folder.path().display(),
        );
        fs::write(here("config"), config).expect("room in the folder");
        let mut command = Command::new("baresip");
        command.arg("-f").arg(folder.path()).current_dir(folder.path());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child =
            command.kill_on_drop(true).spawn().expect("baresip is missing: run scripts/setup (package baresip-core)");
        until_bound(port).await;
        Self { _child: child, port, control, folder }
    }

    pub async fn press(&self, key: char) {
        let mut control = tokio::net::TcpStream::connect(("127.0.0.1", self.control)).await.expect("its control port");
        for keys in [key.to_string(), String::new()] {
            let order = serde_json::json!({ "command": "sndcode", "params": keys, "token": "x" }).to_string();
            control.write_all(format!("{}:{order},", order.len()).as_bytes()).await.expect("its control port");
            sleep(Duration::from_millis(250)).await;
        }
        let mut said = [0; 512];
        let length = control.read(&mut said).await.expect("its answer");
        assert!(length > 0, "the telephone says something to an order");
    }

    /// What it heard, once it has put it down.
    pub async fn heard(&self) -> Vec<i16> {
        soon("the recording", async {
            loop {
                let names = fs::read_dir(self.folder.path()).expect("the folder").flatten().map(|entry| entry.path());
                let heard = names.filter(|path| path.to_string_lossy().ends_with("-dec.wav")).max();
                let bytes = heard.and_then(|path| fs::read(path).ok()).unwrap_or_default();
                if bytes.len() > 8_000 {
                    return bytes[44..].chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect();
                }
                sleep(Duration::from_millis(100)).await;
            }
        })
        .await
    }
}

fn modules() -> PathBuf {
    let places = ["/usr/lib/baresip/modules", "/usr/local/lib/baresip/modules"];
    places.iter().map(PathBuf::from).find(|place| place.exists()).expect("baresip's modules (package baresip-core)")
}

fn wav(samples: &[i16]) -> Vec<u8> {
    let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    let length = u32::try_from(bytes.len()).expect("a short sound");
    let mut wav = b"RIFF".to_vec();
    wav.extend((36 + length).to_le_bytes());
    wav.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data");
    wav.extend(length.to_le_bytes());
    wav.extend(bytes);
    wav
}

/// Something like speech: a voice whose pitch changes, never the same twice.
pub fn speech(seconds: usize, seed: u64) -> Vec<i16> {
    let (mut pitch, mut phase, mut dice) = (120.0_f64, 0.0_f64, seed | 1);
    (0..seconds * 8_000)
        .map(|n| {
            if n % 1_600 == 0 {
                dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                pitch = 100.0 + f64::from(u32::try_from(dice >> 33).unwrap_or(0) % 120);
            }
            phase += std::f64::consts::TAU * pitch / 8_000.0;
            let syllable = (std::f64::consts::PI * f64::from(u32::try_from(n % 1_600).unwrap_or(0)) / 1_600.0).sin();
            let voice: f64 = (1..7).map(|harmonic| (phase * f64::from(harmonic)).sin() / f64::from(harmonic)).sum();
            #[expect(clippy::cast_possible_truncation)]
            let sample = (4_000.0 * syllable * voice) as i16;
            sample
        })
        .collect()
}

/// The best place of `sound` in `heard`, by its first second: found on every fourth sample, then exactly.
pub fn place(sound: &[i16], heard: &[i16]) -> usize {
    let probe = &sound[..sound.len().min(8_000)];
    let score = |at: usize, step: usize| -> i64 {
        let pairs = probe.iter().zip(&heard[at..]).step_by(step);
        pairs.map(|(one, other)| i64::from(*one) * i64::from(*other)).sum()
    };
    let last = heard.len() - sound.len();
    let coarse = (0..last).step_by(4).max_by_key(|at| score(*at, 16)).unwrap_or(0);
    (coarse.saturating_sub(8)..(coarse + 8).min(last)).max_by_key(|at| score(*at, 1)).unwrap_or(coarse)
}

/// 1 where both are the same but for their loudness.
pub fn correlation(one: &[i16], other: &[i16]) -> f64 {
    let sum =
        |pairs: &mut dyn Iterator<Item = (i16, i16)>| -> f64 { pairs.map(|(a, b)| f64::from(a) * f64::from(b)).sum() };
    let both = sum(&mut one.iter().copied().zip(other.iter().copied()));
    let first = sum(&mut one.iter().copied().zip(one.iter().copied()));
    let second = sum(&mut other.iter().copied().zip(other.iter().copied()));
    both / (first * second).sqrt()
}

/// Prompts of known length: 3 s of message, 1 s of menu, 3 s of voicemail, 1 s of goodbye.
#[derive(Default)]
pub struct Said {
    pub message: Vec<i16>,
    /// What key 2 says instead.
    pub other: Vec<i16>,
    /// Whom key 3 reaches.
    pub office: Option<String>,
}

impl Voicing for Said {
    fn prompts(&self, content: Arc<Content>) -> BoxFuture<'_, Result<Arc<Prompts>, Mute>> {
        Box::pin(async move {
            if content.body.is_empty() {
                return Err(Mute("nothing to say".to_owned()));
            }
            let made = |message: &[i16], other| {
                Arc::new(Prompts {
                    message: Sound::of(message),
                    menu: vec![
                        ('1', Sound::of(&speech(1, 2))),
                        ('2', Sound::of(&[0; 160])),
                        ('3', Sound::of(&[0; 160])),
                    ],
                    voicemail: Sound::of(&speech(3, 3)),
                    confirmed: Sound::of(&speech(1, 5)),
                    stopped: Sound::of(&speech(1, 4)),
                    connecting: Sound::of(&speech(1, 6)),
                    not_connected: Sound::of(&speech(1, 7)),
                    office: self.office.clone(),
                    other,
                })
            };
            let other = (!self.other.is_empty()).then(|| made(&self.other, None));
            Ok(made(&self.message, other))
        })
    }
}

struct Ears(mpsc::UnboundedSender<HeardCall>);

impl InboundSink for Ears {
    fn gone<'a>(&'a self, _: &'a str, _: Vec<String>) -> BoxFuture<'a, Result<(), NotKept>> {
        Box::pin(async { Ok(()) })
    }

    fn receipts<'a>(&'a self, _: &'a str, _: Vec<HeardReceipt>) -> BoxFuture<'a, Result<(), NotKept>> {
        Box::pin(async { Err(NotKept("calls have no receipts but their records".to_owned())) })
    }

    fn text<'a>(&'a self, _: &'a str, _: HeardText) -> BoxFuture<'a, Result<(), NotKept>> {
        Box::pin(async { Err(NotKept("a trunk has no texts".to_owned())) })
    }

    fn call<'a>(&'a self, _: &'a str, heard: HeardCall) -> BoxFuture<'a, Result<(), NotKept>> {
        Box::pin(async move { self.0.send(heard).map_err(|error| NotKept(error.to_string())) })
    }
}

/// A trunk at work.
pub struct Trunk {
    pub gateway: Arc<SipGateway>,
    running: Running,
    calls: mpsc::UnboundedReceiver<HeardCall>,
    pub stop: CancellationToken,
    next: std::sync::atomic::AtomicI64,
}

/// Everything fast, nothing asked beside calls.
pub fn config(port: u16) -> SipConfig {
    SipConfig {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        options_s: 0.0,
        per_second: 100.0,
        ring_s: 2.0,
        ..SipConfig::of("127.0.0.1", port, "+15125550100")
    }
}

impl Trunk {
    pub fn open(config: SipConfig) -> Self {
        Self::saying(config, speech(3, 1))
    }

    pub fn saying(config: SipConfig, message: Vec<i16>) -> Self {
        Self::playing(config, Said { message, ..Said::default() })
    }

    pub fn playing(config: SipConfig, said: Said) -> Self {
        Self::of(SipGateway::new("phones", config, Arc::new(said)).expect("a good config"))
    }

    pub fn of(gateway: SipGateway) -> Self {
        let (ears, calls) = mpsc::unbounded_channel();
        let gateway = Arc::new(gateway);
        let stop = CancellationToken::new();
        let running = gateway.clone().start(Arc::new(Ears(ears)), stop.clone());
        Self { gateway, running, calls, stop, next: 1.into() }
    }

    pub async fn until_up(&mut self) {
        let up = self.running.health.wait_for(|health| *health == Health::Up);
        soon("the trunk to be up", up).await.expect("the gateway lives");
    }

    pub async fn until_away(&mut self) -> String {
        let away = self.running.health.wait_for(|health| matches!(health, Health::Away(_)));
        match &*soon("the trunk to be away", away).await.expect("the gateway lives") {
            Health::Away(why) => why.clone(),
            Health::Starting | Health::Up => unreachable!("it waited for this"),
        }
    }

    pub async fn call(&self, number: &str) -> DeliveryId {
        self.call_as(number, None).await
    }

    /// As a school that shows a number of its own.
    pub async fn call_as(&self, number: &str, from: Option<&str>) -> DeliveryId {
        let delivery = DeliveryId::from_raw(self.next.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
        let content = Content {
            subject: String::new(),
            body: "School is closed.".to_owned(),
            html: None,
            language: "en".to_owned(),
        };
        let outgoing = Outgoing {
            delivery,
            attempt: 1,
            to: Address::from_stored(number).expect("a number"),
            from: from.map(str::to_owned),
            content: Arc::new(content),
            urgent: false,
            expires_at: Timestamp::MAX,
            unsubscribe_url: None,
            notice: None,
            right: Right::default(),
        };
        self.running.work.send(outgoing).await.expect("the gateway takes work");
        delivery
    }

    pub async fn outcome(&mut self) -> AttemptOutcome {
        soon("an outcome", self.running.outcomes.recv()).await.expect("the gateway answers").outcome
    }

    /// The reason and the code of a refusal.
    pub async fn refusal(&mut self) -> (FailReason, String) {
        match self.outcome().await {
            AttemptOutcome::Refused { reason, code } => (reason, code),
            other @ (AttemptOutcome::Accepted { .. } | AttemptOutcome::Unknown { .. }) => {
                unreachable!("not refused: {other:?}")
            }
        }
    }

    /// The reference of a call that was answered.
    pub async fn answered(&mut self) -> String {
        match self.outcome().await {
            AttemptOutcome::Accepted { mut references } => references.remove(0),
            other @ (AttemptOutcome::Refused { .. } | AttemptOutcome::Unknown { .. }) => {
                unreachable!("not answered: {other:?}")
            }
        }
    }

    /// The record of a call that is over.
    pub async fn record(&mut self) -> HeardCall {
        soon("a call's record", self.calls.recv()).await.expect("the gateway tells")
    }

    /// Whether the gateway has ended and everything is answered.
    pub async fn ended(&mut self) {
        let ended = async { while self.running.outcomes.recv().await.is_some() {} };
        soon("the gateway to end", ended).await;
    }
}
