//! `[portal]`: the families' ways in through the student information system.

use std::sync::Arc;

use schoolbell_engine::commands::family_portal::PortalDoors;
use schoolbell_gateways::oidc::{Oidc, OidcConfig};
use schoolbell_gateways::secret::Secret;
use serde::Deserialize;

/// The shortest secret that signs launch links.
const SHORTEST: usize = 32;

/// Neither way is open if nothing is written.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PortalSection {
    /// What launch links are signed with.
    pub launch_secret: Option<Secret>,
    /// The sign-in of the student information system, over OpenID Connect.
    pub oidc: Option<OidcConfig>,
}

impl PortalSection {
    /// The doors; an error is a sentence for the operator.
    pub fn doors(&self) -> Result<PortalDoors, String> {
        let launch = match &self.launch_secret {
            Some(secret) if secret.expose().len() < SHORTEST => {
                return Err(format!("a launch_secret of fewer than {SHORTEST} letters: write a longer one"));
            }
            Some(secret) => Some(Arc::from(secret.expose().as_bytes())),
            None => None,
        };
        let oidc = self.oidc.clone().map(Oidc::new).transpose()?.map(Arc::new);
        Ok(PortalDoors { launch, oidc })
    }
}
