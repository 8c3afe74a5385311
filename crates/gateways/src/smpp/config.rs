//! The settings of one SMPP bind. Secrets come resolved: whoever reads the config file opens the `…_file` first.

use std::collections::BTreeMap;
use std::time::Duration;

use schoolbell_domain::delivery::reason::FailReason;
use schoolbell_formats::smpp::{DefaultAlphabet, ReceiptIds};
use serde::Deserialize;

use crate::secret::Secret;

/// One carrier account over SMPP 3.4, bound as transceiver.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmppConfig {
    pub host: String,
    /// 2775 by custom; 3550 by custom with TLS.
    #[serde(default = "port")]
    pub port: u16,
    pub tls: Option<Tls>,
    /// At most 15 characters.
    pub system_id: String,
    /// At most 8 characters, as the standard has it.
    pub password: Secret,
    /// Mostly empty; some carriers name one.
    #[serde(default)]
    pub system_type: String,
    /// The number or short code that families see: `68453`, `+15125550100`.
    pub source: String,
    /// Type of number and numbering plan of `source`; left out, they follow from its shape (`+…` international and
    /// E.164, letters alphanumeric, up to eight digits network specific).
    pub source_ton: Option<u8>,
    pub source_npi: Option<u8>,
    /// Mostly empty.
    #[serde(default)]
    pub service_type: String,
    /// Parts on the wire without an answer; the carrier says how many it allows.
    #[serde(default = "window")]
    pub window: usize,
    /// Messages a second that the contract allows.
    #[serde(default = "per_second")]
    pub per_second: f64,
    /// How ids in receipts relate to those in answers.
    #[serde(default)]
    pub receipt_ids: ReceiptIds,
    /// What the carrier means by `data_coding` 0.
    #[serde(default)]
    pub default_alphabet: DefaultAlphabet,
    /// How the parts of a long text are marked.
    #[serde(default)]
    pub parts: PartMark,
    /// Whether the carrier is told when a message is of no use any more.
    #[serde(default = "yes")]
    pub send_expiry: bool,
    /// Country code put before a sender's national number; `1` for North America.
    #[serde(default = "country_code")]
    pub country_code: String,
    /// Silence after which the carrier is asked whether it is there.
    #[serde(default = "enquire_link_s")]
    pub enquire_link_s: f64,
    /// How long an answer may take before the delivery counts as unknown.
    #[serde(default = "response_timeout_s")]
    pub response_timeout_s: f64,
    /// First wait after a failed connection; it doubles up to a minute, with jitter.
    #[serde(default = "reconnect_s")]
    pub reconnect_s: f64,
    /// Wait after the carrier refused our log-in: it will not change by itself, and many carriers lock accounts.
    #[serde(default = "retry_login_s")]
    pub retry_login_s: f64,
    /// How long parts of an incoming text wait for the others before what came is delivered.
    #[serde(default = "join_wait_s")]
    pub join_wait_s: f64,
    /// Acknowledge each incoming part at once. For carriers that hold back part 2 until part 1 is acknowledged; a crash
    /// within `join_wait_s` then loses the part.
    #[serde(default)]
    pub ack_parts_at_once: bool,
    /// The carrier's own `err:` codes of receipts, with our reason for each.
    #[serde(default)]
    pub receipt_errors: BTreeMap<String, FailReason>,
    /// The carrier's own `command_status` values, as `0x…` of eight digits, with our reason for each.
    #[serde(default)]
    pub status_reasons: BTreeMap<String, FailReason>,
}

/// TLS to the carrier, with its certificate checked.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// The name in the certificate, if it is not `host`.
    pub server_name: Option<String>,
    /// Certificates to trust in place of the machine's, as PEM text.
    pub ca_pem: Option<String>,
}

/// How the parts of a long text are marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartMark {
    /// A header of six octets before each part, with an 8-bit reference.
    #[default]
    Udh,
    /// The TLVs `sar_msg_ref_num`, `sar_total_segments`, `sar_segment_seqnum`.
    Sar,
}

const fn port() -> u16 {
    2775
}
const fn window() -> usize {
    10
}
const fn per_second() -> f64 {
    10.0
}
const fn yes() -> bool {
    true
}
fn country_code() -> String {
    "1".to_owned()
}
const fn enquire_link_s() -> f64 {
    30.0
}
const fn response_timeout_s() -> f64 {
    30.0
}
const fn reconnect_s() -> f64 {
    1.0
}
const fn retry_login_s() -> f64 {
    300.0
}
const fn join_wait_s() -> f64 {
    5.0
}

impl SmppConfig {
    /// A config with every default, to be filled further: `SmppConfig { window: 50, ..SmppConfig::of(…) }`.
    pub fn of(host: &str, port: u16, account: (&str, &str), source: &str) -> Self {
        Self {
            host: host.to_owned(),
            port,
            tls: None,
            system_id: account.0.to_owned(),
            password: Secret::new(account.1),
            system_type: String::new(),
            source: source.to_owned(),
            source_ton: None,
            source_npi: None,
            service_type: String::new(),
            window: window(),
            per_second: per_second(),
            receipt_ids: ReceiptIds::default(),
            default_alphabet: DefaultAlphabet::default(),
            parts: PartMark::default(),
            send_expiry: true,
            country_code: country_code(),
            enquire_link_s: enquire_link_s(),
            response_timeout_s: response_timeout_s(),
            reconnect_s: reconnect_s(),
            retry_login_s: retry_login_s(),
            join_wait_s: join_wait_s(),
            ack_parts_at_once: false,
            receipt_errors: BTreeMap::new(),
            status_reasons: BTreeMap::new(),
        }
    }

    /// The first thing that no carrier could accept: what was found and what to write.
    pub fn verify(&self) -> Result<(), String> {
        at_most("system_id", &self.system_id, 15)?;
        if self.password.expose().len() > 8 || !self.password.expose().is_ascii() {
            return Err("a password that SMPP cannot carry: write at most 8 characters, plain ASCII".to_owned());
        }
        at_most("system_type", &self.system_type, 12)?;
        at_most("service_type", &self.service_type, 5)?;
        at_most("source", &self.source, 20)?;
        if self.source.is_empty() {
            return Err("source = \"\": write the number or short code that families see, for example 68453".to_owned());
        }
        if !(1..=10_000).contains(&self.window) {
            return Err(format!("window = {}: write 1 to 10000, as the carrier allows", self.window));
        }
        if !(self.per_second > 0.0 && self.per_second.is_finite()) {
            return Err(format!("per_second = {}: write a number above 0, as the contract allows", self.per_second));
        }
        if let Some(tls) = &self.tls {
            super::wire::client_config(tls)?;
        }
        self.verify_times()
    }

    fn verify_times(&self) -> Result<(), String> {
        let times = [
            ("enquire_link_s", self.enquire_link_s),
            ("response_timeout_s", self.response_timeout_s),
            ("reconnect_s", self.reconnect_s),
            ("retry_login_s", self.retry_login_s),
            ("join_wait_s", self.join_wait_s),
        ];
        match times.into_iter().find(|(_, seconds)| !(0.001..=86_400.0).contains(seconds)) {
            Some((name, seconds)) => Err(format!("{name} = {seconds}: write seconds, at most 86400")),
            None => Ok(()),
        }
    }

    pub(crate) fn enquire_link(&self) -> Duration {
        Duration::from_secs_f64(self.enquire_link_s)
    }

    pub(crate) fn response_timeout(&self) -> Duration {
        Duration::from_secs_f64(self.response_timeout_s)
    }

    /// The name of the server for the operator: `host:port`.
    pub(crate) fn server(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}

fn at_most(name: &str, value: &str, most: usize) -> Result<(), String> {
    if value.len() > most || !value.is_ascii() {
        return Err(format!("{name} = \"{value}\": write at most {most} characters, plain ASCII, as SMPP carries"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> SmppConfig {
        SmppConfig::of("smpp.example.org", 2775, ("school", "secret"), "68453")
    }

    #[test]
    fn what_no_carrier_could_accept_is_said_with_its_remedy() {
        let cases = [
            (SmppConfig { window: 0, ..good() }, "window = 0: write 1 to 10000, as the carrier allows"),
            (
                SmppConfig { per_second: f64::NAN, ..good() },
                "per_second = NaN: write a number above 0, as the contract allows",
            ),
            (SmppConfig { join_wait_s: 0.0, ..good() }, "join_wait_s = 0: write seconds, at most 86400"),
            (
                SmppConfig { source: String::new(), ..good() },
                "source = \"\": write the number or short code that families see, for example 68453",
            ),
            (
                SmppConfig { system_id: "a-very-long-account".to_owned(), ..good() },
                "system_id = \"a-very-long-account\": write at most 15 characters, plain ASCII, as SMPP carries",
            ),
            (
                SmppConfig { password: Secret::new("much-too-long"), ..good() },
                "a password that SMPP cannot carry: write at most 8 characters, plain ASCII",
            ),
        ];
        assert_eq!(good().verify(), Ok(()));
        for (config, sentence) in cases {
            assert_eq!(config.verify(), Err(sentence.to_owned()));
        }
    }

    #[test]
    fn a_certificate_that_is_none_is_found_before_the_carrier_is() {
        let tls = Tls { server_name: None, ca_pem: Some("not a certificate".to_owned()) };
        let said = SmppConfig { tls: Some(tls), ..good() }.verify();
        assert_eq!(
            said,
            Err("tls.ca_pem without a certificate: write the PEM text of a certificate authority".to_owned())
        );
    }

    #[test]
    fn every_key_but_four_has_a_default_and_unknown_ones_are_refused() {
        let least = r#"{"host":"h","system_id":"s","password":"p","source":"68453"}"#;
        let config: SmppConfig = serde_json::from_str(least).unwrap();
        assert_eq!((config.port, config.window, config.country_code.as_str()), (2775, 10, "1"));
        let more = least.replace('}', r#","windows":3}"#);
        assert!(serde_json::from_str::<SmppConfig>(&more).is_err_and(|error| error.to_string().contains("windows")));
        assert!(!format!("{config:?}").contains("\"p\""));
    }
}
