//! One end of a call's audio: a socket, what comes in over it and what goes out.

use std::collections::VecDeque;
use std::net::{SocketAddr, UdpSocket};

use schoolbell_formats::sip::{Answer, Law};
use schoolbell_formats::voice::g711::{decode_alaw, decode_ulaw, encode_alaw, encode_ulaw};
use schoolbell_formats::voice::telephone_event::Digits;

use super::rtp::{Packet, Stream};
use crate::voice::FRAME;

/// Samples that wait to be listened to; more is old news.
const MOST_WAITING: usize = 10 * FRAME;
/// Datagrams read for one call in one tick, so that a flood on one call delays no other.
const MOST_READ: usize = 16;

pub(super) struct Line {
    socket: UdpSocket,
    /// Where we send: what the description says, until the first packet shows where it really comes from.
    remote: SocketAddr,
    latched: bool,
    law: Law,
    events: Option<u8>,
    held: bool,
    stream: Stream,
    digits: Digits,
    waiting: VecDeque<i16>,
}

impl Line {
    pub(super) fn new(socket: UdpSocket, answer: &Answer, seed: u32) -> Self {
        Self {
            socket,
            remote: answer.remote,
            latched: false,
            law: answer.law,
            events: answer.events,
            held: answer.held,
            stream: Stream::new(seed, answer.law.payload_type()),
            digits: Digits::default(),
            waiting: VecDeque::new(),
        }
    }

    /// The other side wants the audio elsewhere, or holds it.
    pub(super) fn move_to(&mut self, answer: &Answer) {
        (self.remote, self.latched, self.held) = (answer.remote, false, answer.held);
    }

    pub(super) const fn is_held(&self) -> bool {
        self.held
    }

    /// Whether its keys come as telephone events; otherwise they are tones.
    pub(super) const fn has_events(&self) -> bool {
        self.events.is_some()
    }

    /// Takes what has come; answers the keys that were pressed.
    pub(super) fn read(&mut self) -> Vec<char> {
        let mut keys = Vec::new();
        let mut buffer = [0; 2_048];
        for _ in 0..MOST_READ {
            let (length, from) = match self.socket.recv_from(&mut buffer) {
                Ok(read) => read,
                Err(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => continue,
                Err(_) => break,
            };
            if let Some(packet) = buffer.get(..length).and_then(Packet::read) {
                keys.extend(self.take(&packet, from));
            }
        }
        keys
    }

    fn take(&mut self, packet: &Packet<'_>, from: SocketAddr) -> Option<char> {
        if !self.latched {
            // Symmetric RTP: behind a NAT the audio comes from elsewhere than the description says.
            (self.latched, self.remote) = (true, from);
        }
        if from != self.remote {
            return None;
        }
        if Some(packet.payload_type) == self.events {
            return self.digits.push(packet.timestamp, packet.payload);
        }
        let samples = match packet.payload_type {
            0 => decode_ulaw(packet.payload),
            8 => decode_alaw(packet.payload),
            _ => return None,
        };
        self.waiting.extend(samples);
        while self.waiting.len() > MOST_WAITING {
            self.waiting.pop_front();
        }
        None
    }

    /// The next 20 ms of what was heard; silence where nothing came.
    pub(super) fn frame(&mut self) -> [i16; FRAME] {
        let mut frame = [0; FRAME];
        if self.waiting.len() >= FRAME {
            for (slot, sample) in frame.iter_mut().zip(self.waiting.drain(..FRAME)) {
                *slot = sample;
            }
        }
        frame
    }

    /// Sends 20 ms, coded in the law that was agreed on.
    pub(super) fn send(&mut self, coded: &[u8]) {
        // A full socket or a closed port loses one packet, as any network may; the call goes on.
        drop(self.socket.send_to(self.stream.packet(coded), self.remote));
    }

    pub(super) fn send_silence(&mut self) {
        self.send(&[self.law.silence(); FRAME]);
    }

    /// Sends what was heard on another line, whatever law that has.
    pub(super) fn pass_on(&mut self, heard: &[i16]) {
        let coded = match self.law {
            Law::Mu => encode_ulaw(heard),
            Law::A => encode_alaw(heard),
        };
        self.send(&coded);
    }
}
