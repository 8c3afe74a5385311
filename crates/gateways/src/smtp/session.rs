//! One session with the relay, from the greeting through TLS and log-in to `QUIT`. Sending is in [`transaction`].
//!
//! [`transaction`]: super::transaction

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use schoolbell_domain::delivery::reason::FailReason;
use schoolbell_formats::mail::{Phase, Reply, reason};
use tokio::time::{Duration, timeout};

use super::capabilities::Capabilities;
use super::config::{SmtpConfig, Tls};
use super::tls::TlsClient;
use super::trouble::Trouble;
use super::wire::Wire;

/// An open session.
pub(super) struct Session {
    pub wire: Wire,
    pub can: Capabilities,
    pub times: Times,
    /// A refused transaction must be reset before the next.
    pub needs_reset: bool,
    /// The last byte of a mail's text has been handed over and its answer has not come.
    pub dot_written: bool,
}

/// How long the relay may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Times {
    pub command: Duration,
    pub data: Duration,
}

/// Opens sessions with one relay.
pub(super) struct Opener<'a> {
    pub config: &'a SmtpConfig,
    pub tls: Option<&'a TlsClient>,
    pub hello: &'a str,
}

impl Opener<'_> {
    fn at(&self) -> String {
        format!("{}:{}", self.config.host, self.config.port())
    }

    /// Connects, makes it private, logs in.
    pub(super) async fn open(&self) -> Result<Session, Trouble> {
        let (at, allowed) = (self.at(), self.config.command_timeout());
        let mut wire = self.connect().await?;
        let greeting = wire.reply(allowed).await.map_err(|broken| broken.trouble(&at, "with a greeting", allowed))?;
        if greeting.code != 220 {
            return Err(Trouble::refused(&at, "to serve us", &greeting));
        }
        let mut can = self.say_hello(&mut wire).await?;
        if self.wants_starttls(&can)? {
            wire = self.start_tls(wire).await?;
            can = self.say_hello(&mut wire).await?;
        }
        self.log_in(&mut wire, &can).await?;
        let times = Times { command: allowed, data: self.config.data_timeout() };
        Ok(Session { wire, can, times, needs_reset: false, dot_written: false })
    }

    async fn connect(&self) -> Result<Wire, Trouble> {
        let (at, allowed) = (self.at(), self.config.connect_timeout());
        let slow = |_| Trouble::Slow { at: at.clone(), what: "at all", seconds: allowed.as_secs() };
        let wire = timeout(allowed, Wire::connect(&self.config.host, self.config.port())).await.map_err(slow)?;
        let wire = wire.map_err(|why| Trouble::Unreachable { at: at.clone(), why })?;
        if self.config.tls == Tls::Implicit { self.secure(wire).await } else { Ok(wire) }
    }

    async fn secure(&self, wire: Wire) -> Result<Wire, Trouble> {
        let (at, allowed) = (self.at(), self.config.connect_timeout());
        let Some(client) = self.tls else { return Ok(wire) };
        match timeout(allowed, wire.secure(client)).await {
            Ok(Ok(wire)) => Ok(wire),
            Ok(Err(why)) => Err(Trouble::Tls { at, why }),
            Err(_) => Err(Trouble::Slow { at, what: "the TLS handshake", seconds: allowed.as_secs() }),
        }
    }

    async fn say_hello(&self, wire: &mut Wire) -> Result<Capabilities, Trouble> {
        let (at, allowed) = (self.at(), self.config.command_timeout());
        let broken = |broken: super::wire::Broken| broken.trouble(&at, "EHLO", allowed);
        let hello = format!("EHLO {}\r\n", self.hello);
        wire.write(hello.as_bytes(), allowed).await.map_err(broken)?;
        wire.flush(allowed).await.map_err(broken)?;
        let (reply, lines) = wire.reply_lines(allowed).await.map_err(broken)?;
        if reply.code != 250 {
            return Err(Trouble::refused(&at, "our EHLO", &reply));
        }
        Ok(Capabilities::parse(lines.iter().skip(1).map(String::as_str)))
    }

    fn wants_starttls(&self, can: &Capabilities) -> Result<bool, Trouble> {
        match self.config.tls {
            Tls::Implicit | Tls::Off => Ok(false),
            Tls::Opportunistic => Ok(can.starttls),
            Tls::Required if can.starttls => Ok(true),
            Tls::Required => Err(Trouble::NoStartTls { at: self.at() }),
        }
    }

    async fn start_tls(&self, mut wire: Wire) -> Result<Wire, Trouble> {
        let (at, allowed) = (self.at(), self.config.command_timeout());
        let reply =
            wire.command("STARTTLS", allowed).await.map_err(|broken| broken.trouble(&at, "STARTTLS", allowed))?;
        if reply.code != 220 {
            return Err(Trouble::refused(&at, "STARTTLS", &reply));
        }
        self.secure(wire).await
    }

    async fn log_in(&self, wire: &mut Wire, can: &Capabilities) -> Result<(), Trouble> {
        let (Some(user), Some(password)) = (&self.config.username, &self.config.password) else { return Ok(()) };
        let (at, allowed) = (self.at(), self.config.command_timeout());
        if wire.tls.is_none() && !self.config.is_loopback() {
            return Err(Trouble::PlainLogIn { at });
        }
        let password = password.expose();
        let lines: Vec<String> = if can.auth_plain {
            vec![format!("AUTH PLAIN {}", BASE64.encode(format!("\0{user}\0{password}")))]
        } else if can.auth_login {
            vec!["AUTH LOGIN".to_owned(), BASE64.encode(user), BASE64.encode(password)]
        } else {
            return Err(Trouble::NoLogIn { at });
        };
        let mut last: Option<Reply> = None;
        for line in lines {
            let reply = wire.command(&line, allowed).await.map_err(|broken| broken.trouble(&at, "AUTH", allowed))?;
            let done = reply.code != 334;
            last = Some(reply);
            if done {
                break;
            }
        }
        match last {
            Some(reply) if reply.code == 235 => Ok(()),
            Some(reply) if reason(&reply, Phase::Auth) == FailReason::Credentials => {
                Err(Trouble::LogIn { at, said: reply.short() })
            }
            Some(reply) => Err(Trouble::refused(&at, "our log-in for now", &reply)),
            None => Err(Trouble::NoLogIn { at }),
        }
    }
}

impl Session {
    /// Says good-bye; whether the relay hears it makes no difference.
    pub(super) async fn quit(mut self) {
        let allowed = Duration::from_secs(5).min(self.times.command);
        if let Err(broken) = self.wire.command("QUIT", allowed).await {
            tracing::debug!(why = broken.code(), "the mail relay did not answer QUIT");
        }
    }
}
