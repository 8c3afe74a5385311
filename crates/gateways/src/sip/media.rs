//! The audio of all calls: a few threads, each of which walks its calls every 20 ms.
//!
//! One timer for each call would be a wake-up for each packet; here a thousand calls are one wake-up in 20 ms. A thread
//! reads what has come for each call, asks its [`Talk`] what to say, and sends one packet. It never waits for a call.

use std::collections::VecDeque;
use std::net::{SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use schoolbell_formats::sip::{Answer, Law};
use schoolbell_formats::voice::dtmf;
use schoolbell_formats::voice::g711::{decode_alaw, decode_ulaw};
use schoolbell_formats::voice::telephone_event::Digits;
use tokio::sync::oneshot;

use super::rtp::{Packet, Stream};
use super::talk::{Say, Talk, Talked};
use crate::voice::FRAME;

/// From one packet of a call to its next.
const TICK: Duration = Duration::from_millis(20);
/// A thread that is so late has lost its time: it goes on from now instead of sending a burst.
const LOST: Duration = Duration::from_millis(200);
/// Samples that wait to be listened to; more is old news.
const MOST_WAITING: usize = 10 * FRAME;
/// Datagrams read for one call in one tick, so that a flood on one call delays no other.
const MOST_READ: usize = 16;

/// What the signalling tells a call's audio.
pub(super) enum Turn {
    /// The other side hung up, or we stop.
    HangUp,
    /// A key that came by SIP INFO.
    Key(char),
    /// The other side moved its audio.
    Move(Answer),
}

/// One call's audio on its way to a thread.
pub(super) struct Leg {
    pub socket: UdpSocket,
    pub answer: Answer,
    pub talk: Talk,
    pub seed: u32,
    pub turns: mpsc::Receiver<Turn>,
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
    socket: UdpSocket,
    /// Where we send: what the description says, until the first packet shows where it really comes from.
    remote: SocketAddr,
    latched: bool,
    law: Law,
    events: Option<u8>,
    held: bool,
    stream: Stream,
    talk: Talk,
    turns: mpsc::Receiver<Turn>,
    ended: oneshot::Sender<Talked>,
    digits: Digits,
    tones: dtmf::Listener,
    keys: VecDeque<char>,
    waiting: VecDeque<i16>,
}

impl Call {
    fn new(leg: Leg) -> Self {
        let Leg { socket, answer, talk, seed, turns, ended } = leg;
        Self {
            socket,
            remote: answer.remote,
            latched: false,
            law: answer.law,
            events: answer.events,
            held: answer.held,
            stream: Stream::new(seed, answer.law.payload_type()),
            talk,
            turns,
            ended,
            digits: Digits::default(),
            tones: dtmf::Listener::default(),
            keys: VecDeque::new(),
            waiting: VecDeque::new(),
        }
    }

    fn finish(self) {
        // Nobody waits for it only when the program ends.
        drop(self.ended.send(self.talk.end()));
    }

    /// One tick; false when the call is over.
    fn tick(&mut self) -> bool {
        loop {
            match self.turns.try_recv() {
                Ok(Turn::HangUp) | Err(mpsc::TryRecvError::Disconnected) => return false,
                Ok(Turn::Key(key)) => self.keys.push_back(key),
                Ok(Turn::Move(answer)) => {
                    (self.remote, self.latched, self.held) = (answer.remote, false, answer.held);
                }
                Err(mpsc::TryRecvError::Empty) => break,
            }
        }
        self.read();
        let heard = self.frame();
        if self.events.is_none()
            && let Some(key) = self.tones.push(&heard)
        {
            self.keys.push_back(key);
        }
        if self.held {
            return true;
        }
        let key = self.keys.pop_front();
        let silence = [self.law.silence(); FRAME];
        let packet = match self.talk.tick(&heard, key) {
            Say::Frame(frame) => self.stream.packet(frame),
            Say::Quiet => self.stream.packet(&silence),
            Say::Over => return false,
        };
        // A full socket or a closed port loses one packet, as any network may; the call goes on.
        drop(self.socket.send_to(packet, self.remote));
        true
    }

    fn read(&mut self) {
        let mut buffer = [0; 2_048];
        for _ in 0..MOST_READ {
            let (length, from) = match self.socket.recv_from(&mut buffer) {
                Ok(read) => read,
                Err(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => continue,
                Err(_) => return,
            };
            let Some(packet) = buffer.get(..length).and_then(Packet::read) else { continue };
            self.take(&packet, from);
        }
    }

    fn take(&mut self, packet: &Packet<'_>, from: SocketAddr) {
        if !self.latched {
            // Symmetric RTP: behind a NAT the audio comes from elsewhere than the description says.
            (self.latched, self.remote) = (true, from);
        }
        if from != self.remote {
            return;
        }
        if Some(packet.payload_type) == self.events {
            self.keys.extend(self.digits.push(packet.timestamp, packet.payload));
            return;
        }
        let samples = match packet.payload_type {
            0 => decode_ulaw(packet.payload),
            8 => decode_alaw(packet.payload),
            _ => return,
        };
        self.waiting.extend(samples);
        while self.waiting.len() > MOST_WAITING {
            self.waiting.pop_front();
        }
    }

    /// The next 20 ms of what was heard; silence where nothing came.
    fn frame(&mut self) -> [i16; FRAME] {
        let mut frame = [0; FRAME];
        if self.waiting.len() >= FRAME {
            for (slot, sample) in frame.iter_mut().zip(self.waiting.drain(..FRAME)) {
                *slot = sample;
            }
        }
        frame
    }
}
