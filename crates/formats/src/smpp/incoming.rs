//! Texts from phones: the header that says which part this is, and the octets as characters.

use serde::{Deserialize, Serialize};

use crate::sms::{gsm7, ucs2};

/// Which part of which message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PartOf {
    pub reference: u16,
    /// How many there are, at least 1.
    pub parts: u8,
    /// Which one, from 1 to `parts`.
    pub part: u8,
}

impl PartOf {
    /// `None` where the numbers cannot be: such a part stands alone.
    pub fn new(reference: u16, parts: u8, part: u8) -> Option<Self> {
        (parts >= 1 && (1..=parts).contains(&part)).then_some(Self { reference, parts, part })
    }
}

/// Reads a user data header: the part it announces, if any, and the octets behind it. A header that does not fit into
/// the octets is taken for text.
///
/// Source: 3GPP TS 23.040, 9.2.3.24: element 0x00 has an 8-bit reference, 0x08 a 16-bit one; others are passed over.
pub fn header(octets: &[u8]) -> (Option<PartOf>, &[u8]) {
    let Some((length, rest)) = octets.split_first() else { return (None, octets) };
    let Some((mut elements, text)) = rest.split_at_checked(usize::from(*length)) else { return (None, octets) };
    let mut found = None;
    while let [kind, size, more @ ..] = elements {
        let Some((value, next)) = more.split_at_checked(usize::from(*size)) else { break };
        found = found.or(match (kind, value) {
            (0x00, [reference, parts, part]) => PartOf::new(u16::from(*reference), *parts, *part),
            (0x08, [high, low, parts, part]) => PartOf::new(u16::from_be_bytes([*high, *low]), *parts, *part),
            _ => None,
        });
        elements = next;
    }
    (found, text)
}

/// The header of one part with an 8-bit reference, as it stands before the text.
pub const fn write_header(reference: u8, parts: u8, part: u8) -> [u8; 6] {
    [5, 0, 3, reference, parts, part]
}

/// The alphabet that a carrier means by `data_coding` 0, and how it lays the septets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DefaultAlphabet {
    /// GSM 7-bit, one septet an octet. What most carriers mean.
    #[default]
    Gsm7,
    /// GSM 7-bit, eight septets in seven octets.
    Gsm7Packed,
    /// ISO 8859-1.
    Latin1,
}

impl DefaultAlphabet {
    /// Reads octets of `data_coding` 0; `header_octets` is the length of the header before them, for the fill bits.
    pub fn decode(self, octets: &[u8], header_octets: usize) -> String {
        match self {
            Self::Gsm7 => gsm7::decode(octets),
            Self::Gsm7Packed => gsm7::decode(&gsm7::unpack(octets, fill_bits(header_octets))),
            Self::Latin1 => latin1(octets),
        }
    }
}

/// Zero bits between a header and packed septets, so that the first septet begins at a border of seven.
pub fn fill_bits(header_octets: usize) -> u32 {
    u32::try_from((7 - (header_octets * 8) % 7) % 7).unwrap_or(0)
}

/// Reads octets in the coding that the carrier names. Source: SMPP 3.4, 5.2.19, and the message classes of
/// 3GPP TS 23.038, 4, whose bits 2 and 3 give the alphabet.
pub fn decode(data_coding: u8, octets: &[u8], header_octets: usize, default: DefaultAlphabet) -> String {
    match data_coding {
        // IA5 has no control characters in a text; carriers that send some mean GSM-7, with its escapes and its `@`.
        0x01 if octets.iter().any(|octet| *octet < 0x20 && !b"\t\r\n".contains(octet)) => gsm7::decode(octets),
        0x01 | 0x03 => latin1(octets),
        0x08 => ucs2::decode(octets),
        0x06 => with(encoding_rs::ISO_8859_5, octets),
        0x07 => with(encoding_rs::ISO_8859_8, octets),
        0x05 => with(encoding_rs::SHIFT_JIS, octets),
        0x0E => with(encoding_rs::EUC_KR, octets),
        0x02 | 0x04 => String::from_utf8_lossy(octets).into_owned(),
        0x10..=0x1F | 0xF0..=0xFF => match data_coding & 0x0C {
            0x08 if data_coding < 0xF0 => ucs2::decode(octets),
            0x04 => String::from_utf8_lossy(octets).into_owned(),
            _ => default.decode(octets, header_octets),
        },
        _ => default.decode(octets, header_octets),
    }
}

fn latin1(octets: &[u8]) -> String {
    octets.iter().map(|octet| char::from(*octet)).collect()
}

fn with(encoding: &'static encoding_rs::Encoding, octets: &[u8]) -> String {
    encoding.decode_without_bom_handling(octets).0.into_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn headers_as_phones_write_them() {
        assert_eq!(header(&[5, 0, 3, 9, 2, 1, b'a']), (PartOf::new(9, 2, 1), &b"a"[..]));
        assert_eq!(header(&[6, 8, 4, 1, 9, 3, 3, b'b']), (PartOf::new(0x0109, 3, 3), &b"b"[..]));
        // Port addressing (0x05) before the concatenation.
        assert_eq!(header(&[11, 5, 4, 0, 1, 0, 2, 0, 3, 7, 2, 2, b'c']), (PartOf::new(7, 2, 2), &b"c"[..]));
        // Part 3 of 2 and part 0 cannot be.
        assert_eq!(header(&[5, 0, 3, 9, 2, 3, b'a']), (None, &b"a"[..]));
        assert_eq!(header(&[5, 0, 3, 9, 2, 0, b'a']), (None, &b"a"[..]));
        // Longer than what came: taken for text.
        assert_eq!(header(&[200, 0]), (None, &[200, 0][..]));
        assert_eq!(header(&[]), (None, &[][..]));
        assert_eq!(header(&write_header(4, 3, 2)), (PartOf::new(4, 3, 2), &[][..]));
    }

    #[test]
    fn text_in_every_coding() {
        let gsm = DefaultAlphabet::Gsm7;
        assert_eq!(decode(0, &[0x00, b'1'], 0, gsm), "@1");
        assert_eq!(decode(0, &[0xE8, 0x32, 0x9B, 0xFD, 0x06], 0, DefaultAlphabet::Gsm7Packed), "hello");
        assert_eq!(decode(0, &[0xE9], 0, DefaultAlphabet::Latin1), "\u{e9}");
        assert_eq!(decode(1, b"a@b.example", 0, gsm), "a@b.example");
        assert_eq!(decode(1, &[0x1B, 0x28, b'a', 0x00], 0, gsm), "{a@");
        assert_eq!(decode(3, &[0xE9], 0, gsm), "\u{e9}");
        assert_eq!(decode(8, &[0x00, 0x53, 0x00, 0xED], 0, gsm), "S\u{ed}");
        assert_eq!(decode(0x18, &[0x00, 0x53], 0, gsm), "S");
        assert_eq!(decode(0xF1, b"STOP", 0, gsm), "STOP");
        assert_eq!(decode(6, &[0xDF], 0, gsm), "\u{43f}");
    }

    proptest! {
        #[test]
        fn anything_at_all_is_read_without_harm(octets in proptest::collection::vec(any::<u8>(), 0..160), coding in any::<u8>()) {
            let (part, text) = header(&octets);
            prop_assert!(text.len() <= octets.len());
            if let Some(part) = part {
                prop_assert!(part.part >= 1 && part.part <= part.parts);
            }
            let _read: String = decode(coding, text, octets.len() - text.len(), DefaultAlphabet::Gsm7Packed);
        }
    }
}
