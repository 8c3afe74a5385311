//! The second door: from the student information system's portal, by a signed launch link or by its own sign-in (A34).
//!
//! Whoever comes so is who the other system says: the address alone is taken, and whom it stands for is asked of the roster. Every
//! "no" reads the same.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use schoolbell_domain::email::EmailAddress;
use schoolbell_formats::jwt::{Key, Refused, SKEW_S, open};
use schoolbell_gateways::oidc::{Oidc, coded};
use schoolbell_store::StoreError;
use schoolbell_store::write::family_ways_in::{self as doors, NewTry};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::family_sign_in::{NewFamilySession, begin};
use super::sign_in::token_hash;
use crate::error::{CommandError, CommandResult};
use crate::family::Family;
use crate::{Engine, dice};

/// A launch link lives at most so long.
pub const LAUNCH_LASTS_S: i64 = 300;
/// Whoever is sent to the other system has so long to come back.
const VISIT_LASTS: SignedDuration = SignedDuration::from_mins(10);
const KIND: &str = "oidc";

/// The doors that the config opens.
#[derive(Clone, Default)]
pub struct PortalDoors {
    /// What the other system and we alone know.
    pub launch: Option<Arc<[u8]>>,
    pub oidc: Option<Arc<Oidc>>,
}

impl std::fmt::Debug for PortalDoors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PortalDoors(launch {}, oidc {})", self.launch.is_some(), self.oidc.is_some())
    }
}

/// Where a visitor is sent, and what its browser keeps meanwhile.
#[derive(Debug, Clone)]
pub struct Visit {
    pub to: String,
    pub state: String,
}

/// Signs in by the token of a launch link, once.
pub async fn sign_in_by_launch(
    engine: &Engine,
    portal: &PortalDoors,
    token: &str,
    user_agent: &str,
) -> CommandResult<NewFamilySession> {
    let secret = portal.launch.as_ref().ok_or_else(no)?;
    let us = engine.public_url.as_deref().ok_or_else(no)?;
    let now = engine.now();
    let claims = open(token, &Key::Shared(secret.to_vec())).map_err(|refused| refuse("launch", &refused))?;
    claims.check_launch(us, (now.as_second(), LAUNCH_LASTS_S)).map_err(|refused| refuse("launch", &refused))?;
    let expires_at = Timestamp::from_second(claims.exp.saturating_add(SKEW_S)).unwrap_or(now);
    let used = token_hash(&format!("launch:{}:{}", claims.iss, claims.jti));
    engine
        .db
        .write("sign a family in by launch", async |tx| {
            let family = of(engine, tx, &claims.email).await?;
            if !doors::use_launch(tx, &used, expires_at, now).await? {
                tracing::info!("a launch link came a second time");
                return Err(no());
            }
            begin(engine, tx, &family, ("launch", user_agent)).await
        })
        .await
}

/// Begins a visit to the other system's sign-in: authorization code with PKCE (RFC 7636), state and nonce.
pub async fn begin_visit(engine: &Engine, portal: &PortalDoors) -> CommandResult<Visit> {
    let oidc = portal.oidc.as_ref().ok_or_else(no)?;
    let now = engine.now();
    let known = oidc.known(now).await.map_err(|error| refuse("oidc", &error))?;
    let (state, nonce, verifier) = (dice::token(), dice::token(), dice::token());
    let kept = json!({ "nonce": nonce, "verifier": verifier }).to_string();
    let hash = token_hash(&state);
    let new = NewTry { token_hash: &hash, kind: KIND, email: None, state: &kept, expires_at: now + VISIT_LASTS };
    engine
        .db
        .write("begin a visit to the portal", async |tx| doors::begin_try(tx, &new, now).await)
        .await
        .map_err(|error: StoreError| CommandError::from(error))?;
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(&verifier));
    let join = if known.authorization_endpoint.contains('?') { '&' } else { '?' };
    let to = format!(
        "{}{join}response_type=code&client_id={}&redirect_uri={}&scope=openid%20email&state={state}&nonce={nonce}\
         &code_challenge={challenge}&code_challenge_method=S256",
        known.authorization_endpoint,
        coded(oidc.client_id()),
        coded(&back(engine).ok_or_else(no)?),
    );
    Ok(Visit { to, state })
}

/// Signs in whoever comes back with a code. `held` is the state that the browser kept, `state` the one it came back with.
pub async fn end_visit(
    engine: &Engine,
    portal: &PortalDoors,
    (held, state, code): (&str, &str, &str),
    user_agent: &str,
) -> CommandResult<NewFamilySession> {
    let oidc = portal.oidc.as_ref().ok_or_else(no)?;
    // A link that somebody else began must not sign this browser in.
    if held.is_empty() || held != state {
        return Err(no());
    }
    let (now, hash) = (engine.now(), token_hash(state));
    let kept =
        engine.db.write("end a visit to the portal", async |tx| doors::end_try(tx, &hash, KIND, now).await).await;
    let kept = kept.map_err(|error: StoreError| CommandError::from(error))?.ok_or_else(no)?;
    let kept: serde_json::Value = serde_json::from_str(&kept.state).map_err(|error| refuse("oidc", &error))?;
    let (nonce, verifier) = (kept["nonce"].as_str().unwrap_or(""), kept["verifier"].as_str().unwrap_or(""));
    let redirect = back(engine).ok_or_else(no)?;
    let claims = oidc.redeem((code, verifier), &redirect, now).await.map_err(|error| refuse("oidc", &error))?;
    let issuer = oidc.known(now).await.map_err(|error| refuse("oidc", &error))?.issuer.clone();
    claims.check_id((&issuer, oidc.client_id()), nonce, now.as_second()).map_err(|refused| refuse("oidc", &refused))?;
    if claims.email.is_empty() {
        return Err(refuse("oidc", &Refused::Incomplete));
    }
    engine
        .db
        .write("sign a family in by the portal", async |tx| {
            let family = of(engine, tx, &claims.email).await?;
            begin(engine, tx, &family, ("portal", user_agent)).await
        })
        .await
}

/// Where the other system sends visitors back to.
pub fn back(engine: &Engine) -> Option<String> {
    engine.public_url.as_deref().map(|url| format!("{url}/family/portal/back"))
}

async fn of(engine: &Engine, tx: &mut schoolbell_store::Tx, email: &str) -> CommandResult<Family> {
    let email = EmailAddress::parse(email).map_err(|_| no())?;
    Family::of(engine, tx, email.expose()).await?.ok_or_else(no)
}

/// The log says why; the visitor hears what everybody hears.
fn refuse(door: &str, why: &dyn std::fmt::Display) -> CommandError {
    tracing::info!(door, %why, "somebody from the portal was refused");
    no()
}

fn no() -> CommandError {
    CommandError::refused("sign in", "the portal did not open the door; ask for a code instead")
}
