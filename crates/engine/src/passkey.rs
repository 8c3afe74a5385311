//! The two ceremonies of WebAuthn, checked by `webauthn_rp`: what a browser is asked, and whether its answer holds. Knows neither
//! accounts nor rows; whoever calls keeps `state` on this side and lets each be answered once.
//!
//! Source: W3C Web Authentication Level 3, 7.1 and 7.2. Passkeys are discoverable, and the device checks its user each time.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use webauthn_rp::bin::{Decode, Encode};
use webauthn_rp::request::auth::AuthenticationVerificationOptions;
use webauthn_rp::request::register::{
    CredProtect, PublicKeyCredentialUserEntity, RegistrationVerificationOptions, USER_HANDLE_MAX_LEN, UserHandle64,
    Username,
};
use webauthn_rp::request::{AsciiDomain, ExtensionInfo, PublicKeyCredentialDescriptor, RpId};
use webauthn_rp::response::auth::error::AuthCeremonyErr;
use webauthn_rp::response::auth::ser_relaxed::DiscoverableAuthenticationRelaxed64;
use webauthn_rp::response::register::ser_relaxed::RegistrationRelaxed;
use webauthn_rp::response::register::{CompressedPubKey, DynamicState, StaticState};
use webauthn_rp::response::{AuthTransports, CredentialId};
use webauthn_rp::{
    AuthenticatedCredential, DiscoverableAuthentication64, DiscoverableAuthenticationServerState,
    DiscoverableCredentialRequestOptions, PublicKeyCredentialCreationOptions, RegistrationServerState,
};

/// A public key as it is kept: P-256 and P-384 compressed.
type Kept = StaticState<CompressedPubKey<[u8; 32], [u8; 32], [u8; 48], Vec<u8>>>;

/// The name and the page for which passkeys are made; one made for another name never answers here.
#[derive(Debug, Clone)]
pub(crate) struct House {
    name: RpId,
    origin: String,
}

/// A question for a browser.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// What the answer is checked with; base64url.
    pub state: String,
    /// What `navigator.credentials` takes, with octets as base64url.
    pub options: Value,
}

/// A passkey that a device has made; base64url.
#[derive(Debug, Clone)]
pub(crate) struct Made {
    pub credential: String,
    pub public_key: String,
    pub standing: String,
    pub transports: i64,
}

/// An answer at the door, not checked yet.
pub(crate) struct Answer {
    answer: DiscoverableAuthentication64,
    /// In whose name it is given; base64url.
    pub credential: String,
}

/// Why an answer opens nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    /// The key signed, but its count of signatures went back: there are two of it, or one is broken.
    #[error("the count of signatures went back")]
    WentBack,
    #[error("{0}")]
    Wrong(String),
}

/// For a log: what the crate says.
fn wrong(error: impl std::fmt::Display) -> Refused {
    Refused::Wrong(error.to_string())
}

impl House {
    /// `None` where families reach us by a number: browsers make passkeys for names alone.
    pub(crate) fn of(public_url: &str) -> Option<Self> {
        let (scheme, rest) = public_url.split_once("://")?;
        let place = rest.split('/').next()?.to_ascii_lowercase();
        let usual = if scheme == "https" { ":443" } else { ":80" };
        let place = place.strip_suffix(usual).unwrap_or(&place);
        let host = place.split(':').next()?;
        // A last label of digits is an IPv4 address, `[` begins an IPv6 one.
        let is_number = host.starts_with('[') || host.rsplit('.').next()?.bytes().all(|byte| byte.is_ascii_digit());
        if is_number {
            return None;
        }
        let name = AsciiDomain::try_from(host.to_owned()).ok()?;
        Some(Self { name: RpId::Domain(name), origin: format!("{scheme}://{place}") })
    }

    /// Asks for a new passkey of the account `user_handle`, which devices show as `shown`, but not of those that are `known`.
    pub(crate) fn ask_to_make(
        &self,
        (user_handle, shown): (&str, &str),
        known: &[(String, i64)],
    ) -> Result<Asked, Refused> {
        let handle = handle(user_handle)?;
        let mut user = PublicKeyCredentialUserEntity::from(&handle);
        if let Ok(name) = Username::try_from(shown) {
            user.name = name;
        }
        let known: Vec<_> = known.iter().map(descriptor).collect::<Result<_, _>>()?;
        let mut options = PublicKeyCredentialCreationOptions::passkey(&self.name, user, known);
        // Asked for, where a device can; those that cannot are as good, since the user is checked at each use anyway.
        options.extensions.cred_protect = CredProtect::UserVerificationRequired(ExtensionInfo::AllowDontEnforceValue);
        let (state, client) = options.start_ceremony().map_err(wrong)?;
        let state = coded(&state.encode().map_err(wrong)?);
        Ok(Asked { state, options: serde_json::to_value(&client).map_err(wrong)? })
    }

    /// Reads what a device has made.
    pub(crate) fn made(&self, state: &str, answer: &str) -> Result<Made, Refused> {
        let state = RegistrationServerState::<USER_HANDLE_MAX_LEN>::decode(&octets(state)?).map_err(wrong)?;
        let answer: RegistrationRelaxed = serde_json::from_str(answer).map_err(wrong)?;
        let rules = RegistrationVerificationOptions::<&str, &str> {
            allowed_origins: &[self.origin.as_str()],
            // WebAuthn 3, 9: what a device adds unasked is no fault.
            error_on_unsolicited_extensions: false,
            ..RegistrationVerificationOptions::default()
        };
        let made = state.verify(&self.name, &answer.0, &rules).map_err(wrong)?;
        let Ok(public_key) = made.static_state().encode();
        let Ok(standing) = made.dynamic_state().encode();
        let Ok(transports) = made.transports().encode();
        Ok(Made {
            credential: coded(made.id().into_inner()),
            public_key: coded(&public_key),
            standing: coded(&standing),
            transports: i64::from(transports),
        })
    }

    /// Asks whoever stands at the door: the same for everybody.
    pub(crate) fn ask_to_enter(&self) -> Result<Asked, Refused> {
        let options = DiscoverableCredentialRequestOptions::passkey(&self.name);
        let (state, client) = options.start_ceremony().map_err(wrong)?;
        let state = coded(&state.encode().map_err(wrong)?);
        Ok(Asked { state, options: serde_json::to_value(&client).map_err(wrong)? })
    }

    /// Checks an answer against the passkey in whose name it is given; the new standing, which is to be kept.
    pub(crate) fn entered(
        &self,
        state: &str,
        answer: &Answer,
        (user_handle, public_key, standing): (&str, &str, &str),
    ) -> Result<String, Refused> {
        let state = DiscoverableAuthenticationServerState::decode(&octets(state)?).map_err(wrong)?;
        let handle = handle(user_handle)?;
        let public_key = Kept::decode(&octets(public_key)?).map_err(wrong)?;
        let standing = octets(standing)?.try_into().map_err(|_| wrong("a standing of another length"))?;
        let standing = DynamicState::decode(standing).map_err(wrong)?;
        let mut kept =
            AuthenticatedCredential::new(answer.answer.raw_id(), &handle, public_key, standing).map_err(wrong)?;
        let rules = AuthenticationVerificationOptions::<&str, &str> {
            allowed_origins: &[self.origin.as_str()],
            error_on_unsolicited_extensions: false,
            ..AuthenticationVerificationOptions::default()
        };
        state.verify(&self.name, &answer.answer, &mut kept, &rules).map_err(|error| {
            // Judged after the signature: only who holds the key can bring it here.
            if matches!(error, AuthCeremonyErr::SignatureCounter) { Refused::WentBack } else { wrong(error) }
        })?;
        let Ok(standing) = kept.dynamic_state().encode();
        Ok(coded(&standing))
    }
}

impl Answer {
    /// Reads what a browser sent; nothing of it is checked yet.
    pub(crate) fn read(answer: &str) -> Result<Self, Refused> {
        let read: DiscoverableAuthenticationRelaxed64 = serde_json::from_str(answer).map_err(wrong)?;
        let credential = coded(read.0.raw_id().into_inner());
        Ok(Self { answer: read.0, credential })
    }
}

/// By which devices know an account; says nothing of it.
pub(crate) fn new_handle() -> String {
    coded(UserHandle64::new().as_ref())
}

fn handle(text: &str) -> Result<UserHandle64, Refused> {
    let octets: [u8; USER_HANDLE_MAX_LEN] =
        octets(text)?.try_into().map_err(|_| wrong("a handle of another length"))?;
    let Ok(handle) = UserHandle64::decode(octets);
    Ok(handle)
}

fn descriptor((credential, transports): &(String, i64)) -> Result<PublicKeyCredentialDescriptor<Vec<u8>>, Refused> {
    let id = CredentialId::decode(octets(credential)?).map_err(wrong)?;
    let transports = AuthTransports::decode(u8::try_from(*transports).map_err(wrong)?).map_err(wrong)?;
    Ok(PublicKeyCredentialDescriptor { id, transports })
}

fn coded(octets: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(octets)
}

fn octets(text: &str) -> Result<Vec<u8>, Refused> {
    URL_SAFE_NO_PAD.decode(text).map_err(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passkeys_are_made_for_names_and_never_for_numbers() {
        for (url, origin) in [
            ("https://bell.example.org", Some("https://bell.example.org")),
            ("https://Bell.example.org:443/", Some("https://bell.example.org")),
            ("https://bell.example.org:8443/school", Some("https://bell.example.org:8443")),
            ("http://localhost:8080", Some("http://localhost:8080")),
            ("http://127.0.0.1:8080", None),
            ("http://[::1]:8080", None),
            ("bell.example.org", None),
            ("https://", None),
        ] {
            assert_eq!(House::of(url).map(|house| house.origin).as_deref(), origin, "{url}");
        }
    }

    #[test]
    fn what_is_asked_is_discoverable_checks_the_user_and_is_another_each_time() {
        let house = House::of("https://bell.example.org").unwrap();
        let handle = new_handle();
        let one = house.ask_to_make((&handle, "rosa@example.org"), &[]).unwrap().options;
        assert_eq!(one["rp"]["id"], "bell.example.org");
        assert_eq!(one["user"]["name"], "rosa@example.org");
        assert_eq!(one["user"]["id"], handle);
        assert_eq!(one["authenticatorSelection"]["residentKey"], "required");
        assert_eq!(one["authenticatorSelection"]["userVerification"], "required");
        let door = house.ask_to_enter().unwrap().options;
        assert_eq!(door["userVerification"], "required");
        assert_eq!(door["allowCredentials"], serde_json::json!([]), "nobody is named");
        assert_ne!(door["challenge"], house.ask_to_enter().unwrap().options["challenge"]);
        assert_ne!(handle, new_handle());
    }
}
