//! The sound of one telephone: RTP every 20 ms, keys as telephone events, over a network of a given kind.

use std::net::SocketAddr;
use std::time::Duration;

use schoolbell_formats::voice::g711::{decode_ulaw, encode_ulaw};
use tokio::net::UdpSocket;
use tokio::time::{Interval, MissedTickBehavior, interval};

use super::Person;

const FRAME: usize = 160;
const TICK: Duration = Duration::from_millis(20);

/// What happens to packets on their way, in both directions. The dice fall the same way every time.
#[derive(Clone, Copy, Default)]
pub struct Network {
    /// Of a thousand packets so many are lost.
    pub lost: u64,
    /// Of a thousand packets so many come after the next one.
    pub swapped: u64,
    /// Each packet is held for up to so many ticks.
    pub jitter: u64,
}

/// One packet of ours as it came.
#[derive(Clone, Copy, Debug)]
pub struct Arrival {
    pub sequence: u16,
    pub timestamp: u32,
}

pub struct Audio {
    socket: UdpSocket,
    /// What the description says.
    pub told_port: u16,
    _told: Option<UdpSocket>,
    remote: SocketAddr,
    clock: Interval,
    person: Person,
    dice: u64,
    ticks: u64,
    sequence: u16,
    /// Packets on their way: the tick in which each leaves.
    under_way: Vec<(u64, Vec<u8>)>,
    first: Option<u32>,
    pub heard: Vec<i16>,
    pub arrivals: Vec<Arrival>,
}

impl Audio {
    pub async fn open(person: &Person, remote: Option<SocketAddr>) -> Option<Self> {
        let socket = UdpSocket::bind("127.0.0.1:0").await.ok()?;
        let told = if person.behind_a_nat { Some(UdpSocket::bind("127.0.0.1:0").await.ok()?) } else { None };
        let told_port = told.as_ref().unwrap_or(&socket).local_addr().ok()?.port();
        let mut clock = interval(TICK);
        clock.set_missed_tick_behavior(MissedTickBehavior::Burst);
        Some(Self {
            told_port,
            _told: told,
            remote: remote?,
            clock,
            person: person.clone(),
            dice: u64::from(told_port) << 20 | 1,
            ticks: 0,
            sequence: 0,
            under_way: Vec::new(),
            first: None,
            heard: Vec::new(),
            arrivals: Vec::new(),
            socket,
        })
    }

    /// Where the packets go, once the other side has said so.
    pub fn sends_to(&mut self, remote: SocketAddr) {
        self.remote = remote;
    }

    fn throw(&mut self, of: u64) -> u64 {
        self.dice ^= self.dice << 13;
        self.dice ^= self.dice >> 7;
        self.dice ^= self.dice << 17;
        (self.dice >> 20) % of.max(1)
    }

    /// Waits for the next 20 ms, sends what is due in them, and takes what came.
    pub async fn tick(&mut self) {
        self.clock.tick().await;
        self.hear();
        self.ticks += 1;
        if !self.person.is_mute {
            for packet in self.packets() {
                self.entrust(packet);
            }
        }
        let now = self.ticks;
        let (due, later): (Vec<_>, Vec<_>) = self.under_way.drain(..).partition(|(at, _)| *at <= now);
        self.under_way = later;
        for (_, packet) in due {
            drop(self.socket.try_send_to(&packet, self.remote));
        }
    }

    /// Gives a packet to the network.
    fn entrust(&mut self, packet: Vec<u8>) {
        let network = self.person.network;
        if self.throw(1_000) < network.lost {
            return;
        }
        let swapped = u64::from(self.throw(1_000) < network.swapped);
        let late = self.throw(network.jitter + 1) + swapped;
        self.under_way.push((self.ticks + late, packet));
    }

    /// The packets of this tick: sound, or while a key is pressed its events (RFC 4733, 2.5.1.4: the last one three times).
    fn packets(&mut self) -> Vec<Vec<u8>> {
        let now = self.ticks * 20;
        let pressed = self.person.keys.iter().find(|(at, _)| (*at..*at + 120).contains(&now)).copied();
        if let Some((at, key)) = pressed {
            let begun = at.div_ceil(20) * 20;
            let event = u8::try_from("0123456789*#ABCD".find(key).unwrap_or(0)).unwrap_or(0);
            let stamp = stamp(begun);
            let length = u16::try_from((now - begun + 20) * 8).unwrap_or(0).to_be_bytes();
            let is_last = now - begun >= 80;
            let payload = [event, if is_last { 0x8A } else { 0x0A }, length[0], length[1]];
            let times = if is_last && now - begun == 80 { 3 } else { usize::from(!is_last) };
            return (0..times).map(|_| self.packet(101, stamp, &payload)).collect();
        }
        let from = usize::try_from(self.ticks - 1).unwrap_or(0) * FRAME;
        let mut samples = self.person.says.get(from..).unwrap_or_default().to_vec();
        samples.resize(FRAME, 0);
        vec![self.packet(0, stamp(now), &encode_ulaw(&samples))]
    }

    fn packet(&mut self, payload_type: u8, timestamp: u32, payload: &[u8]) -> Vec<u8> {
        self.sequence = self.sequence.wrapping_add(1);
        let mut packet = vec![0x80, payload_type];
        packet.extend(self.sequence.to_be_bytes());
        packet.extend(timestamp.to_be_bytes());
        packet.extend(7_u32.to_be_bytes());
        packet.extend(payload);
        packet
    }

    fn hear(&mut self) {
        let mut buffer = [0; 2_048];
        while let Ok((length, _)) = self.socket.try_recv_from(&mut buffer) {
            if self.throw(1_000) < self.person.network.lost {
                continue;
            }
            let Some((header, payload)) = buffer.get(..length).and_then(<[u8]>::split_first_chunk::<12>) else {
                continue;
            };
            let [_, kind, high, low, time @ .., _, _, _, _] = *header;
            if kind & 0x7F != 0 {
                continue;
            }
            let (sequence, timestamp) = (u16::from_be_bytes([high, low]), u32::from_be_bytes(time));
            self.arrivals.push(Arrival { sequence, timestamp });
            let first = *self.first.get_or_insert(timestamp);
            let place = usize::try_from(timestamp.wrapping_sub(first)).unwrap_or(0);
            // A packet from before the first one is not kept.
            if place < 8_000 * 3_600 {
                let samples = decode_ulaw(payload);
                self.heard.resize(self.heard.len().max(place + samples.len()), 0);
                self.heard[place..place + samples.len()].copy_from_slice(&samples);
            }
        }
    }
}

/// The timestamp of a time in the call.
fn stamp(ms: u64) -> u32 {
    u32::try_from(ms * 8).unwrap_or(0).wrapping_add(4_000_000_000)
}
