//! The sign-in of the student information system, asked over OpenID Connect: discovery, its keys, and the code for a token.
//!
//! Only the talk stands here; what a token must say is judged by `schoolbell_formats::jwt`.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use schoolbell_formats::jwt::{Claims, Key, KeySet, open};
use serde::{Deserialize, Serialize};

use crate::secret::Secret;

/// No document of a provider is longer.
const LONGEST: usize = 256 * 1024;
const TIMEOUT: Duration = Duration::from_secs(15);
/// What a provider says of itself, and its keys, are asked for again after so long.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(1);

/// The settings of the provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OidcConfig {
    /// `https://sis.example.org`, as the provider calls itself.
    pub issuer: String,
    pub client_id: String,
    pub client_secret: Secret,
    /// PEM file of a certificate authority of your own, trusted beside the system's.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
}

impl OidcConfig {
    /// What is wrong with the settings: what was found, a colon, what to write.
    pub fn verify(&self) -> Result<(), String> {
        let local = self.issuer.starts_with("http://127.0.0.1:") || self.issuer.starts_with("http://localhost:");
        if !(self.issuer.starts_with("https://") || local) {
            return Err(format!("issuer = \"{}\": write an address that begins with https://", self.issuer));
        }
        if self.client_id.is_empty() || self.client_secret.expose().is_empty() {
            return Err("an empty client_id or client_secret: write both as the provider gave them".to_owned());
        }
        crate::tls::client_config(self.ca_file.as_deref()).map(drop)
    }
}

/// One provider.
pub struct Oidc {
    config: OidcConfig,
    http: reqwest::Client,
    known: Mutex<Option<(Timestamp, Arc<Known>)>>,
}

/// What a provider says of itself.
#[derive(Debug, Clone)]
pub struct Known {
    pub issuer: String,
    /// Where a visitor is sent to sign in.
    pub authorization_endpoint: String,
    token_endpoint: String,
    keys: KeySet,
}

#[derive(Deserialize)]
struct Discovered {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
}

#[derive(Deserialize)]
struct Answer {
    id_token: String,
}

/// Why a provider did not answer as it should; for the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the sign-in of the student information system: {0}")]
pub struct NoAnswer(pub String);

impl Oidc {
    /// The error is that of [`OidcConfig::verify`].
    pub fn new(config: OidcConfig) -> Result<Self, String> {
        config.verify()?;
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(crate::tls::client_config(config.ca_file.as_deref())?)
            .timeout(TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .user_agent(concat!("schoolbell/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| format!("no HTTP client can be made ({error}): write nothing, tell the makers"))?;
        Ok(Self { config, http, known: Mutex::new(None) })
    }

    pub fn client_id(&self) -> &str {
        &self.config.client_id
    }

    /// What the provider says of itself, asked for once an hour.
    pub async fn known(&self, now: Timestamp) -> Result<Arc<Known>, NoAnswer> {
        let kept = self.known.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match kept {
            Some((at, known)) if now.duration_since(at).abs() < KEPT_FOR => Ok(known),
            Some(_) | None => self.discover(now).await,
        }
    }

    async fn discover(&self, now: Timestamp) -> Result<Arc<Known>, NoAnswer> {
        let issuer = self.config.issuer.trim_end_matches('/');
        let found: Discovered = self.get(&format!("{issuer}/.well-known/openid-configuration")).await?;
        // OpenID Connect Discovery 1.0, 4.3: it must be who we asked for.
        if found.issuer.trim_end_matches('/') != issuer {
            return Err(NoAnswer(format!("{issuer} calls itself {}; write that as issuer", found.issuer)));
        }
        let keys: KeySet = self.get(&found.jwks_uri).await?;
        let known = Arc::new(Known {
            issuer: found.issuer,
            authorization_endpoint: found.authorization_endpoint,
            token_endpoint: found.token_endpoint,
            keys,
        });
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, Arc::clone(&known)));
        Ok(known)
    }

    /// The claims of the ID token that a code is good for, its signature checked. A provider whose keys changed meanwhile is
    /// asked for them again, once.
    pub async fn redeem(
        &self,
        (code, verifier): (&str, &str),
        redirect_uri: &str,
        now: Timestamp,
    ) -> Result<Claims, NoAnswer> {
        let known = self.known(now).await?;
        let token = self.exchange(&known, (code, verifier), redirect_uri).await?;
        let known = if known.keys.knows(&token) { known } else { self.discover(now).await? };
        open(&token, &Key::Published(known.keys.clone())).map_err(|refused| NoAnswer(format!("its token: {refused}")))
    }

    async fn exchange(
        &self,
        known: &Known,
        (code, verifier): (&str, &str),
        redirect_uri: &str,
    ) -> Result<String, NoAnswer> {
        let body = form(&[
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", redirect_uri),
            ("code_verifier", verifier),
        ]);
        // RFC 6749, 2.3.1: name and secret are coded before they are joined.
        let (client, secret) = (coded(&self.config.client_id), coded(self.config.client_secret.expose()));
        let request = self
            .http
            .post(&known.token_endpoint)
            .basic_auth(client, Some(secret))
            .header("Content-Type", "application/x-www-form-urlencoded")
            .header("Accept", "application/json")
            .body(body);
        let answer: Answer = read(request.send().await).await?;
        Ok(answer.id_token)
    }

    async fn get<T: serde::de::DeserializeOwned>(&self, url: &str) -> Result<T, NoAnswer> {
        read(self.http.get(url).header("Accept", "application/json").send().await).await
    }
}

async fn read<T: serde::de::DeserializeOwned>(sent: reqwest::Result<reqwest::Response>) -> Result<T, NoAnswer> {
    let away = |error: reqwest::Error| NoAnswer(format!("no answer ({})", error.without_url()));
    let mut answer = sent.map_err(away)?;
    if !answer.status().is_success() {
        return Err(NoAnswer(format!("it answered {}", answer.status())));
    }
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(away)? {
        body.extend_from_slice(&chunk);
        if body.len() > LONGEST {
            return Err(NoAnswer("its answer is longer than any".to_owned()));
        }
    }
    serde_json::from_slice(&body).map_err(|error| NoAnswer(format!("its answer cannot be read ({error})")))
}

fn form(fields: &[(&str, &str)]) -> String {
    fields.iter().map(|(name, value)| format!("{name}={}", coded(value))).collect::<Vec<_>>().join("&")
}

/// As it stands in a form or an address.
pub fn coded(text: &str) -> String {
    text.bytes()
        .map(|byte| {
            let plain = byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
            if plain { char::from(byte).to_string() } else { format!("%{byte:02X}") }
        })
        .collect()
}
