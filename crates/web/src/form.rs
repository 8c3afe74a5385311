//! What a form sent: names and values, several of one name allowed; and the problems that stand beside its fields.

use std::fmt::Write as _;

use axum::Form;
use axum::extract::{FromRequest, Request};
use schoolbell_engine::Problem;
use subtle::ConstantTimeEq;

use crate::WebState;
use crate::error::{PageError, PageResult};
use crate::session::Staff;

/// The fields of a form in the order sent.
#[derive(Debug, Clone, Default)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    pub fn new(pairs: Vec<(String, String)>) -> Self {
        Self(pairs)
    }

    /// The first value of a name, without blanks around it; empty if there is none.
    pub fn text(&self, name: &str) -> &str {
        self.0.iter().find(|(found, _)| found == name).map_or("", |(_, value)| value.trim())
    }

    /// The first value letter by letter, as a password is.
    pub fn exactly(&self, name: &str) -> &str {
        self.0.iter().find(|(found, _)| found == name).map_or("", |(_, value)| value)
    }

    /// The first value with the line ends of Unix, as people wrote it; NUL has no place in a text.
    pub fn body(&self, name: &str) -> String {
        self.text(name).replace("\r\n", "\n").replace('\0', "")
    }

    pub fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// Names that begin with `start`, without it, and their values.
    pub fn starting<'a>(&'a self, start: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.0.iter().filter_map(move |(name, value)| name.strip_prefix(start).map(|rest| (rest, value.as_str())))
    }
}

/// A form of somebody who is signed in, with the token of their session in it.
#[derive(Debug)]
pub struct Signed {
    pub staff: Staff,
    pub fields: Fields,
}

impl FromRequest<WebState> for Signed {
    type Rejection = PageError;

    async fn from_request(request: Request, state: &WebState) -> PageResult<Self> {
        let (mut parts, body) = request.into_parts();
        let staff = Staff::of(&mut parts, state).await?;
        let header = parts.headers.get("x-csrf-token").and_then(|value| value.to_str().ok()).map(str::to_owned);
        let Form(pairs) = Form::<Vec<(String, String)>>::from_request(Request::from_parts(parts, body), state)
            .await
            .map_err(|_| PageError::BadInput(vec![problem("form", "the form could not be read; send it again")]))?;
        let fields = Fields(pairs);
        staff.check_token(header.as_deref().unwrap_or_else(|| fields.text("csrf")))?;
        Ok(Self { staff, fields })
    }
}

/// Whether two tokens are the same, in a time that does not tell how far.
pub fn same_token(one: &str, other: &str) -> bool {
    !one.is_empty() && bool::from(one.as_bytes().ct_eq(other.as_bytes()))
}

pub fn problem(field: &str, message: &str) -> Problem {
    Problem { field: field.to_owned(), message: message.to_owned() }
}

/// The problems of a form, looked up by field.
#[derive(Debug, Clone, Default)]
pub struct Problems(pub Vec<Problem>);

impl Problems {
    /// The sentence beside a field; empty if nothing is wrong with it.
    pub fn of(&self, field: &str) -> String {
        let found = self.0.iter().find(|problem| problem.field == field);
        found.map(|problem| crate::error::as_sentence(&problem.message)).unwrap_or_default()
    }

    pub fn any(&self) -> bool {
        !self.0.is_empty()
    }

    /// All of them, as sentences with their fields; a sentence said of several fields stands once.
    pub fn lines(&self) -> Vec<(String, String)> {
        let mut lines: Vec<(String, String)> = Vec::new();
        for problem in &self.0 {
            let sentence = crate::error::as_sentence(&problem.message);
            if !lines.iter().any(|(_, said)| *said == sentence) {
                lines.push((problem.field.clone(), sentence));
            }
        }
        lines
    }
}

/// A text as part of an address: everything but letters, digits and `-._~/` by its bytes.
pub fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            write!(out, "%{byte:02X}").expect("a String takes every write");
        }
    }
    out
}

/// Where to go after signing in: a path of ours, never another site's.
pub fn own_path(next: &str) -> &str {
    let ours = next.starts_with('/') && !next.starts_with("//") && !next.contains(['\\', '\n', '\r']);
    if ours { next } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signing_in_never_leads_to_another_site() {
        assert_eq!(own_path("/broadcasts?x=1"), "/broadcasts?x=1");
        for elsewhere in ["//evil.example.org", "https://evil.example.org", "/\\evil.example.org", "", "evil"] {
            assert_eq!(own_path(elsewhere), "/", "{elsewhere}");
        }
    }

    #[test]
    fn an_empty_token_is_never_the_right_one() {
        assert!(!same_token("", ""));
        assert!(same_token("ab", "ab"));
        assert!(!same_token("ab", "abc"));
    }
}
