//! What a report of failure says of a mailbox: the standards' codes first, common wordings where these are silent.
//!
//! Sources: RFC 5321 4.2 (reply codes), RFC 3463 and the IANA registry of enhanced status codes, RFC 7505 (no mail here).
//! The wordings are those of common mail servers; none is made for a single report.

use schoolbell_domain::delivery::reason::FailReason;

use super::reply::{Enhanced, Phase, Reply, reason};

/// The mailbox is there and full: never a reason to give the address up.
const FULL: &[&str] = &[
    "mailbox full",
    "mailbox is full",
    "mail box is full",
    "mailbox too large",
    "mailbox has exceeded",
    "quota",
    "disk full",
    "exceeded storage",
    "insufficient system storage",
    "not enough storage",
    "out of space",
    "mailbox size",
    "storage limit",
    "inbox is full",
    "too much mail data",
    "is full",
    "not enough disk space",
];
/// Nobody has this address.
const NOBODY: &[&str] = &[
    "user unknown",
    "unknown user",
    "no such user",
    "user not found",
    "user not exist",
    "user does not exist",
    "user doesn't exist",
    "unknown recipient",
    "recipient unknown",
    "no mailbox here",
    "no such mailbox",
    "mailbox not found",
    "mailbox does not exist",
    "mailbox unavailable",
    "invalid recipient",
    "invalid user",
    "invalid address",
    "invalid mailbox",
    "unknown address",
    "address unknown",
    "no such recipient",
    "no such address",
    "recipient not found",
    "recipientnotfound",
    "recipient not exist",
    "address not found",
    "address does not exist",
    "account does not exist",
    "no such account",
    "unknown local",
    "unknown account",
    "unknown mailbox",
    "name is not recognized",
    "destinataire invalide",
    "invalid final delivery userid",
    "inactive email address",
    "not our user",
    "not our customer",
    "no longer on server",
    "this user doesn't have",
    "not listed in",
    "unrouteable address",
    "user reject",
    "no local mailbox",
    "not a valid mailbox",
    "rejected address",
    "no longer available",
    "no longer in use",
    "address has changed",
    "見つかりません",
];
/// Nobody takes mail for this domain.
const NO_DOMAIN: &[&str] = &[
    "host unknown",
    "unknown host",
    "no such domain",
    "domain not found",
    "host not found",
    "name or service not known",
    "couldn't find any host",
    "couldn't find a mail exchanger",
    "unrouteable mail domain",
    "domain does not exist",
    "does not accept mail",
    "do not accept mail",
    "null mx",
    "nullmx",
    "no smtp service",
    "dns lookup failure: host",
    "unknown domain",
    "name server: host not found",
    "domain doesn't exist",
    "couldn't find any exchanger",
    "bad destination host",
];
/// The server judged the mail or its sender, not the mailbox.
const JUDGED: &[&str] = &[
    "spam",
    "block",
    "blacklist",
    "denylist",
    "dnsbl",
    "policy",
    "reputation",
    "relay",
    "authenticat",
    "spf",
    "dkim",
    "dmarc",
    "greylist",
    "graylist",
    "rate limit",
    "too many",
    "virus",
    "banned",
    "reverse dns",
    "ptr record",
    "abuse",
    "suspicious",
    "timed out",
    "timeout",
    "try again",
    "too big",
    "too large",
    "syntax",
];
/// Said by servers that hide which addresses they have.
const PERHAPS_NOBODY: &[&str] =
    &["recipient address rejected", "address rejected", "recipient rejected", "rejected recipient"];

/// The status of a report: a reply code, an enhanced code, words. Each may be missing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Status {
    pub code: Option<u16>,
    pub enhanced: Option<Enhanced>,
    pub text: String,
}

impl Status {
    /// Whether the standards' codes call it a failure for now.
    fn is_temporary(&self) -> bool {
        match (self.code, self.enhanced) {
            (Some(code), _) => (400..500).contains(&code),
            (None, Some(enhanced)) => enhanced.class == 4,
            (None, None) => false,
        }
    }

    /// The codes as one line for the record.
    pub fn short(&self) -> String {
        let code = self.code.map(|code| code.to_string());
        let enhanced = self.enhanced.map(|e| format!("{}.{}.{}", e.class, e.subject, e.detail));
        code.into_iter().chain(enhanced).collect::<Vec<_>>().join(" ")
    }

    /// Why the mail did not arrive. Only `BadMailbox` and `BadDomain` speak against the address.
    pub fn reason(&self) -> FailReason {
        let text = self.text.to_lowercase();
        let says = |list: &[&str]| list.iter().any(|words| text.contains(words));
        let by_code = self.by_code();
        if self.refuses_all_mail() {
            return FailReason::BadDomain;
        }
        if says(FULL) || by_code == Some(FailReason::MailboxFull) {
            return FailReason::MailboxFull;
        }
        if self.is_temporary() {
            return FailReason::Deferred;
        }
        match by_code {
            Some(reason @ (FailReason::BadMailbox | FailReason::BadDomain)) => reason,
            // A code that says something else in particular, and one that says nothing, leave the word to the text.
            Some(FailReason::ExpiredAtCarrier) => FailReason::ExpiredAtCarrier,
            Some(_) | None if says(NOBODY) => FailReason::BadMailbox,
            Some(_) | None if says(NO_DOMAIN) => FailReason::BadDomain,
            Some(_) | None if says(JUDGED) => FailReason::ContentRefused,
            Some(_) | None if says(PERHAPS_NOBODY) && self.code.is_none_or(|code| code / 10 == 55) => {
                FailReason::BadMailbox
            }
            Some(reason) => reason,
            None => FailReason::Unspecified,
        }
    }

    /// RFC 7504: a server that takes no mail at all says 521 or 556; 5.3.2 keeps apart those who mean the sender.
    fn refuses_all_mail(&self) -> bool {
        let none = Enhanced { class: 5, subject: 3, detail: 2 };
        matches!(self.code, Some(521 | 556)) && self.enhanced == Some(none)
    }

    /// The reason where the words of people are all that there is: codes do not count.
    pub fn in_words(&self) -> FailReason {
        Self { text: self.text.clone(), ..Self::default() }.reason()
    }

    /// What the enhanced code alone says; `None` where it says nothing in particular (`5.0.0`, `5.1.0`, `5.5.0`).
    fn by_code(&self) -> Option<FailReason> {
        let enhanced = self.enhanced.filter(|enhanced| enhanced.detail != 0 && enhanced.subject != 0)?;
        let code = self.code.unwrap_or(enhanced.class * 100 + 50);
        Some(reason(&Reply { code, enhanced: Some(enhanced), text: String::new() }, Phase::Rcpt))
    }
}

/// Reads reply code and enhanced code wherever they stand in a text: `550 5.1.1 no`, `(#5.1.1)`, `<<< 550 no`.
pub(super) fn status_in(text: &str) -> Status {
    let mut status = Status { text: text.to_owned(), ..Status::default() };
    for word in text
        .split(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '#' | ';' | ':' | ',' | '[' | ']' | '<' | '>'))
    {
        let word = word.trim_end_matches('.');
        let head = word.split('-').next().unwrap_or_default();
        if status.code.is_none() && head.len() == 3 && head.starts_with(['4', '5']) {
            status.code = head.parse().ok().filter(|code| (400..=599).contains(code) && code / 10 % 10 <= 7);
        }
        let dotted = word.split('-').next_back().unwrap_or_default();
        if status.enhanced.is_none() {
            status.enhanced = enhanced_in(dotted);
        }
    }
    status
}

/// `5.1.1`; class 4 or 5, each other number of one to three digits.
pub(super) fn enhanced_in(word: &str) -> Option<Enhanced> {
    let mut numbers = word.split('.');
    let mut next = || numbers.next().filter(|part| (1..=3).contains(&part.len())).and_then(|part| part.parse().ok());
    let (class, subject, detail) = (next()?, next()?, next()?);
    (numbers.next().is_none() && matches!(class, 4 | 5)).then_some(Enhanced { class, subject, detail })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_common_wordings_are_told_apart() {
        let table = [
            ("550 5.1.1 <ana@example.org>: Recipient address rejected: User unknown", FailReason::BadMailbox),
            ("550 5.1.10 does not accept mail", FailReason::BadDomain),
            ("550 5.2.2 mailbox full", FailReason::MailboxFull),
            ("550 5.1.1 user is over quota", FailReason::MailboxFull),
            ("552 mailbox full", FailReason::MailboxFull),
            ("450 4.2.1 user unknown", FailReason::Deferred),
            ("550 5.7.1 message blocked as spam", FailReason::ContentRefused),
            ("550 5.4.1 Recipient address rejected: Access denied", FailReason::BadMailbox),
            ("554 5.0.0 we do not like you", FailReason::Unspecified),
            ("Sorry, no mailbox here by that name. (#5.1.1)", FailReason::BadMailbox),
            ("550 Host unknown", FailReason::BadDomain),
            ("550-5.1.1 The email account that you tried to reach does not exist", FailReason::BadMailbox),
            ("5.4.7 delivery time expired", FailReason::ExpiredAtCarrier),
            ("521 5.3.2 System not accepting network messages", FailReason::BadDomain),
            ("521 your address is blocked", FailReason::ContentRefused),
            ("", FailReason::Unspecified),
        ];
        for (text, reason) in table {
            assert_eq!(status_in(text).reason(), reason, "{text}");
        }
    }
}
