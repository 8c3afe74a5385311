//! UCS-2 as carriers mean it: UTF-16, big-endian, surrogate pairs and all.

/// Units of 16 bits that a character costs: 2 outside the basic plane.
pub const fn units(character: char) -> usize {
    character.len_utf16()
}

/// Big-endian UTF-16 without a byte order mark.
pub fn encode(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_be_bytes).collect()
}

/// Reads big-endian UTF-16; half a pair or an odd last octet becomes U+FFFD. A byte order mark is dropped.
pub fn decode(octets: &[u8]) -> String {
    let pairs = octets.chunks_exact(2);
    let odd = !pairs.remainder().is_empty();
    let units = pairs.map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
    let mut text: String = char::decode_utf16(units).map(|read| read.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    if odd {
        text.push(char::REPLACEMENT_CHARACTER);
    }
    match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_text_reads_back(text in "[^\u{feff}]{0,80}") {
            prop_assert_eq!(decode(&encode(&text)), text);
        }
    }

    #[test]
    fn half_a_pair_does_not_lose_the_rest() {
        assert_eq!(decode(&[0xD8, 0x3D, 0x00, 0x41]), "\u{fffd}A");
        assert_eq!(decode(&[0x00, 0x41, 0x00]), "A\u{fffd}");
    }
}
