//! Parts of incoming texts, held until the text is whole.
//!
//! Parts are not acknowledged before the joined text is kept, so a crash loses none: the carrier sends them again. A
//! part waits at most `wait` after the last one of its text; then what came is delivered, with `[…]` for what did not.

use std::collections::HashMap;
use std::time::Duration;

use schoolbell_formats::smpp::{DefaultAlphabet, decode};
use tokio::time::Instant;

use super::hear::TextPiece;
use crate::HeardText;

/// Texts in parts at once; beyond it the oldest is delivered as it is.
const MOST: usize = 1_000;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    from: String,
    to: String,
    reference: u16,
    parts: u8,
}

struct Held<A> {
    pieces: Vec<Option<TextPiece>>,
    acks: Vec<A>,
    due: Instant,
}

/// A text to deliver, and what to acknowledge once it is kept.
pub(super) struct Whole<A> {
    pub(super) text: HeardText,
    pub(super) acks: Vec<A>,
}

/// See the module. `A` is what acknowledges a part.
pub(super) struct Join<A> {
    held: HashMap<Key, Held<A>>,
    wait: Duration,
    alphabet: DefaultAlphabet,
}

impl<A> Join<A> {
    pub(super) fn new(wait: Duration, alphabet: DefaultAlphabet) -> Self {
        Self { held: HashMap::new(), wait, alphabet }
    }

    /// Takes a piece; gives back texts that are ready now. A repeated part replaces the earlier one.
    pub(super) fn take(&mut self, piece: TextPiece, acks: Vec<A>, now: Instant) -> Vec<Whole<A>> {
        let Some(part) = piece.part else { return vec![self.whole(&[Some(piece)], acks)] };
        let key = Key { from: piece.from.clone(), to: piece.to.clone(), reference: part.reference, parts: part.parts };
        let mut ready = Vec::new();
        if self.held.len() >= MOST && !self.held.contains_key(&key) {
            let oldest = self.held.iter().min_by_key(|(_, held)| held.due).map(|(key, _)| key.clone());
            ready.extend(oldest.and_then(|key| self.release(&key)));
        }
        let held = self.held.entry(key.clone()).or_insert_with(|| Held {
            pieces: vec![None; usize::from(part.parts)],
            acks: Vec::new(),
            due: now,
        });
        held.due = now + self.wait;
        held.acks.extend(acks);
        if let Some(place) = held.pieces.get_mut(usize::from(part.part) - 1) {
            *place = Some(piece);
        }
        if held.pieces.iter().all(Option::is_some) {
            ready.extend(self.release(&key));
        }
        ready
    }

    /// Texts whose parts have waited long enough.
    pub(super) fn overdue(&mut self, now: Instant) -> Vec<Whole<A>> {
        let due: Vec<Key> = self.held.iter().filter(|(_, held)| held.due <= now).map(|(key, _)| key.clone()).collect();
        due.iter().filter_map(|key| self.release(key)).collect()
    }

    /// When the next one is overdue.
    pub(super) fn next_due(&self) -> Option<Instant> {
        self.held.values().map(|held| held.due).min()
    }

    fn release(&mut self, key: &Key) -> Option<Whole<A>> {
        let held = self.held.remove(key)?;
        Some(self.whole(&held.pieces, held.acks))
    }

    fn whole(&self, pieces: &[Option<TextPiece>], acks: Vec<A>) -> Whole<A> {
        let known = pieces.iter().flatten().next();
        let (from, to) = known.map(|piece| (piece.from.clone(), piece.to.clone())).unwrap_or_default();
        Whole { text: HeardText { from, to, body: self.read(pieces), media: Vec::new() }, acks }
    }

    /// Runs of parts in one coding are read together: phones cut surrogate pairs and escapes in two. Packed septets
    /// begin anew in each part, so those are read alone.
    fn read(&self, pieces: &[Option<TextPiece>]) -> String {
        let mut body = String::new();
        let mut at = 0;
        while at < pieces.len() {
            let Some(first) = &pieces[at] else {
                body.push_str("[\u{2026}]");
                at += 1;
                continue;
            };
            let mut octets = first.octets.clone();
            at += 1;
            while let Some(Some(next)) = pieces.get(at)
                && next.data_coding == first.data_coding
                && self.alphabet != DefaultAlphabet::Gsm7Packed
            {
                octets.extend_from_slice(&next.octets);
                at += 1;
            }
            body.push_str(&decode(first.data_coding, &octets, first.header_octets, self.alphabet));
        }
        body
    }
}

#[cfg(test)]
mod tests {
    use schoolbell_formats::smpp::PartOf;

    use super::*;

    fn piece(reference: u16, (part, parts): (u8, u8), data_coding: u8, octets: &[u8]) -> TextPiece {
        TextPiece {
            from: "+15125550143".to_owned(),
            to: "68453".to_owned(),
            data_coding,
            header_octets: 6,
            octets: octets.to_vec(),
            part: PartOf::new(reference, parts, part),
        }
    }

    fn join() -> (Join<u32>, Instant) {
        (Join::new(Duration::from_secs(5), DefaultAlphabet::Gsm7), Instant::now())
    }

    #[test]
    fn parts_join_in_any_order_and_acknowledge_together() {
        let (mut join, now) = join();
        assert!(join.take(piece(9, (2, 2), 0, b"OP"), vec![7], now).is_empty());
        let ready = join.take(piece(9, (1, 2), 0, b"ST"), vec![8], now);
        assert_eq!((ready[0].text.body.as_str(), &ready[0].acks[..]), ("STOP", &[7, 8][..]));
        assert_eq!(join.next_due(), None);
    }

    #[test]
    fn a_pair_cut_in_two_between_parts_is_read_whole() {
        let (mut join, now) = join();
        assert!(join.take(piece(1, (1, 2), 8, &[0x00, 0x41, 0xD8, 0x3D]), vec![1], now).is_empty());
        let ready = join.take(piece(1, (2, 2), 8, &[0xDE, 0x00]), vec![2], now);
        assert_eq!(ready[0].text.body, "A\u{1f600}");
    }

    #[test]
    fn a_repeated_part_replaces_itself_and_is_acknowledged_too() {
        let (mut join, now) = join();
        join.take(piece(3, (1, 2), 0, b"a"), vec![1], now);
        join.take(piece(3, (1, 2), 0, b"a"), vec![2], now);
        let ready = join.take(piece(3, (2, 2), 0, b"b"), vec![3], now);
        assert_eq!((ready[0].text.body.as_str(), &ready[0].acks[..]), ("ab", &[1, 2, 3][..]));
    }

    #[test]
    fn what_came_is_delivered_when_the_rest_does_not() {
        let (mut join, now) = join();
        join.take(piece(3, (1, 3), 0, b"a"), vec![1], now);
        join.take(piece(3, (3, 3), 0, b"c"), vec![2], now + Duration::from_secs(1));
        assert!(join.overdue(now + Duration::from_secs(5)).is_empty());
        let ready = join.overdue(now + Duration::from_secs(6));
        assert_eq!((ready[0].text.body.as_str(), &ready[0].acks[..]), ("a[\u{2026}]c", &[1, 2][..]));
    }

    #[test]
    fn a_flood_of_first_parts_is_bounded_and_loses_nothing() {
        let (mut join, now) = join();
        let mut delivered = 0;
        for reference in 0..3_000 {
            let at = now + Duration::from_millis(u64::from(reference));
            delivered += join.take(piece(reference, (1, 2), 0, b"a"), vec![1], at).len();
        }
        assert_eq!(delivered, 2_000);
        assert_eq!(join.overdue(now + Duration::from_mins(1)).len(), 1_000);
    }
}
