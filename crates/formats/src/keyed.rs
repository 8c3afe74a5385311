//! A keyed hash: the same text under the same key gives the same letters, and without the key nobody tells which text.

use std::fmt::Write;

use ring::hmac;

/// HMAC-SHA-256 (RFC 2104) of a text as 64 hex digits.
pub fn keyed_hash(key: &str, text: &str) -> String {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes()), text.as_bytes());
    tag.as_ref().iter().fold(String::with_capacity(64), |mut hex, byte| {
        // Writing to a String cannot fail.
        write!(hex, "{byte:02x}").unwrap_or_default();
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231, 4.3.
    #[test]
    fn a_published_value_comes_out() {
        assert_eq!(
            keyed_hash("Jefe", "what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }
}
