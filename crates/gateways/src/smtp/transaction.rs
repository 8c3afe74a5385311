//! One mail over an open session: envelope, text, answer. Every mail has exactly one outcome.
//!
//! `Unknown` only where the last byte had been handed over and no answer came; before that the relay cannot have taken
//! it, and it is `Refused` and may go again without a second copy arriving.

use schoolbell_domain::delivery::reason::FailReason;
use schoolbell_domain::delivery::settle::AttemptOutcome;
use schoolbell_formats::mail::{Phase, Reply, reason};

use super::message::Prepared;
use super::session::Session;
use super::wire::Broken;

/// What became of one mail.
#[derive(Debug)]
pub(super) struct Sent {
    pub outcome: AttemptOutcome,
    pub session: After,
}

/// What became of the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum After {
    Usable,
    Gone,
    /// It broke before the relay had said a word to this mail: an idle connection that had died unseen.
    WasDead,
}

/// The answers to the envelope.
enum Envelope {
    /// The relay waits for the text.
    Open,
    No(Reply, Phase),
}

/// How the talk broke off.
struct Break {
    broken: Broken,
    /// The relay had answered something to this mail.
    heard: bool,
}

impl Session {
    /// Sends `mail`.
    pub(super) async fn send(&mut self, mail: &Prepared) -> Sent {
        if let Some(outcome) = self.cannot_take(mail) {
            return Sent { outcome, session: After::Usable };
        }
        self.dot_written = false;
        match self.talk(mail).await {
            Ok((outcome, session)) => {
                self.dot_written = false;
                Sent { outcome, session }
            }
            Err(Break { broken, heard }) => {
                let session = if heard || self.dot_written { After::Gone } else { After::WasDead };
                Sent { outcome: self.broken_off(broken.code()), session }
            }
        }
    }

    /// The outcome of a mail whose session is given up now.
    pub(super) fn broken_off(&self, code: String) -> AttemptOutcome {
        if self.dot_written {
            AttemptOutcome::Unknown { code }
        } else {
            AttemptOutcome::Refused { reason: FailReason::ConnectionLost, code }
        }
    }

    /// What this relay said at `EHLO` that it will not take.
    fn cannot_take(&self, mail: &Prepared) -> Option<AttemptOutcome> {
        if let Some(limit) = self.can.max_size.filter(|limit| mail.bytes.len() > *limit) {
            let code = format!("mail of {} bytes, the relay takes {limit}", mail.bytes.len());
            return Some(AttemptOutcome::Refused { reason: FailReason::ContentRefused, code });
        }
        if !self.can.smtputf8 && needs_utf8(mail) {
            let code = "the relay cannot take addresses with letters beyond ASCII (no SMTPUTF8)".to_owned();
            return Some(AttemptOutcome::Refused { reason: FailReason::Refused, code });
        }
        None
    }

    async fn talk(&mut self, mail: &Prepared) -> Result<(AttemptOutcome, After), Break> {
        let envelope = if self.can.pipelining { self.pipelined(mail).await? } else { self.step_by_step(mail).await? };
        if let Envelope::No(reply, phase) = envelope {
            return Ok(self.no(&reply, phase));
        }
        let heard = |broken| Break { broken, heard: true };
        self.wire.write(&dot_stuffed(&mail.bytes), self.times.data).await.map_err(heard)?;
        // From here on the relay may take it, whatever we hear.
        self.dot_written = true;
        self.wire.flush(self.times.data).await.map_err(heard)?;
        let reply = self.wire.reply(self.times.data).await.map_err(heard)?;
        if !reply.is_positive() {
            return Ok(self.no(&reply, Phase::Content));
        }
        tracing::debug!(reference = mail.message_id, "mail taken");
        Ok((AttemptOutcome::Accepted { references: vec![mail.message_id.clone()] }, After::Usable))
    }

    fn no(&mut self, reply: &Reply, phase: Phase) -> (AttemptOutcome, After) {
        self.needs_reset = phase != Phase::Content;
        let session = if reply.code == 421 { After::Gone } else { After::Usable };
        (AttemptOutcome::Refused { reason: reason(reply, phase), code: reply.short() }, session)
    }

    fn mail_from(&self, mail: &Prepared) -> String {
        let size = if self.can.size { format!(" SIZE={}", mail.bytes.len()) } else { String::new() };
        let utf8 = if needs_utf8(mail) { " SMTPUTF8" } else { "" };
        let eight = if self.can.eight_bit && !mail.bytes.is_ascii() { " BODY=8BITMIME" } else { "" };
        format!("MAIL FROM:<{}>{size}{eight}{utf8}\r\n", mail.sender)
    }

    /// Envelope and `DATA` in one write (RFC 2920).
    async fn pipelined(&mut self, mail: &Prepared) -> Result<Envelope, Break> {
        let reset = if self.needs_reset { "RSET\r\n" } else { "" };
        let lines = format!("{reset}{}RCPT TO:<{}>\r\nDATA\r\n", self.mail_from(mail), mail.recipient);
        self.put(lines.as_bytes()).await?;
        let mut heard = false;
        if self.needs_reset {
            self.hear(&mut heard).await?;
            self.needs_reset = false;
        }
        let from = self.hear(&mut heard).await?;
        if from.code == 421 {
            return Ok(Envelope::No(from, Phase::Mail));
        }
        let to = self.hear(&mut heard).await?;
        if to.code == 421 {
            return Ok(Envelope::No(to, Phase::Rcpt));
        }
        let data = self.hear(&mut heard).await?;
        let refusal = [(from, Phase::Mail), (to, Phase::Rcpt)].into_iter().find(|(reply, _)| !reply.is_positive());
        match refusal {
            None if data.code == 354 => Ok(Envelope::Open),
            None => Ok(Envelope::No(data, Phase::Data)),
            Some((reply, phase)) => {
                // A server that opens the text all the same gets an empty one (RFC 2920, 3.1).
                if data.code == 354 {
                    self.put(b".\r\n").await?;
                    self.hear(&mut heard).await?;
                }
                Ok(Envelope::No(reply, phase))
            }
        }
    }

    async fn step_by_step(&mut self, mail: &Prepared) -> Result<Envelope, Break> {
        let mut heard = false;
        if self.needs_reset {
            self.put(b"RSET\r\n").await?;
            self.hear(&mut heard).await?;
            self.needs_reset = false;
        }
        let steps = [
            (self.mail_from(mail), Phase::Mail, 250),
            (format!("RCPT TO:<{}>\r\n", mail.recipient), Phase::Rcpt, 250),
            ("DATA\r\n".to_owned(), Phase::Data, 354),
        ];
        for (line, phase, wanted) in steps {
            self.put(line.as_bytes()).await.map_err(|gone| Break { heard, ..gone })?;
            let reply = self.hear(&mut heard).await?;
            // 251 and 252 take the mail as well (RFC 5321, 4.2.3).
            if reply.code / 10 != wanted / 10 {
                return Ok(Envelope::No(reply, phase));
            }
        }
        Ok(Envelope::Open)
    }

    async fn put(&mut self, bytes: &[u8]) -> Result<(), Break> {
        let unheard = |broken| Break { broken, heard: false };
        self.wire.write(bytes, self.times.command).await.map_err(unheard)?;
        self.wire.flush(self.times.command).await.map_err(unheard)
    }

    async fn hear(&mut self, heard: &mut bool) -> Result<Reply, Break> {
        let said = self.wire.reply(self.times.command).await;
        let reply = said.map_err(|broken| Break { heard: *heard || matches!(broken, Broken::Slow), broken })?;
        *heard = true;
        Ok(reply)
    }
}

fn needs_utf8(mail: &Prepared) -> bool {
    !mail.recipient.is_ascii() || !mail.sender.is_ascii()
}

/// A mail's text as it goes over the wire: a dot at the start of a line doubled, the lone dot behind it, in one piece.
fn dot_stuffed(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + bytes.len() / 64 + 8);
    let mut rest = bytes;
    if rest.first() == Some(&b'.') {
        out.push(b'.');
    }
    while let Some(at) = rest.windows(2).position(|pair| pair == b"\n.") {
        out.extend_from_slice(&rest[..=at]);
        out.push(b'.');
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest);
    if !out.ends_with(b"\r\n") {
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b".\r\n");
    out
}

#[cfg(test)]
mod tests {
    use super::dot_stuffed;

    #[test]
    fn dots_at_the_start_of_a_line_are_doubled_and_one_ends_the_mail() {
        let cases: &[(&str, &str)] = &[
            ("", "\r\n.\r\n"),
            ("a", "a\r\n.\r\n"),
            ("a\r\n", "a\r\n.\r\n"),
            (".a\r\n..\r\nb.\r\n", "..a\r\n...\r\nb.\r\n.\r\n"),
            ("a\r\n.\r\n.b\r\n", "a\r\n..\r\n..b\r\n.\r\n"),
        ];
        for (text, wire) in cases {
            assert_eq!(String::from_utf8_lossy(&dot_stuffed(text.as_bytes())), *wire, "{text:?}");
        }
    }
}
