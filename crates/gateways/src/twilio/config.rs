//! The settings of a Twilio account, as they stand in `[gateways.NAME]` with `kind = "twilio"`.

use std::path::PathBuf;

use schoolbell_formats::twilio::Sender;
use serde::{Deserialize, Serialize};

use crate::secret::Secret;

/// The settings of one account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TwilioConfig {
    /// `AC` and 32 hexadecimal digits.
    pub account_sid: String,
    /// It opens the account, and signs the web hooks.
    pub auth_token: Secret,
    /// The number or short code that families see and answer to.
    #[serde(default)]
    pub from: Option<String>,
    /// A messaging service that chooses among its numbers, or whose one number is named above: `MG` and 32 hexadecimal digits.
    #[serde(default)]
    pub messaging_service_sid: Option<String>,
    /// Another carrier that speaks the same API.
    #[serde(default = "base_url")]
    pub base_url: String,
    /// PEM file of a certificate authority of your own, trusted beside the system's.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// Requests at work at once.
    #[serde(default = "window")]
    pub window: usize,
    /// Messages a second that the contract allows, over all programs together.
    #[serde(default = "per_second")]
    pub per_second: f64,
    /// Seconds to wait for the answer to a request.
    #[serde(default = "timeout_s")]
    pub timeout_s: u64,
}

fn base_url() -> String {
    "https://api.twilio.com".to_owned()
}
const fn window() -> usize {
    20
}
const fn per_second() -> f64 {
    10.0
}
const fn timeout_s() -> u64 {
    30
}

impl TwilioConfig {
    /// The settings of an account that texts from one number, the rest as where nothing is written.
    pub fn new(account_sid: impl Into<String>, auth_token: Secret, from: impl Into<String>) -> Self {
        Self {
            account_sid: account_sid.into(),
            auth_token,
            from: Some(from.into()),
            messaging_service_sid: None,
            base_url: base_url(),
            ca_file: None,
            window: window(),
            per_second: per_second(),
            timeout_s: timeout_s(),
        }
    }

    /// What is wrong with the settings, in the operator's words: what was found, a colon, what to write.
    pub fn verify(&self) -> Result<(), String> {
        if !is_sid(&self.account_sid, "AC") {
            return Err(format!(
                "account_sid = \"{}\": write it as the console shows it, AC and 32 digits and letters",
                self.account_sid
            ));
        }
        if self.auth_token.expose().is_empty() {
            return Err("an empty auth_token: write auth_token or auth_token_file".to_owned());
        }
        self.sender()?;
        if !is_safe(&self.base_url) {
            return Err(format!("base_url = \"{}\": write an address that begins with https://", self.base_url));
        }
        if !(1..=1000).contains(&self.window) {
            return Err(format!("window = {}: write a number from 1 to 1000", self.window));
        }
        if !(self.per_second.is_finite() && self.per_second > 0.0) {
            return Err(format!("per_second = {}: write a number above 0", self.per_second));
        }
        if !(1..=600).contains(&self.timeout_s) {
            return Err(format!("timeout_s = {}: write seconds, from 1 to 600", self.timeout_s));
        }
        crate::tls::client_config(self.ca_file.as_deref()).map(drop)
    }

    /// From whom messages come.
    pub(super) fn sender(&self) -> Result<Sender, String> {
        let number = self.from.clone().filter(|number| !number.is_empty());
        match &self.messaging_service_sid {
            Some(sid) if !is_sid(sid, "MG") => {
                Err(format!("messaging_service_sid = \"{sid}\": write MG and 32 digits and letters"))
            }
            None if number.is_none() => {
                Err("no sender: write from = \"+15125550100\" or messaging_service_sid".to_owned())
            }
            service => Ok(Sender { number, service: service.clone() }),
        }
    }
}

fn is_sid(text: &str, start: &str) -> bool {
    text.strip_prefix(start).is_some_and(|rest| rest.len() == 32 && rest.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// TLS, or this machine, where nobody listens on the wire.
fn is_safe(url: &str) -> bool {
    let host = |rest: &str| rest.split(['/', ':']).next().unwrap_or_default().to_owned();
    match (url.strip_prefix("https://"), url.strip_prefix("http://")) {
        (Some(rest), _) => !host(rest).is_empty() && !url.ends_with('/'),
        (None, Some(rest)) => matches!(host(rest).as_str(), "127.0.0.1" | "localhost"),
        (None, None) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_settings_are_named_with_what_to_write() {
        let good = TwilioConfig::new("AC0123456789abcdef0123456789abcdef", Secret::new("token"), "+15125550100");
        assert_eq!(good.verify(), Ok(()));
        let wrong = [
            (TwilioConfig { account_sid: "AC1".to_owned(), ..good.clone() }, "account_sid"),
            (TwilioConfig { from: None, ..good.clone() }, "no sender"),
            (TwilioConfig { messaging_service_sid: Some("MG1".to_owned()), from: None, ..good.clone() }, "MG and 32"),
            (TwilioConfig { base_url: "http://api.example.org".to_owned(), ..good.clone() }, "https://"),
            (TwilioConfig { base_url: "https://api.example.org/".to_owned(), ..good.clone() }, "https://"),
            (TwilioConfig { window: 0, ..good.clone() }, "window"),
            (TwilioConfig { per_second: f64::NAN, ..good.clone() }, "per_second"),
            (TwilioConfig { auth_token: Secret::new(""), ..good.clone() }, "auth_token"),
        ];
        for (config, words) in wrong {
            let said = config.verify().unwrap_err();
            assert!(said.contains(words) && said.contains(": write"), "{said}");
        }
        assert_eq!(TwilioConfig { base_url: "http://127.0.0.1:4010".to_owned(), ..good }.verify(), Ok(()));
    }
}
