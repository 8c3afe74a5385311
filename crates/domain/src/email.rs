//! E-mail addresses: what can be one, and the key under which two spellings are the same.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An address that a mail server could take: the domain in lower case, no display name.
///
/// `Debug` masks it, so that it cannot slip into a log; `expose` gives the text.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EmailAddress(String);

/// Why a text is not an e-mail address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an e-mail address; write one like name@example.org")]
pub struct BadEmail;

impl EmailAddress {
    /// Reads one address; blanks around it are dropped, the whole is put in lower case.
    ///
    /// The local part is case-sensitive by RFC 5321 §2.4 and by no mailbox that families use; one key for both
    /// spellings is what keeps a family from getting a message twice.
    pub fn parse(text: &str) -> Result<Self, BadEmail> {
        let text = text.trim();
        let (local, domain) = text.rsplit_once('@').ok_or(BadEmail)?;
        if is_local(local) && is_domain(domain) && text.len() <= 254 {
            Ok(Self(text.to_lowercase()))
        } else {
            Err(BadEmail)
        }
    }

    /// The address as text. Never in a log.
    pub fn expose(&self) -> &str {
        &self.0
    }

    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }
}

/// A dot-atom of RFC 5322 §3.2.3, or of RFC 6531 letters; at most 64 octets.
fn is_local(local: &str) -> bool {
    let atom = |c: char| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c);
    !local.is_empty() && local.len() <= 64 && local.split('.').all(|part| !part.is_empty() && part.chars().all(atom))
}

fn is_domain(domain: &str) -> bool {
    let label = |part: &str| {
        !part.is_empty()
            && part.len() <= 63
            && !part.starts_with('-')
            && !part.ends_with('-')
            && part.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    let top = domain.rsplit('.').next().unwrap_or("");
    domain.contains('.') && domain.split('.').all(label) && top.chars().any(char::is_alphabetic)
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first = self.0.chars().next().unwrap_or('?');
        write!(f, "{first}…@{}", self.domain())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_or_refused_by_table() {
        for good in ["a@example.org", " A.B+c@Mail.Example.ORG ", "o'brien@example.org", "josé@example.org"] {
            assert!(EmailAddress::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "a",
            "a@",
            "@b.org",
            "a@b",
            "a b@example.org",
            "a@@example.org",
            "a..b@example.org",
            "a@ex_ample.org",
            "a@1.2",
        ] {
            assert!(EmailAddress::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn two_spellings_are_one_address_and_neither_is_printed() {
        let address = EmailAddress::parse("Ana.Ruiz@Example.org").unwrap();
        assert_eq!(Ok(address.clone()), EmailAddress::parse("ana.ruiz@example.ORG"));
        assert_eq!(format!("{address:?}"), "a…@example.org");
    }
}
