//! Random tokens: the one place that throws dice.

use rand::RngCore;

/// 32 random bytes as 64 hex digits: session, link and CSRF tokens.
#[expect(clippy::disallowed_methods, reason = "this is the one place")]
pub fn token() -> String {
    let mut bytes = [0_u8; 32];
    rand::rng().fill_bytes(&mut bytes);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
