//! Random tokens: the one place that throws dice.

use rand::RngCore;

#[expect(clippy::disallowed_methods, reason = "this is the one place")]
fn throw<const N: usize>() -> [u8; N] {
    let mut bytes = [0_u8; N];
    rand::rng().fill_bytes(&mut bytes);
    bytes
}

/// 32 random bytes as 64 hex digits: session, link and CSRF tokens.
pub fn token() -> String {
    throw::<32>().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The salt of a password.
pub fn salt() -> [u8; 16] {
    throw()
}
