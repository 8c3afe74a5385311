//! Random tokens: the one place that throws dice.

use std::fmt::Write;

use rand::RngCore;

#[expect(clippy::disallowed_methods, reason = "this is the one place")]
fn throw<const N: usize>() -> [u8; N] {
    let mut bytes = [0_u8; N];
    rand::rng().fill_bytes(&mut bytes);
    bytes
}

/// 32 random bytes as 64 hex digits: session, link and CSRF tokens.
pub fn token() -> String {
    throw::<32>().iter().fold(String::with_capacity(64), |mut token, byte| {
        // Writing to a String cannot fail.
        write!(token, "{byte:02x}").unwrap_or_default();
        token
    })
}

/// An id that tells neither when it was made nor what came before it: positive, below 2^53.
pub fn id() -> i64 {
    i64::try_from(u64::from_be_bytes(throw::<8>()) >> 11).unwrap_or(1).max(1)
}

/// The salt of a password.
pub fn salt() -> [u8; 16] {
    throw()
}

/// Six digits, each value as likely as any other: the code of a sign-in mail.
pub fn six_digits() -> String {
    // 2^64 is no multiple of a million; the difference is one part in 10^13.
    format!("{:06}", u64::from_be_bytes(throw::<8>()) % 1_000_000)
}
