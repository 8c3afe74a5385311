//! RTP packets, as much of RFC 3550 as a call needs.

/// Header without extensions.
const HEADER: usize = 12;

/// A packet that came in.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Packet<'a> {
    pub payload_type: u8,
    pub timestamp: u32,
    pub payload: &'a [u8],
}

impl<'a> Packet<'a> {
    /// `None` for what is no RTP: STUN, RTCP, noise.
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        let (first, second) = (*bytes.first()?, *bytes.get(1)?);
        // RTCP packet types 192 to 223 would be payload types 64 to 95 with the marker bit (RFC 5761, 4).
        if first >> 6 != 2 || (192..=223).contains(&second) {
            return None;
        }
        let timestamp = u32::from_be_bytes(bytes.get(4..8)?.try_into().ok()?);
        let mut begin = HEADER + 4 * usize::from(first & 0x0F);
        if first & 0x10 != 0 {
            let words = u16::from_be_bytes(bytes.get(begin + 2..begin + 4)?.try_into().ok()?);
            begin += 4 + 4 * usize::from(words);
        }
        let mut end = bytes.len();
        if first & 0x20 != 0 {
            end = end.checked_sub(usize::from(*bytes.last()?))?;
        }
        Some(Self { payload_type: second & 0x7F, timestamp, payload: bytes.get(begin..end)? })
    }
}

/// What we send in one call.
pub(super) struct Stream {
    packet: [u8; HEADER + crate::voice::FRAME],
    sequence: u16,
    timestamp: u32,
    fresh: bool,
}

impl Stream {
    /// `seed` makes the numbers of one call unlike those of another, as RFC 3550 asks for.
    pub(super) fn new(seed: u32, payload_type: u8) -> Self {
        let mut packet = [0; HEADER + crate::voice::FRAME];
        packet[0] = 0x80;
        packet[1] = payload_type;
        let source = seed.wrapping_mul(2_654_435_761).rotate_left(7);
        packet[8..12].copy_from_slice(&source.to_be_bytes());
        let [.., high, low] = seed.to_be_bytes();
        let sequence = u16::from_be_bytes([high & 0x7F, low]);
        Self { packet, sequence, timestamp: source.rotate_left(13), fresh: true }
    }

    /// The next packet, with 20 ms of coded sound.
    pub(super) fn packet(&mut self, frame: &[u8]) -> &[u8] {
        // The marker tells of the first packet of talk.
        self.packet[1] = self.packet[1] & 0x7F | if self.fresh { 0x80 } else { 0 };
        self.fresh = false;
        self.sequence = self.sequence.wrapping_add(1);
        self.timestamp = self.timestamp.wrapping_add(160);
        self.packet[2..4].copy_from_slice(&self.sequence.to_be_bytes());
        self.packet[4..8].copy_from_slice(&self.timestamp.to_be_bytes());
        for (slot, byte) in self.packet[HEADER..].iter_mut().zip(frame) {
            *slot = *byte;
        }
        &self.packet
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_we_send_reads_back_in_order() {
        let mut stream = Stream::new(7, 8);
        let mut last = None;
        for n in 0..3_u8 {
            let bytes = stream.packet(&[n; 160]).to_vec();
            let packet = Packet::read(&bytes).unwrap();
            assert_eq!((packet.payload_type, packet.payload), (8, &[n; 160][..]));
            assert_eq!(bytes[1] & 0x80 != 0, n == 0, "the marker stands on the first alone");
            if let Some(last) = last {
                assert_eq!(packet.timestamp.wrapping_sub(last), 160);
            }
            last = Some(packet.timestamp);
        }
    }

    #[test]
    fn padding_extensions_and_contributors_are_passed_over() {
        let mut bytes = vec![0x80 | 0x20 | 0x10 | 0x01, 0, 0, 1, 0, 0, 0, 9, 0, 0, 0, 1];
        bytes.extend([1, 2, 3, 4]);
        bytes.extend([0xBE, 0xDE, 0, 1, 9, 9, 9, 9]);
        bytes.extend([5, 6, 7, 0, 2]);
        assert_eq!(Packet::read(&bytes), Some(Packet { payload_type: 0, timestamp: 9, payload: &[5, 6, 7] }));
    }

    proptest::proptest! {
        #[test]
        fn no_datagram_ever_harms_the_reader(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            let read = Packet::read(&bytes);
            proptest::prop_assert!(read.is_none_or(|packet| packet.payload.len() <= bytes.len()));
        }
    }
}
