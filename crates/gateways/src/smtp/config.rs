//! The settings of an SMTP relay, as they stand in `[gateways.NAME]` with `kind = "smtp"`.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::secret::Secret;

/// How the connection is kept private.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tls {
    /// TLS from the first byte (RFC 8314), port 465.
    Implicit,
    /// `STARTTLS`, and nothing is sent without it, port 587.
    #[default]
    Required,
    /// `STARTTLS` if the relay offers it, with its certificate checked; plain if not.
    Opportunistic,
    /// No TLS. Only for a relay on the same machine or a closed network.
    Off,
}

/// One DKIM key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DkimConfig {
    /// The domain that signs; the same as, or above, the domain of `from`.
    pub domain: String,
    /// The name under which the public key stands in the DNS: `SELECTOR._domainkey.DOMAIN`.
    pub selector: String,
    /// The private key in PEM: RSA of 2048 bits and up (PKCS#1 or PKCS#8), or Ed25519 (PKCS#8).
    pub private_key: Secret,
}

/// Where bounces come back to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BouncesConfig {
    /// The mailbox, without the token: `b@bounce.example.org`. It must take mail for `b+anything@…` too.
    pub address: String,
    /// Any text of 16 characters and up that only this district knows; a bounce that was not made with it is not believed.
    pub private_key: Secret,
}

/// The settings of one relay.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmtpConfig {
    /// The relay's host name or address.
    pub host: String,
    /// 465 for `implicit`, 587 for `required` and `opportunistic`, 25 for `off`, unless given.
    #[serde(default)]
    pub port: Option<u16>,
    /// `implicit`, `required`, `opportunistic` or `off`.
    #[serde(default)]
    pub tls: Tls,
    /// PEM file of a certificate authority of your own, trusted beside the system's.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// The name that the relay's certificate must carry, if it is not `host`.
    #[serde(default)]
    pub server_name: Option<String>,
    #[serde(default)]
    pub username: Option<String>,
    #[serde(default)]
    pub password: Option<Secret>,
    /// What we call ourselves in `EHLO`; the domain of `from` unless given.
    #[serde(default)]
    pub hello: Option<String>,
    /// Who writes: `Springfield Schools <alerts@school.example.org>`.
    pub from: String,
    /// Where answers go, if not to `from`.
    #[serde(default)]
    pub reply_to: Option<String>,
    /// The last field of `Feedback-ID`, by which big mailbox providers show complaints; none unless given.
    #[serde(default)]
    pub feedback_id: Option<String>,
    #[serde(default)]
    pub bounces: Option<BouncesConfig>,
    #[serde(default)]
    pub dkim: Option<DkimConfig>,
    /// A second signature, for example Ed25519 beside RSA (RFC 8463).
    #[serde(default)]
    pub second_dkim: Option<DkimConfig>,
    /// Connections at most.
    #[serde(default = "connections")]
    pub connections: usize,
    /// Mails a second at most.
    #[serde(default = "per_second")]
    pub per_second: f64,
    /// Mails over one connection, then a new one.
    #[serde(default = "messages_per_connection")]
    pub messages_per_connection: u32,
    /// A connection this old is closed after its mail.
    #[serde(default = "connection_age_s")]
    pub connection_age_s: u64,
    /// A connection without work for so long is closed.
    #[serde(default = "idle_s")]
    pub idle_s: u64,
    /// For the connection itself, TLS included.
    #[serde(default = "connect_timeout_s")]
    pub connect_timeout_s: u64,
    /// For the answer to a command.
    #[serde(default = "command_timeout_s")]
    pub command_timeout_s: u64,
    /// For sending a mail's text, and again for the relay's answer to it.
    #[serde(default = "data_timeout_s")]
    pub data_timeout_s: u64,
}

const fn connections() -> usize {
    4
}
const fn per_second() -> f64 {
    20.0
}
const fn messages_per_connection() -> u32 {
    1000
}
const fn connection_age_s() -> u64 {
    900
}
const fn idle_s() -> u64 {
    30
}
const fn connect_timeout_s() -> u64 {
    15
}
const fn command_timeout_s() -> u64 {
    60
}
const fn data_timeout_s() -> u64 {
    120
}

impl SmtpConfig {
    /// The settings of `host` and `from`, the rest as where nothing is written.
    pub fn new(host: impl Into<String>, from: impl Into<String>) -> Self {
        Self {
            host: host.into(),
            port: None,
            tls: Tls::default(),
            ca_file: None,
            server_name: None,
            username: None,
            password: None,
            hello: None,
            from: from.into(),
            reply_to: None,
            feedback_id: None,
            bounces: None,
            dkim: None,
            second_dkim: None,
            connections: connections(),
            per_second: per_second(),
            messages_per_connection: messages_per_connection(),
            connection_age_s: connection_age_s(),
            idle_s: idle_s(),
            connect_timeout_s: connect_timeout_s(),
            command_timeout_s: command_timeout_s(),
            data_timeout_s: data_timeout_s(),
        }
    }

    /// Where bounces come back to, and the domain of the Message-IDs: what reads a mail that came back. `None` if no
    /// bounce address is set.
    pub fn bounce_door(&self) -> Option<(schoolbell_formats::mail::Verp, String)> {
        super::message::Writer::new(self).ok()?.into_bounce_door()
    }

    pub fn port(&self) -> u16 {
        self.port.unwrap_or(match self.tls {
            Tls::Implicit => 465,
            Tls::Required | Tls::Opportunistic => 587,
            Tls::Off => 25,
        })
    }

    /// What is wrong with the settings, in the operator's words: what was found, a colon, what to write.
    pub fn verify(&self) -> Result<(), String> {
        self.verify_numbers()?;
        self.verify_log_in()?;
        super::message::Writer::new(self)?;
        super::dkim::Signers::new(self)?;
        super::tls::client(self)?;
        Ok(())
    }

    fn verify_numbers(&self) -> Result<(), String> {
        if !(1..=200).contains(&self.connections) {
            return Err(format!("connections = {}: write a number from 1 to 200", self.connections));
        }
        if !(self.per_second.is_finite() && self.per_second > 0.0) {
            return Err(format!("per_second = {}: write a number above 0", self.per_second));
        }
        for (key, seconds) in [
            ("connection_age_s", self.connection_age_s),
            ("idle_s", self.idle_s),
            ("connect_timeout_s", self.connect_timeout_s),
            ("command_timeout_s", self.command_timeout_s),
            ("data_timeout_s", self.data_timeout_s),
        ] {
            if !(1..=86_400).contains(&seconds) {
                return Err(format!("{key} = {seconds}: write seconds, from 1 to 86400"));
            }
        }
        if self.messages_per_connection == 0 {
            return Err("messages_per_connection = 0: write a number above 0, for example 1000".to_owned());
        }
        Ok(())
    }

    fn verify_log_in(&self) -> Result<(), String> {
        if self.host.is_empty() || self.host.contains(|c: char| c.is_whitespace() || c == '/') {
            return Err(format!("host = \"{}\": write a host name, for example mail.example.org", self.host));
        }
        match (&self.username, &self.password) {
            (Some(_), None) => Err("a username without a password: write password or password_file too".to_owned()),
            (None, Some(_)) => Err("a password without a username: write username too".to_owned()),
            (Some(_), Some(_)) if self.tls == Tls::Off && !self.is_loopback() => {
                Err("a password that would go over the network unencrypted: write tls = \"required\" or \"implicit\""
                    .to_owned())
            }
            (Some(_), Some(_)) | (None, None) => Ok(()),
        }
    }

    /// The relay is on this machine, where nobody listens on the wire.
    pub(super) fn is_loopback(&self) -> bool {
        self.host == "localhost" || self.host.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
    }

    pub(super) const fn connect_timeout(&self) -> Duration {
        Duration::from_secs(self.connect_timeout_s)
    }

    pub(super) const fn command_timeout(&self) -> Duration {
        Duration::from_secs(self.command_timeout_s)
    }

    pub(super) const fn data_timeout(&self) -> Duration {
        Duration::from_secs(self.data_timeout_s)
    }
}
