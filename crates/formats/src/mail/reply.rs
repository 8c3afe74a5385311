//! What a mail server's answer means: reply code and enhanced code to a reason, by one closed table.
//!
//! The first digit of the reply code says whether it is for now or for good (RFC 5321, 4.2.1); the enhanced code, where
//! there is one, says why (RFC 3463 and the IANA registry of enhanced status codes).

use schoolbell_domain::delivery::reason::FailReason;

/// Where in the session the answer came. The same code means another thing at another place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Phase {
    /// The greeting, `EHLO`, `STARTTLS`.
    Connect,
    Auth,
    /// `MAIL FROM`: our sender address.
    Mail,
    /// `RCPT TO`: the family's address.
    Rcpt,
    /// `DATA`, before the text.
    Data,
    /// The final dot, after the text.
    Content,
}

/// An enhanced status code, without its class: `5.2.2` is subject 2, detail 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Enhanced {
    pub class: u16,
    pub subject: u16,
    pub detail: u16,
}

/// One answer, all lines joined by a space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    pub code: u16,
    pub enhanced: Option<Enhanced>,
    pub text: String,
}

impl Reply {
    /// Reads an answer's lines, without line ends. `None` if they are no SMTP answer.
    pub fn parse<'a>(lines: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        let mut code = None;
        let mut texts: Vec<&str> = Vec::new();
        for line in lines {
            let (digits, rest) = line.split_at_checked(3)?;
            let number = digits.parse().ok().filter(|n| (200..600).contains(n) && digits.len() == 3)?;
            if *code.get_or_insert(number) != number {
                return None;
            }
            texts.push(match rest.as_bytes().first() {
                None => "",
                Some(b' ' | b'-') => &rest[1..],
                Some(_) => return None,
            });
        }
        let enhanced = texts.first().and_then(|text| enhanced(text));
        Some(Self { code: code?, enhanced, text: texts.join(" ").trim().to_owned() })
    }

    pub const fn is_positive(&self) -> bool {
        self.code < 400
    }

    pub const fn is_permanent(&self) -> bool {
        self.code >= 500
    }

    /// The answer as one short line for the record: `550 5.1.1 no such mailbox`, at most 200 characters.
    pub fn short(&self) -> String {
        let clean: String = self.text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(196).collect();
        format!("{} {clean}", self.code).trim_end().to_owned()
    }
}

/// `5.1.1 no such mailbox` begins with an enhanced code; `5.1.1.2` and `5.1` do not.
fn enhanced(text: &str) -> Option<Enhanced> {
    let mut numbers = text.split([' ', '\t']).next()?.split('.').map(str::parse::<u16>);
    let mut next = || numbers.next().and_then(Result::ok);
    let (class, subject, detail) = (next()?, next()?, next()?);
    (numbers.next().is_none() && matches!(class, 2 | 4 | 5)).then_some(Enhanced { class, subject, detail })
}

/// Why the server said no, given at `phase`. Of an answer that is no "no", `GatewayFault`: it broke the protocol.
pub fn reason(reply: &Reply, phase: Phase) -> FailReason {
    match (phase, reply.code / 100) {
        (Phase::Auth, 4 | 5) => at_log_in(reply),
        (_, 4) => temporary(reply, phase),
        (_, 5) => permanent(reply, phase),
        _ => FailReason::GatewayFault,
    }
}

/// Only what the server calls a wrong log-in is one (RFC 4954, 6); a log-in that it cannot check now is its fault.
fn at_log_in(reply: &Reply) -> FailReason {
    if reply.code == 421 {
        FailReason::GatewayAway
    } else if reply.is_permanent() {
        FailReason::Credentials
    } else {
        FailReason::GatewayFault
    }
}

fn temporary(reply: &Reply, phase: Phase) -> FailReason {
    // 421 closes the whole channel, whatever else it says (RFC 5321, 3.8).
    if reply.code == 421 || phase == Phase::Connect {
        return FailReason::GatewayAway;
    }
    let Some(code) = reply.enhanced else { return FailReason::Deferred };
    match (code.subject, code.detail) {
        (2, 2) => FailReason::MailboxFull,
        // 4.5.3 is "too many recipients", 4.7.28 "unusual rate of mail": the pace is ours to change.
        (5, 3) | (7, 28) => FailReason::Throttled,
        (5, _) => FailReason::GatewayFault,
        _ => FailReason::Deferred,
    }
}

fn permanent(reply: &Reply, phase: Phase) -> FailReason {
    if phase == Phase::Connect {
        return FailReason::GatewayAway;
    }
    if matches!(reply.code, 530 | 534 | 535 | 538) {
        return FailReason::Credentials;
    }
    match reply.enhanced {
        // `x.0.0` and `x.1.0` say no more than the reply code does.
        Some(code) if (code.subject, code.detail) != (0, 0) => by_enhanced(code, phase),
        Some(_) | None => by_code(reply.code, phase),
    }
}

fn by_enhanced(code: Enhanced, phase: Phase) -> FailReason {
    match (code.subject, code.detail) {
        (1, 2 | 10) | (4, 4) => FailReason::BadDomain,
        // The sender's address, which is ours.
        (1, 7 | 8) | (5, _) => FailReason::GatewayFault,
        (1, _) | (2, 1) => FailReason::BadMailbox,
        (2, 2) => FailReason::MailboxFull,
        // Too long, wrong kind, or (RFC 7372) SPF, DKIM or DMARC failed, which is the same for every recipient.
        (2, 3) | (3, 4) | (6, _) | (7, 20..=27) => FailReason::ContentRefused,
        (4, 7) => FailReason::ExpiredAtCarrier,
        (7, 8 | 9 | 11..=14) => FailReason::Credentials,
        (_, _) => at_place(phase),
    }
}

fn by_code(code: u16, phase: Phase) -> FailReason {
    match (code, phase) {
        (500..=504 | 555, _) => FailReason::GatewayFault,
        (521 | 556, Phase::Rcpt) => FailReason::BadDomain,
        (550 | 551 | 553, Phase::Rcpt) => FailReason::BadMailbox,
        (552, Phase::Rcpt) => FailReason::MailboxFull,
        (_, _) => at_place(phase),
    }
}

/// What a bare "no" means at its place: the sender is ours, the address the family's, the text the writer's.
const fn at_place(phase: Phase) -> FailReason {
    match phase {
        Phase::Connect => FailReason::GatewayAway,
        Phase::Auth => FailReason::Credentials,
        Phase::Mail | Phase::Data => FailReason::GatewayFault,
        Phase::Rcpt => FailReason::Refused,
        Phase::Content => FailReason::ContentRefused,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use FailReason as F;

    #[test]
    fn every_answer_of_the_table_has_its_reason() {
        let cases: &[(&str, Phase, F)] = &[
            ("550 5.1.1 no such user", Phase::Rcpt, F::BadMailbox),
            ("550 no such user", Phase::Rcpt, F::BadMailbox),
            ("553 5.1.3 bad address syntax", Phase::Rcpt, F::BadMailbox),
            ("550 5.2.1 mailbox disabled", Phase::Rcpt, F::BadMailbox),
            ("550 5.1.2 bad destination system", Phase::Rcpt, F::BadDomain),
            ("556 5.1.10 null MX", Phase::Rcpt, F::BadDomain),
            ("556 domain takes no mail", Phase::Rcpt, F::BadDomain),
            ("452 4.2.2 over quota", Phase::Rcpt, F::MailboxFull),
            ("552 5.2.2 over quota", Phase::Rcpt, F::MailboxFull),
            ("552 5.2.2 over quota", Phase::Content, F::MailboxFull),
            ("450 4.7.1 greylisted", Phase::Rcpt, F::Deferred),
            ("451 4.3.0 try later", Phase::Content, F::Deferred),
            ("451 try later", Phase::Rcpt, F::Deferred),
            ("450 4.2.1 too many for this mailbox", Phase::Rcpt, F::Deferred),
            ("452 4.5.3 too many recipients", Phase::Rcpt, F::Throttled),
            ("450 4.7.28 unusual rate", Phase::Content, F::Throttled),
            ("421 4.7.0 too many connections", Phase::Connect, F::GatewayAway),
            ("421 4.3.2 shutting down", Phase::Rcpt, F::GatewayAway),
            ("554 no service here", Phase::Connect, F::GatewayAway),
            ("550 5.7.1 blocked", Phase::Rcpt, F::Refused),
            ("554 5.7.1 looks like spam", Phase::Content, F::ContentRefused),
            ("550 5.7.26 DMARC failed", Phase::Rcpt, F::ContentRefused),
            ("552 5.3.4 message too big", Phase::Mail, F::ContentRefused),
            ("552 too big", Phase::Content, F::ContentRefused),
            ("550 5.1.8 sender domain unknown", Phase::Mail, F::GatewayFault),
            ("550 5.7.1 sender not yours", Phase::Mail, F::GatewayFault),
            ("502 5.5.2 command unknown", Phase::Rcpt, F::GatewayFault),
            ("535 5.7.8 wrong password", Phase::Auth, F::Credentials),
            ("535 wrong password", Phase::Auth, F::Credentials),
            ("530 5.7.0 log in first", Phase::Mail, F::Credentials),
            ("454 4.7.0 cannot check it now", Phase::Auth, F::GatewayFault),
            ("554 5.4.7 expired", Phase::Rcpt, F::ExpiredAtCarrier),
            ("250 2.0.0 fine", Phase::Rcpt, F::GatewayFault),
        ];
        for (line, phase, expected) in cases {
            let reply = Reply::parse([*line]).expect(line);
            assert_eq!(reason(&reply, *phase), *expected, "{line} at {phase:?}");
        }
    }

    #[test]
    fn for_now_never_becomes_for_good() {
        use schoolbell_domain::delivery::reason::Family;
        for subject in 0..8 {
            for detail in 0..40 {
                for phase in [Phase::Mail, Phase::Rcpt, Phase::Data, Phase::Content] {
                    let reply = Reply::parse([format!("450 4.{subject}.{detail} later").as_str()]).unwrap();
                    let said = reason(&reply, phase);
                    assert_ne!(said.family(), Family::RecipientForGood, "4.{subject}.{detail}");
                    assert_ne!(said, F::ContentRefused, "4.{subject}.{detail}");
                }
            }
        }
    }

    #[test]
    fn answers_of_several_lines_are_one_and_nonsense_is_none() {
        let reply = Reply::parse(["550-5.1.1 the mailbox", "550 5.1.1 does not exist"]).unwrap();
        assert_eq!(reply.enhanced, Some(Enhanced { class: 5, subject: 1, detail: 1 }));
        assert_eq!(reply.short(), "550 5.1.1 the mailbox 5.1.1 does not exist");
        assert_eq!(Reply::parse(["250"]).map(|reply| reply.code), Some(250));
        for bad in ["", "25", "abc hello", "2500 hello", "999 hello", "25é"] {
            assert_eq!(Reply::parse([bad]), None, "{bad}");
        }
        assert_eq!(Reply::parse(["250-one", "550 two"]), None);
        assert_eq!(Reply::parse(Vec::<&str>::new()), None);
    }
}
