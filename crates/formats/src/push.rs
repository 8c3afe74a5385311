//! What browsers give with a push subscription, read and judged before anything is sent there.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Bytes of a point of P-256, uncompressed.
pub const POINT: usize = 65;
const AUTH: usize = 16;

/// What a browser gave with its subscription, read.
#[derive(Clone, PartialEq, Eq)]
pub struct BrowserKeys {
    public: [u8; POINT],
    auth: [u8; AUTH],
}

impl std::fmt::Debug for BrowserKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BrowserKeys(…)")
    }
}

impl BrowserKeys {
    /// From base64url as browsers write it, padded or not; `None` if it is no point of P-256 and 16 bytes.
    pub fn read(public_key: &str, auth: &str) -> Option<Self> {
        let bytes = |text: &str| URL_SAFE_NO_PAD.decode(text.trim().trim_end_matches('=')).ok();
        let public: [u8; POINT] = bytes(public_key)?.try_into().ok()?;
        let auth = bytes(auth)?.try_into().ok()?;
        // Whether the point is on the curve is found when it is used; what is not uncompressed is never one.
        (public[0] == 4).then_some(Self { public, auth })
    }

    /// The browser's point.
    pub const fn public(&self) -> &[u8; POINT] {
        &self.public
    }

    /// The browser's secret.
    pub const fn auth(&self) -> &[u8] {
        &self.auth
    }
}

/// What a page must know of the gateway: the key to subscribe with, and which subscriptions can be served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushDoor {
    /// base64url.
    pub public_key: String,
    pub services: Vec<String>,
}

impl PushDoor {
    /// Whether messages may go to this endpoint. Anything else would let a visitor point our requests at any machine.
    pub fn serves(&self, endpoint: &str) -> bool {
        service_of(endpoint, &self.services).is_some()
    }
}

/// Scheme, host and port of an endpoint that may be asked; `None` for all others.
///
/// Always https; without it only a push service on this very machine, which tests bring.
pub fn service_of(endpoint: &str, services: &[String]) -> Option<String> {
    if endpoint.len() > 2_048 || !endpoint.bytes().all(|b| b.is_ascii_graphic() && b != b'\\') {
        return None;
    }
    let (scheme, rest) = endpoint.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?.to_ascii_lowercase();
    let known = services.iter().any(|service| match service.strip_prefix('.') {
        Some(domain) => authority.strip_suffix(domain).is_some_and(|host| host.len() > 1 && host.ends_with('.')),
        None => authority == *service,
    });
    let plain_name = authority.bytes().all(|b| b.is_ascii_alphanumeric() || b".-:".contains(&b));
    let safe = scheme == "https" || (scheme == "http" && authority.starts_with("127.0.0.1:"));
    (known && plain_name && safe).then(|| format!("{scheme}://{authority}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_are_none_are_refused() {
        for (public, auth) in [("", ""), ("BCVx", "BTBZMqHH6r4Tts7J_aSIgg"), ("not base64!", "x")] {
            assert!(BrowserKeys::read(public, auth).is_none(), "{public}");
        }
    }

    #[test]
    fn messages_go_to_push_services_and_to_no_other_machine() {
        let mut services = vec!["fcm.googleapis.com".to_owned(), ".push.apple.com".to_owned()];
        for (endpoint, service) in [
            ("https://fcm.googleapis.com/fcm/send/abc:def", Some("https://fcm.googleapis.com")),
            ("https://FCM.googleapis.com/x", Some("https://fcm.googleapis.com")),
            ("https://web.push.apple.com/QOZ", Some("https://web.push.apple.com")),
            ("http://fcm.googleapis.com/fcm/send/abc", None),
            ("https://fcm.googleapis.com.evil.example/x", None),
            ("https://fcm.googleapis.com:8443/x", None),
            ("https://evilpush.apple.com/x", None),
            ("https://.push.apple.com/x", None),
            ("https://user@fcm.googleapis.com/x", None),
            ("https://fcm.googleapis.com\\@10.0.0.1/x", None),
            ("https://10.0.0.1/x", None),
            ("https://127.0.0.1:8443/admin", None),
            ("file:///etc/passwd", None),
            ("", None),
        ] {
            assert_eq!(service_of(endpoint, &services).as_deref(), service, "{endpoint}");
        }
        services.push("127.0.0.1:9090".to_owned());
        assert_eq!(service_of("http://127.0.0.1:9090/notify/1", &services).as_deref(), Some("http://127.0.0.1:9090"));
        services.push("10.0.0.1:9090".to_owned());
        assert_eq!(service_of("http://10.0.0.1:9090/notify/1", &services), None, "plain http stays on this machine");
    }
}
