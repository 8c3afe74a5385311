//! A device that keeps one passkey, in software: what a phone answers, and what a liar would.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// Somebody is there, and the device knows who (WebAuthn 3, 6.1).
const PRESENT: u8 = 0x01;
const CHECKED: u8 = 0x04;
/// A new key stands in it.
const ATTESTED: u8 = 0x40;

pub struct SoftKey {
    key: EcdsaKeyPair,
    pub credential: Vec<u8>,
    /// base64url, as it was given when the key was made.
    pub handle: String,
    /// Of signatures; 0 for ever on devices that do not count.
    pub count: u32,
    /// The page that the browser says it is on.
    pub origin: String,
    /// The name for which the device signs.
    pub name: String,
    /// Whether the device checks who holds it.
    pub checks: bool,
}

impl SoftKey {
    pub fn new(origin: &str, name: &str, credential: u8) -> Self {
        let dice = SystemRandom::new();
        let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &dice).expect("a key");
        Self {
            key: EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, made.as_ref(), &dice).expect("a key"),
            credential: vec![credential; 16],
            handle: String::new(),
            count: 0,
            origin: origin.to_owned(),
            name: name.to_owned(),
            checks: true,
        }
    }

    /// What `navigator.credentials.create` gives, as the page sends it.
    pub fn make(&mut self, options: &Value) -> String {
        self.handle = options["user"]["id"].as_str().unwrap_or_default().to_owned();
        let mut data = self.head(ATTESTED);
        data.extend([0; 16]);
        data.extend(u16::try_from(self.credential.len()).expect("short").to_be_bytes());
        data.extend(&self.credential);
        // COSE: an EC2 key of P-256 for ES256, in the order of CTAP2.
        let point = self.key.public_key().as_ref();
        data.extend([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20]);
        data.extend(&point[1..33]);
        data.extend([0x22, 0x58, 0x20]);
        data.extend(&point[33..65]);
        let mut object = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58".to_vec();
        object.push(u8::try_from(data.len()).expect("short"));
        object.extend(data);
        let client = self.client("webauthn.create", options);
        self.answer(&json!({
            "attestationObject": coded(&object), "clientDataJSON": coded(client.as_bytes()), "transports": ["internal"],
        }))
    }

    /// What `navigator.credentials.get` gives, as the page sends it.
    pub fn enter(&mut self, options: &Value) -> String {
        let client = self.client("webauthn.get", options);
        let data = self.head(0);
        let signed = [data.as_slice(), &Sha256::digest(client.as_bytes())].concat();
        let signature = self.key.sign(&SystemRandom::new(), &signed).expect("a signature");
        self.answer(&json!({
            "authenticatorData": coded(&data), "clientDataJSON": coded(client.as_bytes()),
            "signature": coded(signature.as_ref()), "userHandle": self.handle,
        }))
    }

    fn answer(&self, response: &Value) -> String {
        let id = coded(&self.credential);
        let answer =
            json!({ "id": id, "rawId": id, "type": "public-key", "clientExtensionResults": {}, "response": response });
        answer.to_string()
    }

    fn head(&self, flags: u8) -> Vec<u8> {
        let mut data = Sha256::digest(self.name.as_bytes()).to_vec();
        data.push(flags | PRESENT | if self.checks { CHECKED } else { 0 });
        data.extend(self.count.to_be_bytes());
        data
    }

    fn client(&self, kind: &str, options: &Value) -> String {
        json!({ "type": kind, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": false })
            .to_string()
    }
}

fn coded(octets: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(octets)
}
