//! Mail that came back: a delivery report (RFC 3464), or a notice in words from a server that writes none.

use mail_parser::{Message, MessagePart, MimeHeaders};
use schoolbell_domain::delivery::reason::FailReason;

use super::fields::{Group, address, after_type, groups, value};
use super::verdict::{Status, enhanced_in, status_in};

/// One recipient whom a mail did not reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// In lower case. `None` where the notice names nobody.
    pub recipient: Option<String>,
    pub reason: FailReason,
    /// The codes of the report, for the record: `550 5.1.1`.
    pub code: String,
}

impl Failed {
    /// Whether the address must not be used again (LAW-43).
    pub const fn is_hard(&self) -> bool {
        matches!(self.reason, FailReason::BadMailbox | FailReason::BadDomain)
    }
}

/// A report that mail did not arrive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bounce {
    /// Each recipient once, in the order of the report; only what failed for good or was given up.
    pub failed: Vec<Failed>,
    /// The Message-ID of the mail that came back, without angle brackets.
    pub message_id: Option<String>,
}

/// Reads the machine part of a delivery report; `None` if the mail has none.
pub(super) fn report(mail: &Message<'_>) -> Option<Vec<Failed>> {
    let part = mail.parts.iter().find(|part| is_status(part))?;
    let text = String::from_utf8_lossy(part.contents());
    let failed = groups(&text).into_iter().filter_map(|group| failed(&group));
    let mut failed = once(failed.collect());
    hear_the_words(mail, &mut failed);
    Some(failed)
}

/// The part for people (RFC 3464, 2.1) has a say where the machine's says nothing (`5.0.0`), and where it says that the
/// mailbox is full: then the address is not given up, whatever else is said.
fn hear_the_words(mail: &Message<'_>, failed: &mut [Failed]) {
    let text = mail.parts.iter().find_map(|part| part.is_text().then(|| part.text_contents()).flatten());
    let said = before_the_copy(text.unwrap_or_default());
    let all: Vec<String> = failed.iter().filter_map(|failed| failed.recipient.clone()).collect();
    for one in failed {
        let own = match (&one.recipient, all.as_slice()) {
            (Some(recipient), [_, _, ..]) => about(&said, recipient, &all),
            (Some(_) | None, _) => said.clone(),
        };
        let words = status_in(&own.join(" ")).in_words();
        let counts = match (one.reason, words) {
            (FailReason::Unspecified, FailReason::BadMailbox | FailReason::BadDomain) => true,
            (_, FailReason::MailboxFull) => one.is_hard(),
            (_, _) => false,
        };
        if counts {
            one.reason = words;
        }
    }
}

fn is_status(part: &MessagePart<'_>) -> bool {
    part.content_type().is_some_and(|kind| {
        kind.ctype().eq_ignore_ascii_case("message")
            && kind.subtype().is_some_and(|sub| {
                ["delivery-status", "global-delivery-status"].iter().any(|known| sub.eq_ignore_ascii_case(known))
            })
    })
}

/// One group about a recipient; `None` for the group about the message, and for who was reached or is still tried.
fn failed(group: &Group) -> Option<Failed> {
    let recipient = value(group, "original-recipient").or_else(|| value(group, "final-recipient"))?;
    let action = value(group, "action").unwrap_or("failed");
    if !action.split([' ', ';', '(']).next().unwrap_or_default().eq_ignore_ascii_case("failed") {
        return None;
    }
    let diagnostic = value(group, "diagnostic-code").map(after_type).unwrap_or_default();
    let mut status = status_in(diagnostic);
    let own = value(group, "status").and_then(|text| enhanced_in(text.split([' ', '\t', '(']).next()?));
    // The standard's own field; the remote server's words may be more exact where it says nothing in particular.
    match (own, status.enhanced) {
        (Some(own), None) => status.enhanced = Some(own),
        (Some(own), Some(_)) if own.subject != 0 && own.detail != 0 => status.enhanced = Some(own),
        (Some(_) | None, _) => {}
    }
    if let Some(comment) = value(group, "status") {
        status.text.push(' ');
        status.text.push_str(comment);
    }
    Some(Failed { recipient: address(after_type(recipient)), reason: status.reason(), code: status.short() })
}

/// Reads a notice in words: the lines before the copy of the mail, recipient by recipient.
pub(super) fn notice(mail: &Message<'_>) -> Vec<Failed> {
    let named: Vec<String> = mail
        .header_raw("X-Failed-Recipients")
        .map(|list| list.split(',').filter_map(address).collect())
        .unwrap_or_default();
    let own: Vec<String> =
        mail.to().into_iter().flat_map(|to| to.iter()).filter_map(|to| address(to.address()?)).collect();
    let text = mail.parts.iter().find_map(|part| part.is_text().then(|| part.text_contents()).flatten());
    let said = before_the_copy(text.unwrap_or_default());
    let mut found = named.clone();
    for line in &said {
        let words = line.split([' ', '\t', '=']).filter_map(address);
        found.extend(words.filter(|word| named.is_empty() && !own.contains(word) && !is_daemon(word)));
    }
    found.dedup();
    let status = |text: &str| {
        let status: Status = status_in(text);
        (status.reason(), status.short())
    };
    let whole = said.join(" ");
    match found.as_slice() {
        [] if whole.is_empty() => Vec::new(),
        [] => {
            let (reason, code) = status(&whole);
            vec![Failed { recipient: None, reason, code }]
        }
        [one] => {
            let (reason, code) = status(&whole);
            vec![Failed { recipient: Some(one.clone()), reason, code }]
        }
        several => {
            let of = |recipient: &String| {
                let own: Vec<&str> = about(&said, recipient, several);
                let (reason, code) = status(&own.join(" "));
                Failed { recipient: Some(recipient.clone()), reason, code }
            };
            once(several.iter().map(of).collect())
        }
    }
}

/// The lines from each that names the recipient to the next that names another.
fn about<'a>(said: &[&'a str], recipient: &str, all: &[String]) -> Vec<&'a str> {
    let mut own = Vec::new();
    let mut listening = false;
    for line in said {
        let lower = line.to_ascii_lowercase();
        if lower.contains(recipient) {
            listening = true;
        } else if all.iter().any(|other| other != recipient && lower.contains(other.as_str())) {
            listening = false;
        }
        if listening {
            own.push(*line);
        }
    }
    own
}

/// A notice ends where the mail that it is about begins: at the fields of a header.
fn before_the_copy(text: &str) -> Vec<&str> {
    let begins = |line: &&str| {
        ["received:", "return-path:", "message-id:", "delivered-to:", "mime-version:"]
            .iter()
            .any(|field| line.get(..field.len()).is_some_and(|start| start.eq_ignore_ascii_case(field)))
    };
    text.lines().take_while(|line| !begins(line)).map(str::trim).filter(|line| !line.is_empty()).collect()
}

fn is_daemon(address: &str) -> bool {
    ["mailer-daemon@", "postmaster@"].iter().any(|start| address.starts_with(start))
}

/// Each recipient once; of several words on one, the hardest.
fn once(all: Vec<Failed>) -> Vec<Failed> {
    let mut once: Vec<Failed> = Vec::new();
    for failed in all {
        match once.iter_mut().find(|known| known.recipient == failed.recipient) {
            Some(known) if failed.is_hard() && !known.is_hard() => *known = failed,
            Some(_) => {}
            None => once.push(failed),
        }
    }
    once
}
