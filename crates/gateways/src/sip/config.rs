//! The settings of one SIP trunk. Secrets come resolved: whoever reads the config file opens the `…_file` first.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use schoolbell_domain::phone::Phone;
use serde::Deserialize;

use crate::secret::Secret;

/// One trunk: an account that registers, or one that the carrier knows by our address.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SipConfig {
    /// The carrier's server, or its domain: without a `port` its SRV records are asked first.
    pub host: String,
    pub port: Option<u16>,
    #[serde(default)]
    pub transport: Transport,
    /// TLS: certificates to trust in place of the machine's, as PEM text.
    pub ca_pem: Option<String>,
    /// TLS: the name in the certificate, if it is not `host`.
    pub server_name: Option<String>,
    /// The account. Left out where the carrier knows us by our address.
    pub username: Option<String>,
    pub password: Option<Secret>,
    /// The name in the digest, where it is not `username`.
    pub auth_username: Option<String>,
    /// Whether we register. Left out: with a username we do.
    pub register: Option<bool>,
    /// What stands after the `@` of our own address; the host unless given.
    pub domain: Option<String>,
    /// The number that families see and call back, with its country: `+15125550100`.
    pub caller_id: String,
    /// The name beside it, where the carrier shows one.
    #[serde(default)]
    pub caller_name: String,
    #[serde(default)]
    pub number_format: NumberFormat,
    /// Put before every number that is dialled, for example `9`.
    #[serde(default)]
    pub prefix: String,
    /// Our address and port for signalling; port 0 is any that is free.
    #[serde(default = "listen")]
    pub listen: SocketAddr,
    /// Behind a NAT: how the carrier reaches us.
    pub public_address: Option<IpAddr>,
    /// First and last port for audio.
    #[serde(default = "rtp_ports")]
    pub rtp_ports: (u16, u16),
    /// Calls at once that the contract allows.
    #[serde(default = "lines")]
    pub lines: usize,
    /// How key 3 connects a family with its school's office.
    #[serde(default)]
    pub transfer: Transfer,
    /// Of the lines, how many are kept for the office's end of such calls: so many offices ring at once at the most.
    #[serde(default = "office_lines")]
    pub office_lines: usize,
    /// Of the lines, how many are kept for calls that come in; with 0 these are declined.
    #[serde(default)]
    pub incoming_lines: usize,
    /// From where the carrier calls us, beside the addresses of `host`.
    #[serde(default)]
    pub incoming_from: Vec<IpAddr>,
    /// Families' phones show no number; the carrier is told it all the same.
    #[serde(default)]
    pub hide_caller: bool,
    /// Calls begun in a second that the contract allows.
    #[serde(default = "per_second")]
    pub per_second: f64,
    /// Calls at once into one local exchange (area code and prefix); left out, as many as there are lines.
    pub exchange_lines: Option<usize>,
    /// Calls begun in a second into one local exchange; left out, as many as the trunk begins.
    pub exchange_per_second: Option<f64>,
    /// How long a phone rings before we give up.
    #[serde(default = "ring_s")]
    pub ring_s: f64,
    /// How long the carrier may take for its first word on a call before it counts as away.
    #[serde(default = "first_word_s")]
    pub first_word_s: f64,
    /// No call is longer.
    #[serde(default = "longest_call_s")]
    pub longest_call_s: u32,
    /// How often the carrier is asked whether it is there; 0 never. Not used where we register.
    #[serde(default = "options_s")]
    pub options_s: f64,
    /// Wait after the carrier refused our log-in: it will not change by itself, and many carriers lock accounts.
    #[serde(default = "retry_login_s")]
    pub retry_login_s: f64,
    /// Threads that send the audio; one carries some hundred calls.
    #[serde(default = "audio_threads")]
    pub audio_threads: usize,
}

/// How signalling travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    #[default]
    Udp,
    Tcp,
    Tls,
}

/// Who connects a family with the office.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Transfer {
    /// The carrier where it says that it takes REFER, otherwise we.
    #[default]
    Auto,
    /// We: a second call to the office, which takes a line of its own.
    Bridge,
    /// Nobody; key 3 is not said.
    Off,
}

/// How the carrier wants numbers written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NumberFormat {
    /// `+15125550143`.
    #[default]
    E164,
    /// `15125550143`.
    Digits,
    /// `5125550143`, for numbers of North America.
    National,
}

impl NumberFormat {
    /// `e164` as this carrier writes it.
    pub fn write(self, e164: &str) -> String {
        let digits = e164.trim_start_matches('+');
        match self {
            Self::E164 => format!("+{digits}"),
            Self::Digits => digits.to_owned(),
            Self::National => digits.strip_prefix('1').filter(|rest| rest.len() == 10).unwrap_or(digits).to_owned(),
        }
    }
}

fn listen() -> SocketAddr {
    SocketAddr::from(([0, 0, 0, 0], 0))
}
const fn rtp_ports() -> (u16, u16) {
    (20_000, 29_999)
}
const fn lines() -> usize {
    10
}
const fn office_lines() -> usize {
    2
}
const fn per_second() -> f64 {
    1.0
}
const fn ring_s() -> f64 {
    30.0
}
const fn first_word_s() -> f64 {
    5.0
}
const fn longest_call_s() -> u32 {
    180
}
const fn options_s() -> f64 {
    30.0
}
const fn retry_login_s() -> f64 {
    300.0
}
const fn audio_threads() -> usize {
    1
}

impl SipConfig {
    /// A trunk known by its address, with every default: `SipConfig { lines: 60, ..SipConfig::of(…) }`.
    pub fn of(host: &str, port: u16, caller_id: &str) -> Self {
        Self {
            host: host.to_owned(),
            port: Some(port),
            transport: Transport::Udp,
            ca_pem: None,
            server_name: None,
            username: None,
            password: None,
            auth_username: None,
            register: None,
            domain: None,
            caller_id: caller_id.to_owned(),
            caller_name: String::new(),
            number_format: NumberFormat::E164,
            prefix: String::new(),
            listen: listen(),
            public_address: None,
            rtp_ports: rtp_ports(),
            lines: lines(),
            transfer: Transfer::Auto,
            office_lines: office_lines(),
            incoming_lines: 0,
            incoming_from: Vec::new(),
            hide_caller: false,
            per_second: per_second(),
            exchange_lines: None,
            exchange_per_second: None,
            ring_s: ring_s(),
            first_word_s: first_word_s(),
            longest_call_s: longest_call_s(),
            options_s: options_s(),
            retry_login_s: retry_login_s(),
            audio_threads: audio_threads(),
        }
    }

    /// The first thing that no carrier could accept: what was found and what to write.
    pub fn verify(&self) -> Result<(), String> {
        if self.host.is_empty() || self.host.contains(|c: char| c.is_whitespace() || "@;<>/".contains(c)) {
            return Err(format!("host = \"{}\": write the carrier's server, for example sip.example.org", self.host));
        }
        if Phone::from_e164(&self.caller_id).is_none() {
            let found = format!("caller_id = \"{}\"", self.caller_id);
            return Err(format!("{found}: write a number with its country, for example +15125550100"));
        }
        if self.caller_name.contains(['"', '\\', '\r', '\n']) {
            return Err("caller_name with a quote, a backslash or a line break: write letters and blanks".to_owned());
        }
        if self.username.is_some() != self.password.is_some() {
            return Err("a username without a password, or the other way round: write both or none".to_owned());
        }
        if self.registers() && self.username.is_none() {
            return Err("register = true without a username: write the account's username and password".to_owned());
        }
        if !self.prefix.chars().all(|c| c.is_ascii_digit()) {
            return Err(format!("prefix = \"{}\": write digits", self.prefix));
        }
        if self.rtp_ports.0 > self.rtp_ports.1 || self.rtp_ports.0 == 0 {
            return Err(format!("rtp_ports = {:?}: write the first port and the last", self.rtp_ports));
        }
        self.verify_limits()
    }

    fn verify_limits(&self) -> Result<(), String> {
        if self.incoming_lines > self.lines / 2 {
            return Err(format!("incoming_lines = {}: write at most half of the lines", self.incoming_lines));
        }
        if !(1..=20_000).contains(&self.lines) || self.exchange_lines == Some(0) {
            return Err(format!("lines = {}: write 1 to 20000, as the contract allows", self.lines));
        }
        if !(1..=64).contains(&self.audio_threads) {
            return Err(format!("audio_threads = {}: write 1 to 64", self.audio_threads));
        }
        for (name, rate) in [("per_second", Some(self.per_second)), ("exchange_per_second", self.exchange_per_second)] {
            if rate.is_some_and(|rate| !(rate > 0.0 && rate.is_finite())) {
                return Err(format!("{name} that is not above 0: write calls a second, as the contract allows"));
            }
        }
        let times =
            [("ring_s", self.ring_s), ("first_word_s", self.first_word_s), ("retry_login_s", self.retry_login_s)];
        match times.into_iter().find(|(_, seconds)| !(0.1..=86_400.0).contains(seconds)) {
            Some((name, seconds)) => Err(format!("{name} = {seconds}: write seconds, at most 86400")),
            None if !(0.0..=86_400.0).contains(&self.options_s) => {
                Err(format!("options_s = {}: write seconds, or 0 for never", self.options_s))
            }
            None if !(10..=3_600).contains(&self.longest_call_s) => {
                Err(format!("longest_call_s = {}: write 10 to 3600", self.longest_call_s))
            }
            None => Ok(()),
        }
    }

    pub(crate) fn registers(&self) -> bool {
        self.register.unwrap_or(self.username.is_some())
    }

    pub(crate) fn domain(&self) -> &str {
        self.domain.as_deref().unwrap_or(&self.host)
    }

    /// Calls at work at once, those included that wait for their exchange, so that calls to another exchange pass them.
    pub(crate) fn at_work(&self) -> usize {
        let capped = self.exchange_lines.is_some() || self.exchange_per_second.is_some();
        if capped { 2 * self.call_lines() } else { self.call_lines() }
    }

    /// Lines kept for offices that are being connected; never more than a quarter of all, so a small trunk has none.
    pub(crate) fn kept_lines(&self) -> usize {
        match self.transfer {
            Transfer::Auto | Transfer::Bridge => self.office_lines.min(self.lines / 4),
            Transfer::Off => 0,
        }
    }

    /// Lines for calls to families.
    pub(crate) fn call_lines(&self) -> usize {
        self.lines - self.kept_lines() - self.incoming_lines.min(self.lines / 2)
    }

    pub(crate) fn ring(&self) -> Duration {
        Duration::from_secs_f64(self.ring_s)
    }

    pub(crate) fn first_word(&self) -> Duration {
        Duration::from_secs_f64(self.first_word_s)
    }

    /// The server for the operator.
    pub(crate) fn server(&self) -> String {
        match self.port {
            Some(port) => format!("{}:{port}", self.host),
            None => self.host.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> SipConfig {
        SipConfig::of("sip.example.org", 5060, "+15125550100")
    }

    #[test]
    fn what_no_carrier_could_accept_is_said_with_its_remedy() {
        let cases = [
            (SipConfig { lines: 0, ..good() }, "lines = 0: write 1 to 20000, as the contract allows"),
            (
                SipConfig { caller_id: "5550100".to_owned(), ..good() },
                "caller_id = \"5550100\": write a number with its country, for example +15125550100",
            ),
            (
                SipConfig { username: Some("school".to_owned()), ..good() },
                "a username without a password, or the other way round: write both or none",
            ),
            (
                SipConfig { register: Some(true), ..good() },
                "register = true without a username: write the account's username and password",
            ),
            (SipConfig { ring_s: 0.0, ..good() }, "ring_s = 0: write seconds, at most 86400"),
            (SipConfig { rtp_ports: (9, 3), ..good() }, "rtp_ports = (9, 3): write the first port and the last"),
            (
                SipConfig { exchange_per_second: Some(f64::NAN), ..good() },
                "exchange_per_second that is not above 0: write calls a second, as the contract allows",
            ),
        ];
        assert_eq!(good().verify(), Ok(()));
        for (config, sentence) in cases {
            assert_eq!(config.verify(), Err(sentence.to_owned()));
        }
    }

    #[test]
    fn numbers_are_written_as_the_carrier_wants_them() {
        let number = "+15125550143";
        assert_eq!(NumberFormat::E164.write(number), "+15125550143");
        assert_eq!(NumberFormat::Digits.write(number), "15125550143");
        assert_eq!(NumberFormat::National.write(number), "5125550143");
        assert_eq!(NumberFormat::National.write("+525512345678"), "525512345678");
    }

    #[test]
    fn two_keys_are_enough_and_unknown_ones_are_refused() {
        let config: SipConfig = serde_json::from_str(r#"{"host":"h","caller_id":"+15125550100"}"#).unwrap();
        assert_eq!((config.lines, config.registers(), config.verify()), (10, false, Ok(())));
        assert!(serde_json::from_str::<SipConfig>(r#"{"host":"h","caller_id":"+1","line":3}"#).is_err());
    }
}
