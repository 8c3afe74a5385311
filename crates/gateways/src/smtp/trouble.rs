//! Why there is no session with the relay: sentences for the operator.

use schoolbell_formats::mail::Reply;

/// What stands between us and the relay.
#[derive(Debug, Clone, thiserror::Error)]
pub(super) enum Trouble {
    #[error("{at} cannot be reached ({why}); check host and port, and that a firewall lets us out")]
    Unreachable { at: String, why: String },
    #[error("{at} did not answer {what} within {seconds} s; check port and tls, or try again later")]
    Slow { at: String, what: &'static str, seconds: u64 },
    #[error("{at} closed the connection at {what} ({why}); check port and tls")]
    Closed { at: String, what: &'static str, why: String },
    #[error("{at} does not speak SMTP: {said}; check port and tls")]
    NotSmtp { at: String, said: String },
    #[error("{at} refused {what}: {said}")]
    Refused { at: String, what: &'static str, said: String },
    #[error("{at} offers no STARTTLS; write tls = \"implicit\" if it speaks TLS at once, or choose another port")]
    NoStartTls { at: String },
    #[error("TLS with {at} failed ({why}); check server_name, ca_file and the clock")]
    Tls { at: String, why: String },
    #[error("{at} refused our log-in: {said}; check username and password")]
    LogIn { at: String, said: String },
    #[error("{at} offers no log-in that we know (PLAIN, LOGIN); some relays offer it only after TLS")]
    NoLogIn { at: String },
    #[error("{at} offers a log-in only without TLS, and a password must not go unencrypted; write tls = \"required\"")]
    PlainLogIn { at: String },
}

impl Trouble {
    pub(super) fn refused(at: &str, what: &'static str, reply: &Reply) -> Self {
        Self::Refused { at: at.to_owned(), what, said: reply.short() }
    }
}
