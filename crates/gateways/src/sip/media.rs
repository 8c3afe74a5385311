//! The audio of all calls: a few threads, each of which walks its calls every 20 ms.
//!
//! One timer for each call would be a wake-up for each packet; here a thousand calls are one wake-up in 20 ms. A thread
//! reads what has come for each call, asks its [`Talk`] what to say, and sends one packet. It never waits for a call.

use std::collections::VecDeque;
use std::net::UdpSocket;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use schoolbell_formats::sip::Answer;
use schoolbell_formats::voice::dtmf;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::oneshot;

use super::line::Line;
use super::talk::{Say, Talk, Talked};
use super::visit::Visiting;
use crate::reception::{Did, Next};

/// From one packet of a call to its next.
const TICK: Duration = Duration::from_millis(20);
/// A thread that is so late has lost its time: it goes on from now instead of sending a burst.
const LOST: Duration = Duration::from_millis(200);

/// What the signalling tells a call's audio.
pub(super) enum Turn {
    /// The other side hung up, or we stop.
    HangUp,
    /// A key that came by SIP INFO.
    Key(char),
    /// The other side moved its audio.
    Move(Answer),
    /// The office has answered: both hear each other from now on.
    Connect { socket: UdpSocket, answer: Answer, seed: u32 },
    /// The carrier has connected them; we leave.
    Referred,
    /// Nobody at the office took the call.
    NotConnected,
    /// What is said next to somebody who called in.
    GoOn(Next),
}

/// What a call's audio tells the signalling.
pub(super) enum Ask {
    /// Key 3 was pressed, and the family was told that the office is called.
    Office,
    /// What somebody did who called in.
    Did(Did),
}

/// Whom we talk with.
pub(super) enum Part {
    Called(Box<Talk>),
    Visitor(Visiting),
}

impl Part {
    fn tick(&mut self, heard: &[i16], key: Option<char>) -> Say<'_> {
        match self {
            Self::Called(talk) => talk.tick(heard, key),
            Self::Visitor(visiting) => visiting.tick(heard, key),
        }
    }

    fn end(&self) -> Talked {
        match self {
            Self::Called(talk) => talk.end(),
            Self::Visitor(visiting) => visiting.end(),
        }
    }

    /// The talk, where we called; what is told to a visitor otherwise means nothing.
    fn talk(&mut self) -> Option<&mut Talk> {
        match self {
            Self::Called(talk) => Some(talk),
            Self::Visitor(_) => None,
        }
    }
}

/// One call's audio on its way to a thread.
pub(super) struct Leg {
    pub socket: UdpSocket,
    pub answer: Answer,
    pub talk: Part,
    pub seed: u32,
    pub turns: mpsc::Receiver<Turn>,
    pub asks: UnboundedSender<Ask>,
    /// Told once, when the call is over.
    pub ended: oneshot::Sender<Talked>,
}

/// How steady the audio is, over all calls since the start.
#[derive(Debug, Default)]
pub struct Steadiness {
    pub packets: AtomicU64,
    /// Sent more than 20 ms after their time.
    pub late: AtomicU64,
}

/// The threads. They end when it is dropped and their calls are over.
pub(super) struct Pacer {
    threads: Vec<(mpsc::Sender<Leg>, Arc<AtomicUsize>)>,
}

impl Pacer {
    pub(super) fn start(threads: usize, steadiness: &Arc<Steadiness>) -> std::io::Result<Self> {
        let start = |number: usize| {
            let (sender, legs) = mpsc::channel();
            let load = Arc::new(AtomicUsize::new(0));
            let walker = Walker { legs, calls: Vec::new(), load: load.clone(), steadiness: steadiness.clone() };
            thread::Builder::new().name(format!("calls-{number}")).spawn(move || walker.run())?;
            Ok((sender, load))
        };
        Ok(Self { threads: (0..threads.max(1)).map(start).collect::<std::io::Result<_>>()? })
    }

    /// Gives a call to the thread with the fewest.
    pub(super) fn take(&self, leg: Leg) {
        let Some((sender, load)) = self.threads.iter().min_by_key(|(_, load)| load.load(Ordering::Relaxed)) else {
            return;
        };
        load.fetch_add(1, Ordering::Relaxed);
        // A thread that is gone drops the leg, and whoever waits for its end hears that.
        if sender.send(leg).is_err() {
            tracing::error!("a thread for the audio of calls is gone");
        }
    }
}

struct Walker {
    legs: mpsc::Receiver<Leg>,
    calls: Vec<Call>,
    load: Arc<AtomicUsize>,
    steadiness: Arc<Steadiness>,
}

impl Walker {
    fn run(mut self) {
        let mut due = Instant::now();
        loop {
            if self.calls.is_empty() {
                // Nothing to pace: sleep until a call comes.
                let Ok(leg) = self.legs.recv() else { return };
                self.calls.push(Call::new(leg));
                due = Instant::now();
            }
            self.calls.extend(self.legs.try_iter().map(Call::new));
            self.walk(due);
            due += TICK;
            let now = Instant::now();
            if now > due + LOST {
                due = now;
            }
            thread::sleep(due.saturating_duration_since(now));
        }
    }

    fn walk(&mut self, due: Instant) {
        let mut sent = 0;
        let mut late = 0;
        let mut at = 0;
        while let Some(call) = self.calls.get_mut(at) {
            if call.tick() {
                sent += 1;
                late += u64::from(due.elapsed() > TICK);
                at += 1;
            } else {
                self.calls.swap_remove(at).finish();
                self.load.fetch_sub(1, Ordering::Relaxed);
            }
        }
        self.steadiness.packets.fetch_add(sent, Ordering::Relaxed);
        self.steadiness.late.fetch_add(late, Ordering::Relaxed);
    }
}

/// One call's audio at work.
struct Call {
    line: Line,
    /// The office's, once it has answered.
    office: Option<Line>,
    talk: Part,
    turns: mpsc::Receiver<Turn>,
    asks: UnboundedSender<Ask>,
    /// The office was asked for already.
    asked: bool,
    ended: oneshot::Sender<Talked>,
    tones: dtmf::Listener,
    keys: VecDeque<char>,
}

impl Call {
    fn new(leg: Leg) -> Self {
        let Leg { socket, answer, talk, seed, turns, asks, ended } = leg;
        Self {
            line: Line::new(socket, &answer, seed),
            office: None,
            talk,
            turns,
            asks,
            asked: false,
            ended,
            tones: dtmf::Listener::default(),
            keys: VecDeque::new(),
        }
    }

    fn finish(self) {
        // Nobody waits for it only when the program ends.
        drop(self.ended.send(self.talk.end()));
    }

    /// One tick; false when the call is over.
    fn tick(&mut self) -> bool {
        if !self.obey() {
            return false;
        }
        self.keys.extend(self.line.read());
        let heard = self.line.frame();
        if !self.line.has_events()
            && let Some(key) = self.tones.push(&heard)
        {
            self.keys.push_back(key);
        }
        if let Some(office) = &mut self.office {
            drop(office.read());
            office.pass_on(&heard);
            self.line.pass_on(&office.frame());
            return !matches!(self.talk.tick(&heard, None), Say::Over);
        }
        if self.line.is_held() {
            return true;
        }
        let key = self.keys.pop_front();
        match self.talk.tick(&heard, key) {
            Say::Frame(frame) => self.line.send(frame),
            Say::Quiet => self.line.send_silence(),
            Say::Over => return false,
        }
        self.ask();
        true
    }

    /// Tells the signalling what is wanted of it, once.
    fn ask(&mut self) {
        let ask = match &mut self.talk {
            Part::Called(talk) => {
                let wanted = talk.wants_office();
                let is_new = wanted && !self.asked;
                self.asked = wanted;
                is_new.then_some(Ask::Office)
            }
            Part::Visitor(visiting) => visiting.take_did().map(Ask::Did),
        };
        if let Some(ask) = ask {
            // Nobody hears it only when the call is ending anyway.
            drop(self.asks.send(ask));
        }
    }

    fn connect(&mut self) {
        if let Some(talk) = self.talk.talk() {
            talk.connect();
        }
    }

    /// Does what the signalling says; false when that is the end.
    fn obey(&mut self) -> bool {
        loop {
            match self.turns.try_recv() {
                Ok(Turn::HangUp) | Err(mpsc::TryRecvError::Disconnected) => return false,
                Ok(Turn::Key(key)) => self.keys.push_back(key),
                Ok(Turn::Move(answer)) => self.line.move_to(&answer),
                Ok(Turn::Connect { socket, answer, seed }) => {
                    self.office = Some(Line::new(socket, &answer, seed));
                    self.connect();
                }
                Ok(Turn::Referred) => {
                    self.connect();
                    return false;
                }
                Ok(Turn::NotConnected) => {
                    if let Some(talk) = self.talk.talk() {
                        talk.not_connected();
                    }
                }
                Ok(Turn::GoOn(next)) => {
                    if let Part::Visitor(visiting) = &mut self.talk {
                        visiting.go_on(next);
                    }
                }
                Err(mpsc::TryRecvError::Empty) => return true,
            }
        }
    }
}
