//! `X-Twilio-Signature`: that a web hook is Twilio's, and was not changed on its way.
//!
//! Source: <https://www.twilio.com/docs/usage/webhooks/webhooks-security>: HMAC-SHA1 under the account's auth token over the whole
//! address with its query, then every field of the form, sorted by name, name and value run together; in base64.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ring::hmac;

/// Checks the web hooks of one account.
#[derive(Clone)]
pub struct Signer {
    key: hmac::Key,
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Signer(…)")
    }
}

impl Signer {
    pub fn new(auth_token: &str) -> Self {
        Self { key: hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, auth_token.as_bytes()) }
    }

    /// Whether `signature` is that of a post of `fields` to `url`, in a time that does not tell how far it is right.
    ///
    /// Twilio signs the address sometimes with its port and sometimes without; either counts.
    pub fn is_genuine(&self, url: &str, fields: &[(String, String)], signature: &str) -> bool {
        let Ok(signature) = BASE64.decode(signature) else { return false };
        spellings(url).iter().any(|url| hmac::verify(&self.key, signed(url, fields).as_bytes(), &signature).is_ok())
    }

    /// The signature of a post of `fields` to `url`: for tests and for those who speak for Twilio.
    pub fn sign(&self, url: &str, fields: &[(String, String)]) -> String {
        BASE64.encode(hmac::sign(&self.key, signed(url, fields).as_bytes()))
    }
}

/// The text that is signed. A field that stands twice with one value counts once.
fn signed(url: &str, fields: &[(String, String)]) -> String {
    let mut sorted: Vec<&(String, String)> = fields.iter().collect();
    sorted.sort();
    sorted.dedup();
    let mut text = url.to_owned();
    for (name, value) in sorted {
        text.push_str(name);
        text.push_str(value);
    }
    text
}

/// The address as it is, and with the port of its scheme written out or left away.
fn spellings(url: &str) -> Vec<String> {
    let mut spellings = vec![url.to_owned()];
    let Some((scheme, rest)) = url.split_once("://") else { return spellings };
    let (host, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    let port = if scheme == "https" { ":443" } else { ":80" };
    match host.strip_suffix(port) {
        Some(bare) => spellings.push(format!("{scheme}://{bare}{path}")),
        None if !host.contains(':') => spellings.push(format!("{scheme}://{host}{port}{path}")),
        None => {}
    }
    spellings
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fields(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    /// The signature is what Twilio's own library computes for this call.
    #[test]
    fn what_twilios_library_signs_is_genuine_and_nothing_near_it_is() {
        let signer = Signer::new("12345");
        let url = "https://bell.example.org/myapp.php?foo=1&bar=2";
        let call = fields(&[
            ("CallSid", "CA1234567890ABCDE"),
            ("Caller", "+15125550143"),
            ("Digits", "1234"),
            ("From", "+15125550143"),
            ("To", "+15125550100"),
        ]);
        let signature = "3PiyLDVT/0SFN3jScu1DqyhzPaU=";
        assert_eq!(signer.sign(url, &call), signature);
        assert!(signer.is_genuine(url, &call, signature));
        assert!(signer.is_genuine("https://bell.example.org:443/myapp.php?foo=1&bar=2", &call, signature));
        assert!(!signer.is_genuine("http://bell.example.org/myapp.php?foo=1&bar=2", &call, signature));
        assert!(!signer.is_genuine("https://bell.example.org/myapp.php?foo=1&bar=3", &call, signature));
        assert!(!Signer::new("12346").is_genuine(url, &call, signature));
        assert!(!signer.is_genuine(url, &call[1..], signature));
        for bad in ["", &signature[1..], "*", "RSOYDt4T1cUTdK1PDd93/VVr8B9="] {
            assert!(!signer.is_genuine(url, &call, bad), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn what_is_signed_is_genuine_in_any_order_and_a_changed_value_is_not(
            mut pairs in prop::collection::vec(("[A-Za-z]{1,8}", "\\PC{0,12}"), 1..8),
            at in any::<prop::sample::Index>(),
        ) {
            let signer = Signer::new("token");
            let signature = signer.sign("https://bell.example.org/hooks/twilio/texts/inbound", &pairs);
            pairs.reverse();
            prop_assert!(signer.is_genuine("https://bell.example.org/hooks/twilio/texts/inbound", &pairs, &signature));
            let at = at.index(pairs.len());
            pairs[at].1.push('!');
            prop_assert!(!signer.is_genuine("https://bell.example.org/hooks/twilio/texts/inbound", &pairs, &signature));
        }
    }
}
