//! The trust of a relay's certificate: the system's authorities, and one of the operator's own.

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName};

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
    let mut roots = RootCertStore::empty();
    let system = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(system.certs);
    if let Some(path) = &config.ca_file {
        let shown = path.display();
        let unread =
            |why: String| format!("ca_file = \"{shown}\", which cannot be read ({why}): write the path of a PEM file");
        let certificates = CertificateDer::pem_file_iter(path).map_err(|error| unread(error.to_string()))?;
        for certificate in certificates {
            let certificate = certificate.map_err(|error| unread(error.to_string()))?;
            roots.add(certificate).map_err(|error| unread(error.to_string()))?;
        }
    }
    if roots.is_empty() {
        return Err("no certificate authority on this machine: install ca-certificates or write ca_file".to_owned());
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("no TLS version in common: {error}"))?;
    let config = Arc::new(builder.with_root_certificates(roots).with_no_client_auth());
    Ok(Some(TlsClient { config, name }))
}
