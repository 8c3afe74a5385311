//! G.711: one byte a sample, µ-law in North America and Japan, A-law elsewhere.
//!
//! Source: ITU-T G.711; payload types 0 and 8 of RFC 3551.

/// RTP payload type of µ-law.
pub const PCMU: u8 = 0;
/// RTP payload type of A-law.
pub const PCMA: u8 = 8;
/// The µ-law byte of silence.
pub const SILENCE_ULAW: u8 = 0xff;
/// The A-law byte of silence.
pub const SILENCE_ALAW: u8 = 0xd5;

/// One byte a sample, in the same order.
pub fn encode_ulaw(samples: &[i16]) -> Vec<u8> {
    samples.iter().map(|&sample| audio_codec_algorithms::encode_ulaw(sample)).collect()
}

/// One sample a byte, in the same order; every byte has a meaning.
pub fn decode_ulaw(bytes: &[u8]) -> Vec<i16> {
    bytes.iter().map(|&byte| audio_codec_algorithms::decode_ulaw(byte)).collect()
}

/// One byte a sample, in the same order.
pub fn encode_alaw(samples: &[i16]) -> Vec<u8> {
    samples.iter().map(|&sample| audio_codec_algorithms::encode_alaw(sample)).collect()
}

/// One sample a byte, in the same order; every byte has a meaning.
pub fn decode_alaw(bytes: &[u8]) -> Vec<i16> {
    bytes.iter().map(|&byte| audio_codec_algorithms::decode_alaw(byte)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all_bytes() -> Vec<u8> {
        (0..=u8::MAX).collect()
    }

    /// The decoder's own table, written from the formula of ITU-T G.711 and not from the crate.
    fn ulaw_by_the_formula(byte: u8) -> i16 {
        let inverted = !byte;
        let exponent = (inverted >> 4) & 7;
        let magnitude = ((i16::from(inverted & 15) << 3) + 132) << exponent;
        if inverted & 0x80 == 0 { magnitude - 132 } else { 132 - magnitude }
    }

    fn alaw_by_the_formula(byte: u8) -> i16 {
        let even = byte ^ 0x55;
        let (exponent, mantissa) = ((even >> 4) & 7, i16::from(even & 15) << 4);
        let magnitude = if exponent == 0 { mantissa + 8 } else { (mantissa + 0x108) << (exponent - 1) };
        if even & 0x80 == 0 { -magnitude } else { magnitude }
    }

    #[test]
    fn every_byte_decodes_as_the_recommendation_says() {
        for byte in all_bytes() {
            assert_eq!(decode_ulaw(&[byte]), [ulaw_by_the_formula(byte)], "µ-law {byte:#04x}");
            assert_eq!(decode_alaw(&[byte]), [alaw_by_the_formula(byte)], "A-law {byte:#04x}");
        }
    }

    #[test]
    fn a_decoded_byte_encodes_to_itself() {
        // µ-law has two zeros; both decode to 0, which encodes to the positive one.
        let again: Vec<u8> = all_bytes().into_iter().map(|byte| if byte == 0x7f { 0xff } else { byte }).collect();
        assert_eq!(encode_ulaw(&decode_ulaw(&all_bytes())), again);
        assert_eq!(encode_alaw(&decode_alaw(&all_bytes())), all_bytes());
    }

    #[test]
    fn every_sample_becomes_the_nearest_step_or_its_neighbour() {
        let step = |decoded: i16| i32::from(decoded).abs() / 16 + 20;
        for sample in i16::MIN..=i16::MAX {
            // Above this the law clips, as it must.
            let clipped = i32::from(sample).clamp(-32124, 32124);
            let ulaw = decode_ulaw(&encode_ulaw(&[sample]))[0];
            let alaw = decode_alaw(&encode_alaw(&[sample]))[0];
            assert!((i32::from(ulaw) - clipped).abs() <= step(ulaw), "µ-law {sample} → {ulaw}");
            assert!((i32::from(alaw) - clipped).abs() <= step(alaw), "A-law {sample} → {alaw}");
        }
    }

    #[test]
    fn silence_is_the_byte_that_trunks_expect() {
        assert_eq!(encode_ulaw(&[0]), [SILENCE_ULAW]);
        assert_eq!(encode_alaw(&[0]), [SILENCE_ALAW]);
    }
}
