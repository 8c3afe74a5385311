//! A complaint: somebody marked a mail of ours as unwanted, and the provider tells us (ARF, RFC 5965).

use mail_parser::{Message, MimeHeaders};

use super::fields::{address, after_type, groups, value};

/// A complaint report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// `abuse`, `fraud`, `not-spam` … (RFC 5965, 7.3).
    pub kind: String,
    /// Who complained, in lower case; many providers hide it.
    pub recipient: Option<String>,
    /// The envelope sender under which the mail went: it finds the delivery.
    pub envelope_sender: Option<String>,
    /// The Message-ID of the mail, without angle brackets.
    pub message_id: Option<String>,
}

impl Complaint {
    /// `not-spam` takes a complaint back; `auth-failure` and `virus` speak of the mail and not for its reader.
    pub fn is_of_reader(&self) -> bool {
        ["abuse", "fraud", "other", "opt-out", "miscategorized"].contains(&self.kind.as_str())
    }
}

/// Reads the machine part; `None` if the mail is no complaint report.
pub(super) fn complaint(mail: &Message<'_>) -> Option<Complaint> {
    let part = mail.parts.iter().find(|part| {
        part.content_type().is_some_and(|kind| {
            kind.ctype().eq_ignore_ascii_case("message")
                && kind.subtype().is_some_and(|sub| sub.eq_ignore_ascii_case("feedback-report"))
        })
    })?;
    let fields: Vec<(String, String)> = groups(&String::from_utf8_lossy(part.contents())).concat();
    let recipient = ["original-rcpt-to", "removal-recipient"].iter().find_map(|name| value(&fields, name));
    Some(Complaint {
        kind: value(&fields, "feedback-type").unwrap_or("abuse").to_ascii_lowercase(),
        recipient: recipient.and_then(|text| address(after_type(text))),
        envelope_sender: value(&fields, "original-mail-from").and_then(address),
        message_id: super::returned::original_id(mail),
    })
}
