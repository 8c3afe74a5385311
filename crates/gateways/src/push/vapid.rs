//! Who we are to a push service: a token signed with the district's own key (RFC 8292).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::json;

use crate::secret::Secret;

/// RFC 8292 section 2 allows 24 h; a clock that goes wrong must not make every token too long.
const LASTS: SignedDuration = SignedDuration::from_hours(12);

/// The district's key, and whom a push service may write to about us.
pub struct Vapid {
    pair: EcdsaKeyPair,
    contact: String,
}

/// A new private key, as it stands in the config: PKCS #8, base64url on one line.
pub fn new_key() -> Result<Secret, String> {
    let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())
        .map_err(|_| "no key can be made: this machine has no randomness".to_owned())?;
    Ok(Secret::new(URL_SAFE_NO_PAD.encode(made.as_ref())))
}

impl Vapid {
    /// The error is a sentence for the operator: what was found, a colon, what to write.
    pub fn new(private_key: &Secret, contact: &str) -> Result<Self, String> {
        let unread = || {
            "a private_key that is no key for Web Push: write the one that `schoolbell init --print` makes".to_owned()
        };
        let key = URL_SAFE_NO_PAD.decode(private_key.expose().trim()).map_err(|_| unread())?;
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &key, &SystemRandom::new())
            .map_err(|_| unread())?;
        Ok(Self { pair, contact: contact.to_owned() })
    }

    /// What browsers subscribe with: base64url.
    pub fn public_key(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.pair.public_key().as_ref())
    }

    /// The header `Authorization` of a request to this push service, named by scheme, host and port.
    pub fn authorization(&self, service: &str, now: Timestamp) -> Result<String, &'static str> {
        let header = json!({ "typ": "JWT", "alg": "ES256" }).to_string();
        let claims = json!({ "aud": service, "exp": (now + LASTS).as_second(), "sub": self.contact }).to_string();
        let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let signature =
            self.pair.sign(&SystemRandom::new(), signed.as_bytes()).map_err(|_| "the token cannot be signed")?;
        let signature = URL_SAFE_NO_PAD.encode(signature.as_ref());
        Ok(format!("vapid t={signed}.{signature}, k={}", self.public_key()))
    }
}

#[cfg(test)]
mod tests {
    use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};

    use super::*;

    #[test]
    fn rfc_8292_the_token_names_the_service_ends_in_a_day_and_is_signed_by_the_key_beside_it() {
        let vapid = Vapid::new(&new_key().unwrap(), "mailto:it@example.org").unwrap();
        let now = Timestamp::from_second(1_799_863_200).unwrap();
        let header = vapid.authorization("https://push.example.org", now).unwrap();
        let (token, key) = header.strip_prefix("vapid t=").and_then(|rest| rest.split_once(", k=")).unwrap();
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let bytes = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
        let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, bytes(key));
        public.verify(signed.as_bytes(), &bytes(signature)).unwrap();
        let claims: serde_json::Value = serde_json::from_slice(&bytes(signed.split('.').nth(1).unwrap())).unwrap();
        assert_eq!(claims["aud"], "https://push.example.org");
        assert_eq!(claims["sub"], "mailto:it@example.org");
        let lasts = claims["exp"].as_i64().unwrap() - now.as_second();
        assert!((1..=24 * 3600).contains(&lasts), "{lasts}");
        assert_eq!(bytes(&vapid.public_key()).len(), 65);
    }

    #[test]
    fn what_is_no_key_is_refused_in_words() {
        let no = Vapid::new(&Secret::new("abc"), "mailto:it@example.org").err().unwrap();
        assert!(no.contains("schoolbell init --print"), "{no}");
    }
}
