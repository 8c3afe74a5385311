//! What is under way: every delivery taken and not yet answered, part by part. Gives exactly one outcome for each.
//!
//! A part that the carrier throttles is sent again here when its delivery has several: the others may have been taken
//! already, and only the carrier's refusal makes it safe to repeat this one. A delivery of one part goes back at once.
//!
//! A part refused for good loses the whole message, even if others were taken: the family sees at most a fragment, so
//! it counts as refused, with the count of the parts taken in its code.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use schoolbell_domain::delivery::reason::FailReason;
use schoolbell_domain::delivery::settle::AttemptOutcome;
use schoolbell_domain::ids::DeliveryId;
use tokio::time::Instant;

use super::message::Message;
use crate::Outcome;

/// How often a throttled part of a long text is sent again before the delivery goes back.
const RESENDS: u8 = 20;

/// A delivery's place in the table.
type Key = usize;

/// One part, to be sent or sent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece {
    pub(super) key: Key,
    pub(super) part: usize,
    resends: u8,
}

#[derive(Debug)]
struct Sent {
    piece: Piece,
    at: Instant,
    /// Where its packet begins in the stream of octets of this session.
    begins: u64,
}

#[derive(Debug)]
struct Flight {
    delivery: DeliveryId,
    attempt: u32,
    message: Message,
    /// Parts that wait to be sent or to be answered.
    open: usize,
    references: Vec<Option<String>>,
    refused: Option<(FailReason, String)>,
    unanswered: bool,
    /// The carrier took a part, or may have.
    may_be_out: bool,
}

/// The carrier's word on one part.
#[derive(Debug)]
pub(super) enum Answer {
    Taken(String),
    /// Slow down; may be repeated.
    Throttled(String),
    Refused(FailReason, String),
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Flights {
    table: Vec<Option<Flight>>,
    free: Vec<Key>,
    waiting: VecDeque<Piece>,
    sent: HashMap<u32, Sent>,
    by_age: VecDeque<(Instant, u32)>,
    done: VecDeque<Outcome>,
}

impl Flights {
    /// Takes a delivery; its parts wait to be sent.
    pub(super) fn admit(&mut self, delivery: DeliveryId, attempt: u32, message: Message) {
        let parts = message.parts();
        let flight = Flight {
            delivery,
            attempt,
            message,
            open: parts,
            references: vec![None; parts],
            refused: None,
            unanswered: false,
            may_be_out: false,
        };
        let key = self.free.pop().unwrap_or_else(|| {
            self.table.push(None);
            self.table.len() - 1
        });
        self.table[key] = Some(flight);
        self.waiting.extend((0..parts).map(|part| Piece { key, part, resends: 0 }));
    }

    /// A delivery that never gets as far.
    pub(super) fn refuse(&mut self, delivery: DeliveryId, attempt: u32, no: (FailReason, String)) {
        self.done.push_back(Outcome {
            delivery,
            attempt,
            outcome: AttemptOutcome::Refused { reason: no.0, code: no.1 },
        });
    }

    /// The next part to send, with its message.
    pub(super) fn next_to_send(&mut self) -> Option<(Piece, &Message)> {
        let piece = self.waiting.pop_front()?;
        self.table[piece.key].as_ref().map(|flight| (piece, &flight.message))
    }

    /// The part went into the stream at octet `begins`.
    pub(super) fn sent(&mut self, piece: Piece, sequence: u32, begins: u64, now: Instant) {
        self.sent.insert(sequence, Sent { piece, at: now, begins });
        self.by_age.push_back((now, sequence));
    }

    /// Nobody waits for the carrier any more.
    pub(super) fn is_idle(&self) -> bool {
        self.sent.is_empty() && self.waiting.is_empty()
    }

    pub(super) fn has_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Parts on the wire.
    pub(super) fn on_wire(&self) -> usize {
        self.sent.len()
    }

    /// Outcomes to hand over, oldest first.
    pub(super) fn done(&mut self) -> &mut VecDeque<Outcome> {
        &mut self.done
    }

    /// When the part of this sequence number was sent.
    pub(super) fn sent_at(&self, sequence: u32) -> Option<Instant> {
        self.sent.get(&sequence).map(|sent| sent.at)
    }

    /// The carrier's answer; `false` if nothing waits for it (it came too late, or twice).
    pub(super) fn answered(&mut self, sequence: u32, answer: Answer) -> bool {
        let Some(Sent { piece, .. }) = self.sent.remove(&sequence) else { return false };
        let Some(flight) = self.table[piece.key].as_mut() else { return false };
        match answer {
            Answer::Taken(reference) => {
                flight.may_be_out = true;
                flight.references[piece.part] = Some(reference);
            }
            Answer::Throttled(code) => {
                let again = flight.message.parts() > 1 && flight.refused.is_none() && piece.resends < RESENDS;
                if again {
                    self.waiting.push_front(Piece { resends: piece.resends + 1, ..piece });
                    return true;
                }
                flight.refused.get_or_insert((FailReason::Throttled, code));
            }
            Answer::Refused(reason, code) => {
                flight.refused.get_or_insert((reason, code));
            }
        }
        self.close_part(piece.key);
        true
    }

    /// Gives up on parts that were sent before `now - timeout`; returns how many.
    pub(super) fn time_out(&mut self, timeout: Duration, now: Instant) -> usize {
        let mut lost = 0;
        while let Some((at, sequence)) = self.by_age.front().copied() {
            let answered = !self.sent.contains_key(&sequence);
            if !answered && now.saturating_duration_since(at) < timeout {
                break;
            }
            self.by_age.pop_front();
            if let Some(Sent { piece, .. }) = self.sent.remove(&sequence) {
                lost += 1;
                if let Some(flight) = self.table[piece.key].as_mut() {
                    flight.unanswered = true;
                    flight.may_be_out = true;
                }
                self.close_part(piece.key);
            }
        }
        lost
    }

    /// The session is over and `written` octets of its stream went to the socket. Every delivery left gets its outcome:
    /// unknown if a part of it may have gone out, otherwise refused as never sent.
    pub(super) fn end(&mut self, written: u64, why: &str) {
        for sent in std::mem::take(&mut self.sent).into_values() {
            if let Some(flight) = self.table[sent.piece.key].as_mut() {
                flight.may_be_out |= sent.begins < written;
            }
        }
        self.waiting.clear();
        self.by_age.clear();
        self.free.clear();
        for flight in std::mem::take(&mut self.table).into_iter().flatten() {
            let outcome = match flight.refused {
                Some((reason, code)) => AttemptOutcome::Refused { reason, code },
                None if flight.may_be_out => AttemptOutcome::Unknown { code: why.to_owned() },
                None => AttemptOutcome::Refused { reason: FailReason::GatewayAway, code: format!("not sent: {why}") },
            };
            self.done.push_back(Outcome { delivery: flight.delivery, attempt: flight.attempt, outcome });
        }
    }

    fn close_part(&mut self, key: Key) {
        let Some(flight) = self.table[key].as_mut() else { return };
        flight.open -= 1;
        if flight.open > 0 && (flight.refused.is_some() || flight.unanswered) {
            // No use in sending the rest of a message that cannot be whole.
            let before = self.waiting.len();
            self.waiting.retain(|piece| piece.key != key);
            flight.open -= before - self.waiting.len();
        }
        if flight.open == 0
            && let Some(flight) = self.table[key].take()
        {
            self.free.push(key);
            self.done.push_back(flight.finish());
        }
    }
}

impl Flight {
    fn finish(self) -> Outcome {
        let parts = self.references.len();
        let taken = self.references.iter().flatten().count();
        let outcome = match self.refused {
            Some((reason, code)) if taken > 0 => {
                AttemptOutcome::Refused { reason, code: format!("{code}, {taken} of {parts} parts were taken") }
            }
            Some((reason, code)) => AttemptOutcome::Refused { reason, code },
            None if self.unanswered => AttemptOutcome::Unknown { code: "no answer in time".to_owned() },
            None => AttemptOutcome::Accepted {
                references: self.references.into_iter().flatten().filter(|reference| !reference.is_empty()).collect(),
            },
        };
        Outcome { delivery: self.delivery, attempt: self.attempt, outcome }
    }
}

#[cfg(test)]
#[path = "flights_tests.rs"]
mod tests;
