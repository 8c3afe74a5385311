//! Whose certificates are trusted: the system's authorities, and one of the operator's own.

use std::path::Path;
use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

/// A client that trusts the system's authorities and those in `ca_file`. The error names what was found and what to write.
pub(crate) fn client_config(ca_file: Option<&Path>) -> Result<ClientConfig, String> {
    let mut roots = RootCertStore::empty();
    let system = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(system.certs);
    if let Some(path) = ca_file {
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
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}
