use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use proptest::prelude::*;
use schoolbell_domain::people::Address;
use schoolbell_domain::phone::Phone;

use super::super::config::SmppConfig;
use super::super::message::Sender;
use super::*;
use crate::{Content, Outgoing};

const TIMEOUT: Duration = Duration::from_secs(30);

fn message(parts: usize) -> Message {
    let sender = Sender::new(&SmppConfig::of("localhost", 2775, ("school", "secret"), "68453")).unwrap();
    let body = "a".repeat(if parts == 1 { 10 } else { 153 * parts });
    let content = Content { subject: String::new(), body, html: None, language: "en".to_owned() };
    let cut = Arc::new(sender.parts(&content).unwrap());
    let outgoing = Outgoing {
        from: None,
        delivery: DeliveryId::from_raw(1),
        attempt: 1,
        to: Address::Phone(Phone::from_e164("+15125550143").unwrap()),
        content: Arc::new(content),
        urgent: false,
        expires_at: Timestamp::UNIX_EPOCH,
        unsubscribe_url: None,
        notice: None,
        right: crate::Right::default(),
    };
    sender.message(&outgoing, cut, 7).unwrap()
}

/// What can happen to a session, in any order.
#[derive(Debug, Clone)]
enum Event {
    Admit(usize),
    Send,
    Taken(usize),
    Throttled(usize),
    Refused(usize),
    Stale,
    TimePasses,
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        3 => (1_usize..4).prop_map(Event::Admit),
        6 => Just(Event::Send),
        4 => any::<usize>().prop_map(Event::Taken),
        2 => any::<usize>().prop_map(Event::Throttled),
        1 => any::<usize>().prop_map(Event::Refused),
        1 => Just(Event::Stale),
        1 => Just(Event::TimePasses),
    ];
    proptest::collection::vec(event, 0..80)
}

#[derive(Default)]
struct World {
    flights: Flights,
    sequence: u32,
    octets: u64,
    admitted: i64,
    on_wire: Vec<u32>,
    elapsed: Duration,
}

impl World {
    fn happen(&mut self, event: &Event, began: Instant) {
        let now = began + self.elapsed;
        match event {
            Event::Admit(parts) => {
                self.admitted += 1;
                self.flights.admit(DeliveryId::from_raw(self.admitted), 1, message(*parts));
            }
            Event::Send => {
                if let Some((piece, _)) = self.flights.next_to_send() {
                    self.sequence += 1;
                    self.flights.sent(piece, self.sequence, self.octets, now);
                    self.octets += 100;
                    self.on_wire.push(self.sequence);
                }
            }
            Event::Taken(which) => self.answer(*which, Answer::Taken(self.sequence.to_string())),
            Event::Throttled(which) => self.answer(*which, Answer::Throttled("slow".to_owned())),
            Event::Refused(which) => self.answer(*which, Answer::Refused(FailReason::BadNumber, "no".to_owned())),
            Event::Stale => assert!(!self.flights.answered(self.sequence + 1_000, Answer::Taken(String::new()))),
            Event::TimePasses => {
                self.elapsed += Duration::from_secs(20);
                self.flights.time_out(TIMEOUT, began + self.elapsed);
                self.on_wire.retain(|sequence| self.flights.sent_at(*sequence).is_some());
            }
        }
    }

    fn answer(&mut self, which: usize, answer: Answer) {
        if !self.on_wire.is_empty() {
            let sequence = self.on_wire.remove(which % self.on_wire.len());
            assert!(self.flights.answered(sequence, answer));
        }
    }
}

proptest! {
    #[test]
    fn every_delivery_has_exactly_one_outcome_whatever_happens(events in events(), written in 0_u64..5_000) {
        let began = Instant::now();
        let mut world = World::default();
        for event in &events {
            world.happen(event, began);
            prop_assert_eq!(world.flights.on_wire(), world.on_wire.len());
        }
        world.flights.end(written, "the end");
        let mut outcomes: HashMap<DeliveryId, usize> = HashMap::new();
        for outcome in world.flights.done().drain(..) {
            *outcomes.entry(outcome.delivery).or_default() += 1;
        }
        prop_assert_eq!(outcomes.len(), usize::try_from(world.admitted).unwrap());
        prop_assert!(outcomes.values().all(|count| *count == 1));
        prop_assert!(world.flights.is_idle());
    }
}

fn send_all(flights: &mut Flights, now: Instant) -> Vec<u32> {
    let mut sequences = Vec::new();
    while let Some((piece, _)) = flights.next_to_send() {
        let sequence = 100 + u32::try_from(sequences.len()).unwrap();
        flights.sent(piece, sequence, u64::from(sequence) * 100, now);
        sequences.push(sequence);
    }
    sequences
}

#[test]
fn only_what_may_have_reached_the_socket_is_unknown() {
    let (mut flights, now) = (Flights::default(), Instant::now());
    for delivery in 1..=3 {
        flights.admit(DeliveryId::from_raw(delivery), 1, message(1));
    }
    send_all(&mut flights, now);
    // The first packet began at octet 10,000, the second at 10,100: it was begun, the third was not.
    flights.end(10_150, "broke");
    let unknown: Vec<bool> =
        flights.done().iter().map(|one| matches!(one.outcome, AttemptOutcome::Unknown { .. })).collect();
    assert_eq!(unknown, [true, true, false]);
}

#[test]
fn a_refused_part_takes_its_waiting_parts_along_but_waits_for_those_on_the_wire() {
    let (mut flights, now) = (Flights::default(), Instant::now());
    flights.admit(DeliveryId::from_raw(1), 1, message(3));
    for sequence in 1..=2 {
        let (piece, _) = flights.next_to_send().unwrap();
        flights.sent(piece, sequence, 0, now);
    }
    flights.answered(1, Answer::Refused(FailReason::BadNumber, "no".to_owned()));
    assert!(!flights.has_waiting() && flights.done().is_empty());
    flights.answered(2, Answer::Taken("r".to_owned()));
    let outcome = flights.done().pop_front().unwrap().outcome;
    let want =
        AttemptOutcome::Refused { reason: FailReason::BadNumber, code: "no, 1 of 3 parts were taken".to_owned() };
    assert_eq!(outcome, want);
}

#[test]
fn a_part_throttled_again_and_again_goes_back_in_the_end() {
    let (mut flights, now) = (Flights::default(), Instant::now());
    flights.admit(DeliveryId::from_raw(1), 1, message(2));
    let mut sequence = 0;
    while let Some((piece, _)) = flights.next_to_send() {
        sequence += 1;
        flights.sent(piece, sequence, 0, now);
        let answer = if piece.part == 0 { Answer::Throttled("slow".to_owned()) } else { Answer::Taken("r".to_owned()) };
        flights.answered(sequence, answer);
    }
    let outcome = flights.done().pop_front().unwrap().outcome;
    assert!(matches!(outcome, AttemptOutcome::Refused { reason: FailReason::Throttled, .. }), "{outcome:?}");
    assert!(sequence > 20 && sequence < 30, "{sequence} packets");
}
