//! TLS with the relay: whose certificate it must show.

use std::sync::Arc;

use rustls::ClientConfig;
use rustls_pki_types::ServerName;

use super::config::{SmtpConfig, Tls};

/// What a TLS connection to the relay needs.
#[derive(Clone)]
pub(super) struct TlsClient {
    pub config: Arc<ClientConfig>,
    pub name: ServerName<'static>,
}

/// `None` where no TLS is wanted. The error names what was found and what to write.
pub(super) fn client(config: &SmtpConfig) -> Result<Option<TlsClient>, String> {
    if config.tls == Tls::Off {
        return Ok(None);
    }
    let name = config.server_name.as_ref().unwrap_or(&config.host);
    let name = ServerName::try_from(name.clone())
        .map_err(|_| format!("\"{name}\" as a server's name: write server_name as it stands in its certificate"))?;
    let config = crate::tls::client_config(config.ca_file.as_deref())?;
    Ok(Some(TlsClient { config: Arc::new(config), name }))
}
