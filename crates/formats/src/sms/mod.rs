//! What a text message is on the wire: which alphabet it needs, how many parts it costs, and the octets of each part.
//!
//! The composer's count, the preview's cost and the gateway's parts all come from here, so they cannot disagree.

pub mod gsm7;
pub mod plain;
pub mod segments;
pub mod ucs2;

pub use plain::{Changed, Plain, plain};
pub use segments::{Encoding, Segments, segments, split, split_ucs2};

/// The octets of one part in its encoding: GSM-7 one septet an octet, UCS-2 big-endian.
///
/// Characters that GSM-7 lacks become `?`; `segments` never names GSM-7 for a text that has one.
pub fn encode(encoding: Encoding, part: &str) -> Vec<u8> {
    match encoding {
        Encoding::Gsm7 => gsm7::encode(part),
        Encoding::Ucs2 => ucs2::encode(part),
    }
}
