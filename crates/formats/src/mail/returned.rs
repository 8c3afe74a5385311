//! Mail to the bounce address: what it is, and what it says.

use mail_parser::{HeaderName, Message, MessageParser, MimeHeaders, PartType};

use super::complaint::{Complaint, complaint};
use super::dsn::{Bounce, notice, report};

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Returned {
    Bounce(Bounce),
    Complaint(Complaint),
    /// Somebody's machine answers: away, received, no longer here (RFC 3834). Says nothing about the address.
    AutoReply,
    /// A letter, or nothing that anybody can read.
    Other,
}

/// Reads a mail that came to the bounce address. The order matters: a report says what it is, words only seem to.
pub fn read(bytes: &[u8]) -> Returned {
    let bytes = plain_lines(bytes);
    let Some(mail) = MessageParser::default().parse(&bytes[..]) else { return Returned::Other };
    if let Some(complaint) = complaint(&mail) {
        return Returned::Complaint(complaint);
    }
    let message_id = original_id(&mail);
    if let Some(failed) = report(&mail) {
        return Returned::Bounce(Bounce { failed, message_id });
    }
    if is_auto_reply(&mail) {
        return Returned::AutoReply;
    }
    if !is_of_daemon(&mail) {
        return Returned::Other;
    }
    Returned::Bounce(Bounce { failed: notice(&mail), message_id })
}

/// Some programs keep mail with bare carriage returns.
fn plain_lines(bytes: &[u8]) -> Vec<u8> {
    if bytes.contains(&b'\n') {
        return bytes.to_vec();
    }
    bytes.iter().map(|byte| if *byte == b'\r' { b'\n' } else { *byte }).collect()
}

/// RFC 3834, 5: `Auto-Submitted: auto-replied`; a delivery report says `auto-generated`, or is a report.
fn is_auto_reply(mail: &Message<'_>) -> bool {
    let says = |name: &'static str, word: &str| {
        mail.header_raw(HeaderName::from(name)).is_some_and(|value| value.trim().to_ascii_lowercase().starts_with(word))
    };
    (says("Auto-Submitted", "auto-replied") && mail.header_raw("X-Failed-Recipients").is_none() && !is_of_daemon(mail))
        || says("X-Autoreply", "yes")
        || says("X-Autorespond", "")
        || says("Precedence", "auto_reply")
        || says("X-Auto-Response-Suppress", "all") && !is_of_daemon(mail)
}

/// The mailboxes from which servers speak (RFC 5321, 4.5.5; RFC 2142, 5), or their own field for it.
fn is_of_daemon(mail: &Message<'_>) -> bool {
    let from = mail.header_raw("From").unwrap_or_default().to_ascii_lowercase();
    ["mailer-daemon", "postmaster", "mail delivery", "maildaemon", "mail-daemon", "<>"]
        .iter()
        .any(|name| from.contains(name))
        || mail.header_raw("X-Failed-Recipients").is_some()
}

/// The Message-ID of the mail that a report brings back, whole or its header alone (RFC 3462).
pub(super) fn original_id(mail: &Message<'_>) -> Option<String> {
    mail.parts.iter().find_map(|part| {
        if let PartType::Message(original) = &part.body {
            return original.message_id().map(str::to_owned);
        }
        let kind = part.content_type()?;
        let headers = kind.subtype().is_some_and(|sub| sub.to_ascii_lowercase().contains("rfc822-headers"));
        headers.then(|| {
            MessageParser::default().parse(part.contents()).and_then(|head| head.message_id().map(str::to_owned))
        })?
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use schoolbell_domain::delivery::reason::FailReason;

    /// A report on ana@example.org with these words for people and this status for machines.
    fn reported(words: &str, status: &str) -> Returned {
        let mail = format!(
            "From: MAILER-DAEMON@mx.example.org\r\nMIME-Version: 1.0\r\n\
             Content-Type: multipart/report; report-type=delivery-status; boundary=B\r\n\r\n\
             --B\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{words}\r\n\
             --B\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.org\r\n\r\n\
             Final-Recipient: rfc822; ana@example.org\r\nAction: failed\r\nStatus: {status}\r\n\r\n--B--\r\n"
        );
        read(mail.as_bytes())
    }

    fn reason(returned: &Returned) -> Option<FailReason> {
        match returned {
            Returned::Bounce(bounce) => bounce.failed.first().map(|failed| failed.reason),
            Returned::Complaint(_) | Returned::AutoReply | Returned::Other => None,
        }
    }

    #[test]
    fn law_43_the_words_for_people_count_where_the_code_says_nothing_and_where_the_mailbox_is_full() {
        let table = [
            ("ana@example.org: Domain does not exist", "5.0.0", FailReason::BadDomain),
            ("ana@example.org was not delivered: ユーザー ana は見つかりません", "5.0.0", FailReason::BadMailbox),
            ("Your message was rejected: not enough disk space", "5.1.1", FailReason::MailboxFull),
            ("ana@example.org: user unknown", "5.7.1", FailReason::Refused),
            ("we are sorry", "5.0.0", FailReason::Unspecified),
            ("we are sorry", "5.1.1", FailReason::BadMailbox),
        ];
        for (words, status, expected) in table {
            assert_eq!(reason(&reported(words, status)), Some(expected), "{words} {status}");
        }
    }
}
