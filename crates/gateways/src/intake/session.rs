//! One connection of the mail intake: the receiving side of SMTP (RFC 5321), for the bounce address alone.

use std::sync::Arc;

use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};

use super::{LARGEST_MAIL, MailSink};

/// RFC 5321, 4.5.3.1.4 asks for 512; parameters of extensions may lengthen it.
const LONGEST_LINE: usize = 4096;
/// Recipients of one mail; a bounce has one.
const MOST_RECIPIENTS: usize = 20;

pub(super) struct Session<S> {
    wire: BufReader<S>,
    hello: Arc<str>,
    sink: Arc<dyn MailSink>,
    /// `MAIL FROM` was said.
    has_sender: bool,
    recipients: Vec<String>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Session<S> {
    pub(super) fn new(stream: S, hello: Arc<str>, sink: Arc<dyn MailSink>) -> Self {
        Self { wire: BufReader::new(stream), hello, sink, has_sender: false, recipients: Vec::new() }
    }

    pub(super) async fn run(mut self) -> std::io::Result<()> {
        let hello = self.hello.clone();
        self.say(&format!("220 {hello} takes mail that comes back")).await?;
        loop {
            let Some(line) = line(&mut self.wire, LONGEST_LINE).await? else { return Ok(()) };
            let Some(line) = line.as_deref().map(String::from_utf8_lossy) else {
                self.say("500 5.5.2 line too long").await?;
                continue;
            };
            let (verb, rest) = line.split_once(' ').unwrap_or((&line, ""));
            match verb.to_ascii_uppercase().as_str() {
                "EHLO" => {
                    self.reset();
                    self.say(&format!(
                        "250-{hello}\r\n250-8BITMIME\r\n250-ENHANCEDSTATUSCODES\r\n250 SIZE {LARGEST_MAIL}"
                    ))
                    .await?;
                }
                "HELO" => {
                    self.reset();
                    self.say(&format!("250 {hello}")).await?;
                }
                "MAIL" => self.sender(rest).await?,
                "RCPT" => self.recipient(rest).await?,
                "DATA" => self.data().await?,
                "RSET" => {
                    self.reset();
                    self.say("250 2.0.0 ok").await?;
                }
                "NOOP" => self.say("250 2.0.0 ok").await?,
                "VRFY" => self.say("252 2.0.0 send it and see").await?,
                "QUIT" => return self.say("221 2.0.0 bye").await,
                _ => self.say("502 5.5.1 not known here").await?,
            }
        }
    }

    fn reset(&mut self) {
        self.has_sender = false;
        self.recipients.clear();
    }

    async fn sender(&mut self, rest: &str) -> std::io::Result<()> {
        if path(rest, "FROM:").is_none() {
            return self.say("501 5.5.4 MAIL FROM:<address>").await;
        }
        let size =
            rest.split_whitespace().find_map(|word| word.to_ascii_uppercase().strip_prefix("SIZE=")?.parse().ok());
        if size.is_some_and(|size: usize| size > LARGEST_MAIL) {
            return self.say("552 5.3.4 too large").await;
        }
        self.reset();
        self.has_sender = true;
        self.say("250 2.1.0 ok").await
    }

    async fn recipient(&mut self, rest: &str) -> std::io::Result<()> {
        if !self.has_sender {
            return self.say("503 5.5.1 MAIL first").await;
        }
        let Some(address) = path(rest, "TO:") else { return self.say("501 5.5.4 RCPT TO:<address>").await };
        if !self.sink.takes(&address) {
            return self.say("550 5.1.1 only mail that comes back is taken here").await;
        }
        if self.recipients.len() >= MOST_RECIPIENTS {
            return self.say("452 4.5.3 too many recipients").await;
        }
        self.recipients.push(address);
        self.say("250 2.1.5 ok").await
    }

    async fn data(&mut self) -> std::io::Result<()> {
        if self.recipients.is_empty() {
            return self.say("503 5.5.1 RCPT first").await;
        }
        self.say("354 end with a dot").await?;
        let Some(mail) = self.body().await? else {
            self.reset();
            return self.say("552 5.3.4 too large").await;
        };
        let recipients = std::mem::take(&mut self.recipients);
        self.reset();
        match self.sink.mail(&recipients, &mail).await {
            Ok(()) => self.say("250 2.6.0 kept").await,
            Err(error) => {
                tracing::warn!(%error, "a mail that came back was not kept; its sender tries again");
                self.say("451 4.3.0 not kept, try again").await
            }
        }
    }

    /// The mail up to the dot, its doubled dots made single; `None` if it was larger than we take.
    async fn body(&mut self) -> std::io::Result<Option<Vec<u8>>> {
        let mut mail = Vec::new();
        let mut too_large = false;
        loop {
            let mut line = Vec::new();
            // A line without an end cannot fill the memory.
            let limit = u64::try_from(LARGEST_MAIL).unwrap_or(u64::MAX);
            if (&mut self.wire).take(limit).read_until(b'\n', &mut line).await? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            if matches!(line.as_slice(), b".\r\n" | b".\n") {
                return Ok((!too_large).then_some(mail));
            }
            too_large |= mail.len() + line.len() > LARGEST_MAIL;
            if !too_large {
                mail.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
            }
        }
    }

    async fn say(&mut self, words: &str) -> std::io::Result<()> {
        self.wire.get_mut().write_all(format!("{words}\r\n").as_bytes()).await
    }
}

/// A line without its end; `Some(None)` for one that is too long, `None` at the end of the stream.
async fn line<R: AsyncBufRead + Unpin>(wire: &mut R, longest: usize) -> std::io::Result<Option<Option<Vec<u8>>>> {
    let mut line = Vec::new();
    let limit = u64::try_from(longest).unwrap_or(u64::MAX);
    if (&mut *wire).take(limit).read_until(b'\n', &mut line).await? == 0 {
        return Ok(None);
    }
    if line.last() == Some(&b'\n') {
        line.pop();
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        return Ok(Some(Some(line)));
    }
    if line.len() < longest {
        // The stream ended within a line.
        return Ok(None);
    }
    loop {
        let mut rest = Vec::new();
        if (&mut *wire).take(limit).read_until(b'\n', &mut rest).await? == 0 {
            return Ok(None);
        }
        if rest.last() == Some(&b'\n') {
            return Ok(Some(None));
        }
    }
}

/// The address of `FROM:<…>` or `TO:<…>`; empty for the sender of bounces.
fn path(rest: &str, name: &str) -> Option<String> {
    let rest = rest.trim_start();
    let start = rest.get(..name.len())?;
    let rest = start.eq_ignore_ascii_case(name).then(|| rest[name.len()..].trim_start())?;
    let inner = rest.strip_prefix('<')?;
    Some(inner.split_once('>')?.0.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_read_in_any_spelling_of_its_verb() {
        assert_eq!(path("FROM:<>", "FROM:").as_deref(), Some(""));
        assert_eq!(path("to: <b+x@bounce.example.org> NOTIFY=NEVER", "TO:").as_deref(), Some("b+x@bounce.example.org"));
        for bad in ["", "TO:", "TO:ana@example.org", "FROM:<a@example.org>", "TÖ:<a>"] {
            assert_eq!(path(bad, "TO:"), None, "{bad}");
        }
    }
}
