//! The envelope sender of a delivery: a bounce comes back to it, and so finds the delivery that it is about.
//!
//! `b+0F3K6Q2JZ8V1W.9XK2M7QHAB@bounce.example.org`: the delivery's id and ten letters of check that only we can make, so
//! that nobody can declare a family's mailbox dead by writing us a letter.

use schoolbell_domain::ids::DeliveryId;
use sha2::{Digest, Sha256};

/// Crockford's alphabet, as in ids; addresses are read without regard to case.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CHECK_LETTERS: usize = 10;
const BLOCK: usize = 64;

/// Seals the id of a delivery with letters that only we can make: for envelope senders, and for links in mail.
#[derive(Clone)]
pub struct Seal {
    secret: Vec<u8>,
}

impl Seal {
    /// Two uses need two secrets: what is sealed with one opens with it.
    pub fn new(secret: &[u8]) -> Self {
        Self { secret: secret.to_vec() }
    }

    /// `0F3K6Q2JZ8V1W.9XK2M7QHAB`
    pub fn token(&self, delivery: DeliveryId) -> String {
        let shown = delivery.to_string();
        let id = shown.strip_prefix("dlv_").unwrap_or(&shown);
        format!("{id}.{}", self.check(delivery))
    }

    /// The delivery of a token, read without regard to case; `None` if it is not one of ours.
    pub fn open(&self, token: &str) -> Option<DeliveryId> {
        let (id, check) = token.split_once('.')?;
        let delivery: DeliveryId = format!("dlv_{}", id.to_ascii_uppercase()).parse().ok()?;
        // Constant time is not needed: a guesser would have to send one mail, or one request, for each try.
        self.check(delivery).eq_ignore_ascii_case(check).then_some(delivery)
    }

    fn check(&self, delivery: DeliveryId) -> String {
        let mac = hmac(&self.secret, &delivery.raw().to_be_bytes());
        mac.iter().take(CHECK_LETTERS).map(|byte| char::from(ALPHABET[usize::from(byte & 31)])).collect()
    }
}

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seal(…)")
    }
}

/// Writes and reads envelope senders.
pub struct Verp {
    seal: Seal,
    local: String,
    domain: String,
}

impl Verp {
    /// `bounce_address` is where bounces go, for example `b@bounce.example.org`: tokens are added to its local part.
    /// `None` if it is not `local@domain`.
    pub fn new(secret: &[u8], bounce_address: &str) -> Option<Self> {
        let (local, domain) = bounce_address.rsplit_once('@')?;
        let fits = !local.is_empty() && local.len() <= 38 && !domain.is_empty();
        let plain = |text: &str| text.bytes().all(|b| b.is_ascii_graphic() && !b"<>@\"\\()[],;:+".contains(&b));
        (fits && plain(local) && plain(domain)).then(|| Self {
            seal: Seal::new(secret),
            local: local.to_ascii_lowercase(),
            domain: domain.to_ascii_lowercase(),
        })
    }

    /// The envelope sender of one delivery.
    pub fn sender(&self, delivery: DeliveryId) -> String {
        format!("{}+{}@{}", self.local, self.seal.token(delivery), self.domain)
    }

    /// The delivery that a bounce to `address` is about; `None` if it is not one of ours.
    pub fn delivery(&self, address: &str) -> Option<DeliveryId> {
        let (local, domain) = parts(address)?;
        let (head, token) = local.split_once('+')?;
        let ours = head.eq_ignore_ascii_case(&self.local) && domain.eq_ignore_ascii_case(&self.domain);
        ours.then(|| self.seal.open(token))?
    }

    /// Whether it is the bounce address itself, without a token: complaints come there.
    pub fn is_bare(&self, address: &str) -> bool {
        parts(address).is_some_and(|(local, domain)| {
            local.eq_ignore_ascii_case(&self.local) && domain.eq_ignore_ascii_case(&self.domain)
        })
    }
}

/// Local part and domain, the angle brackets of an envelope left away.
fn parts(address: &str) -> Option<(&str, &str)> {
    address.trim().trim_start_matches('<').trim_end_matches('>').rsplit_once('@')
}

impl std::fmt::Debug for Verp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Verp({}+…@{})", self.local, self.domain)
    }
}

/// HMAC-SHA-256 (RFC 2104).
fn hmac(key: &[u8], text: &[u8]) -> [u8; 32] {
    let mut block = [0_u8; BLOCK];
    if key.len() > BLOCK {
        block[..32].copy_from_slice(&Sha256::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let inner = Sha256::new().chain_update(block.map(|byte| byte ^ 0x36)).chain_update(text).finalize();
    Sha256::new().chain_update(block.map(|byte| byte ^ 0x5c)).chain_update(inner).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn verp() -> Verp {
        Verp::new(b"a secret of this district", "b@bounce.example.org").expect("a bounce address")
    }

    #[test]
    fn hmac_gives_the_published_values() {
        let hex = |mac: [u8; 32]| mac.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
        // RFC 4231, 4.2, 4.3 and 4.7.
        let expected = "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7";
        assert_eq!(hex(hmac(&[0x0b; 20], b"Hi There")), expected);
        let expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(hex(hmac(b"Jefe", b"what do ya want for nothing?")), expected);
        let expected = "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54";
        assert_eq!(hex(hmac(&[0xaa; 131], b"Test Using Larger Than Block-Size Key - Hash Key First")), expected);
    }

    proptest! {
        #[test]
        fn a_bounce_finds_its_delivery_whatever_the_case(raw in 0..=i64::MAX) {
            let delivery = DeliveryId::from_raw(raw);
            let sender = verp().sender(delivery);
            // RFC 5321, 4.5.3.1.1: 64 octets.
            prop_assert!(sender.split('@').next().is_some_and(|local| local.len() <= 64));
            prop_assert_eq!(verp().delivery(&sender), Some(delivery));
            prop_assert_eq!(verp().delivery(&format!("<{}>", sender.to_lowercase())), Some(delivery));
        }

        #[test]
        fn a_forged_bounce_finds_nothing(raw in 0..i64::MAX, text in "\\PC{0,60}") {
            let real = verp().sender(DeliveryId::from_raw(raw));
            let other = DeliveryId::from_raw(raw + 1).to_string();
            let forged = real.replacen(&real[2..15], &other[4..], 1);
            prop_assert_eq!(verp().delivery(&forged), None);
            prop_assert_eq!(Verp::new(b"another", "b@bounce.example.org").and_then(|verp| verp.delivery(&real)), None);
            prop_assert_eq!(verp().delivery(&text), None);
        }
    }

    #[test]
    fn a_bounce_address_that_cannot_carry_a_token_is_refused() {
        for bad in ["", "b", "@example.org", "b@", "b c@example.org", "b+x@example.org", "<b@example.org>"] {
            assert!(Verp::new(b"secret", bad).is_none(), "{bad}");
        }
    }
}
