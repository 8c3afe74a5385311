//! DKIM signatures (RFC 6376, RFC 8463) by `mail-auth`, and the DNS records that make them count.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use mail_auth::common::crypto::{DkimKey, Ed25519Key, RsaKey, Sha256};
use mail_auth::common::headers::HeaderWriter;
use mail_auth::dkim::{Canonicalization, DkimSigner, Done};
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject;

use super::config::{DkimConfig, SmtpConfig};

/// What a signature covers. RFC 8058, 4 wants both list headers in it.
const SIGNED: [&str; 11] = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Reply-To",
    "MIME-Version",
    "Content-Type",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "Feedback-ID",
];

/// `SEQUENCE { AlgorithmIdentifier rsaEncryption, BIT STRING … }` without its lengths (RFC 5280, 4.1.2.7).
const RSA_ALGORITHM: [u8; 15] =
    [0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];

/// The keys of one relay; none signs nothing.
#[derive(Clone, Default)]
pub(super) struct Signers(Vec<Arc<Signer>>);

struct Signer {
    signer: DkimSigner<DkimKey, Done>,
    record: DnsRecord,
}

/// The TXT record that must stand in the DNS for a signature to count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DnsRecord {
    /// `s1._domainkey.school.example.org`
    pub name: String,
    /// `v=DKIM1; k=rsa; p=…`
    pub text: String,
}

impl Signers {
    /// Reads the keys. The error names what was found and what to write.
    pub(super) fn new(config: &SmtpConfig) -> Result<Self, String> {
        let both = config.dkim.iter().chain(&config.second_dkim);
        both.map(|dkim| Signer::new(dkim).map(Arc::new)).collect::<Result<_, _>>().map(Self)
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn records(&self) -> Vec<DnsRecord> {
        self.0.iter().map(|signer| signer.record.clone()).collect()
    }

    /// `message` with its signatures before it. About 0.4 ms of a core for RSA-2048, so not on an async thread.
    pub(super) fn sign(&self, message: Vec<u8>) -> Result<Vec<u8>, String> {
        if self.is_empty() {
            return Ok(message);
        }
        let mut out = Vec::with_capacity(message.len() + 800 * self.0.len());
        for signer in &self.0 {
            let signature = signer.signer.sign(&message).map_err(|error| error.to_string())?;
            out.extend_from_slice(signature.to_header().as_bytes());
        }
        out.extend_from_slice(&message);
        Ok(out)
    }
}

impl Signer {
    fn new(dkim: &DkimConfig) -> Result<Self, String> {
        let plain = |text: &str| {
            !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.' || b == b'_')
        };
        for (key, text) in [("domain", &dkim.domain), ("selector", &dkim.selector)] {
            if !plain(text) {
                return Err(format!(
                    "dkim.{key} = \"{text}\": write it as in the DNS, for example school.example.org or s1"
                ));
            }
        }
        let (key, k, public) = read_key(dkim.private_key.expose())?;
        let record = DnsRecord {
            name: format!("{}._domainkey.{}", dkim.selector, dkim.domain),
            text: format!("v=DKIM1; k={k}; p={}", BASE64.encode(public)),
        };
        let signer = DkimSigner::from_key(key)
            .domain(&dkim.domain)
            .selector(&dkim.selector)
            .headers(SIGNED)
            .header_canonicalization(Canonicalization::Relaxed)
            .body_canonicalization(Canonicalization::Relaxed);
        Ok(Self { signer, record })
    }
}

/// The key, its name in the DNS record and its public part as it stands there.
fn read_key(pem: &str) -> Result<(DkimKey, &'static str, Vec<u8>), String> {
    let remedy = "write a PEM private key, for example from `openssl genrsa 2048`";
    let der = PrivateKeyDer::from_pem_slice(pem.as_bytes())
        .map_err(|_| format!("a dkim.private_key that is no private key: {remedy}"))?;
    if let PrivateKeyDer::Pkcs8(pkcs8) = &der
        && let Ok(key) = Ed25519Key::from_pkcs8_maybe_unchecked_der(pkcs8.secret_pkcs8_der())
    {
        let public = key.public_key();
        return Ok((DkimKey::Ed25519(key), "ed25519", public));
    }
    let key = RsaKey::<Sha256>::from_key_der(der)
        .map_err(|error| format!("a dkim.private_key that cannot be used ({error}): {remedy}"))?;
    let public = subject_public_key(&key.public_key());
    Ok((DkimKey::Rsa(key), "rsa", public))
}

/// An RSA key as `SubjectPublicKeyInfo`, which is what verifiers read (RFC 6376, errata 3017).
fn subject_public_key(rsa: &[u8]) -> Vec<u8> {
    let mut bits = vec![0];
    bits.extend_from_slice(rsa);
    let mut inner = RSA_ALGORITHM.to_vec();
    inner.extend(der(0x03, &bits));
    der(0x30, &inner)
}

/// One DER value: tag, length, content.
fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let significant = length.iter().copied().skip_while(|byte| *byte == 0).collect::<Vec<u8>>();
    let mut out = vec![tag];
    if let ([] | [0..=0x7f], short) = (significant.as_slice(), content.len().to_le_bytes()[0]) {
        out.push(short);
    } else {
        // At most eight bytes of length.
        out.push(0x80 | significant.len().to_le_bytes()[0]);
        out.extend(significant);
    }
    out.extend_from_slice(content);
    out
}
