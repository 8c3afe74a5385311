//! Lines over one connection, plain or TLS: writes commands, reads whole answers, each within its time.

use std::time::Duration;

use schoolbell_formats::mail::Reply;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::tls::TlsClient;
use super::trouble::Trouble;

/// A line and a whole answer may be so long; RFC 5321, 4.5.3.1.5 promises 512 octets.
const LINE_LIMIT: usize = 4096;
const LINES_LIMIT: usize = 256;

pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Why reading or writing ended.
#[derive(Debug)]
pub(super) enum Broken {
    Slow,
    Closed(String),
    NotSmtp(String),
}

impl Broken {
    pub(super) fn trouble(self, at: &str, what: &'static str, allowed: Duration) -> Trouble {
        let at = at.to_owned();
        match self {
            Self::Slow => Trouble::Slow { at, what, seconds: allowed.as_secs() },
            Self::Closed(why) => Trouble::Closed { at, what, why },
            Self::NotSmtp(said) => Trouble::NotSmtp { at, said },
        }
    }

    /// A short line for the record of an attempt.
    pub(super) fn code(&self) -> String {
        match self {
            Self::Slow => "no answer in time".to_owned(),
            Self::Closed(why) => format!("connection closed: {why}"),
            Self::NotSmtp(said) => format!("not an SMTP answer: {said}"),
        }
    }
}

/// One connection.
pub(super) struct Wire {
    stream: BufReader<Box<dyn Stream>>,
    /// The protocol and cipher, once it is private.
    pub tls: Option<String>,
}

impl Wire {
    /// Connects to `at` (`host:port`), every address of it in turn.
    pub(super) async fn connect(host: &str, port: u16) -> Result<Self, String> {
        let stream = TcpStream::connect((host, port)).await.map_err(|error| error.to_string())?;
        // Nagle's delay costs 40 ms a mail: a small write behind an unanswered one would wait for the answer.
        stream.set_nodelay(true).map_err(|error| error.to_string())?;
        Ok(Self { stream: BufReader::new(Box::new(stream)), tls: None })
    }

    /// The same connection, private from here on.
    pub(super) async fn secure(self, client: &TlsClient) -> Result<Self, String> {
        // What came before the handshake is not protected by it (the STARTTLS injection of CVE-2011-0411).
        if !self.stream.buffer().is_empty() {
            return Err("the server sent something before TLS began".to_owned());
        }
        let connector = tokio_rustls::TlsConnector::from(client.config.clone());
        let stream = connector.connect(client.name.clone(), self.stream.into_inner()).await;
        let stream = stream.map_err(|error| error.to_string())?;
        let session = stream.get_ref().1;
        let version = session.protocol_version().and_then(|version| version.as_str()).unwrap_or("TLS");
        let tls = Some(version.replace('_', ".").replacen("TLSv", "TLS ", 1));
        Ok(Self { stream: BufReader::new(Box::new(stream)), tls })
    }

    /// Hands all of `bytes` over; they are on their way once `flush` has returned.
    pub(super) async fn write(&mut self, bytes: &[u8], allowed: Duration) -> Result<(), Broken> {
        within(allowed, async { self.stream.write_all(bytes).await.map_err(|error| closed(&error)) }).await
    }

    pub(super) async fn flush(&mut self, allowed: Duration) -> Result<(), Broken> {
        within(allowed, async { self.stream.flush().await.map_err(|error| closed(&error)) }).await
    }

    pub(super) async fn command(&mut self, line: &str, allowed: Duration) -> Result<Reply, Broken> {
        self.write(format!("{line}\r\n").as_bytes(), allowed).await?;
        self.flush(allowed).await?;
        self.reply(allowed).await
    }

    pub(super) async fn reply(&mut self, allowed: Duration) -> Result<Reply, Broken> {
        Ok(self.reply_lines(allowed).await?.0)
    }

    /// One whole answer, and its lines without codes.
    pub(super) async fn reply_lines(&mut self, allowed: Duration) -> Result<(Reply, Vec<String>), Broken> {
        within(allowed, async {
            let mut lines: Vec<String> = Vec::new();
            while lines.len() < LINES_LIMIT {
                let line = self.line().await?;
                let last = line.as_bytes().get(3) != Some(&b'-');
                lines.push(line);
                if last {
                    break;
                }
            }
            let reply = Reply::parse(lines.iter().map(String::as_str)).ok_or_else(|| {
                Broken::NotSmtp(lines.first().map_or(String::new(), |line| line.chars().take(80).collect()))
            })?;
            let texts = lines.iter().map(|line| line.get(4..).unwrap_or("").to_owned()).collect();
            Ok((reply, texts))
        })
        .await
    }

    async fn line(&mut self) -> Result<String, Broken> {
        let mut line: Vec<u8> = Vec::with_capacity(128);
        loop {
            let buffer = self.stream.fill_buf().await.map_err(|error| closed(&error))?;
            if buffer.is_empty() {
                return Err(Broken::Closed("the server hung up".to_owned()));
            }
            let end = buffer.iter().position(|byte| *byte == b'\n');
            let taken = end.map_or(buffer.len(), |at| at + 1);
            line.extend_from_slice(&buffer[..taken]);
            self.stream.consume(taken);
            if end.is_some() {
                let text = String::from_utf8_lossy(&line);
                return Ok(text.trim_end_matches(['\r', '\n']).to_owned());
            }
            if line.len() > LINE_LIMIT {
                return Err(Broken::NotSmtp("a line without an end".to_owned()));
            }
        }
    }

    /// Returns when the server says something unasked or hangs up: both end an idle connection.
    pub(super) async fn disturbed(&mut self) {
        if let Err(error) = self.stream.fill_buf().await {
            tracing::debug!(%error, "an idle connection to the mail relay broke");
        }
    }
}

async fn within<T>(allowed: Duration, work: impl Future<Output = Result<T, Broken>>) -> Result<T, Broken> {
    timeout(allowed, work).await.unwrap_or(Err(Broken::Slow))
}

fn closed(error: &std::io::Error) -> Broken {
    Broken::Closed(error.to_string())
}
