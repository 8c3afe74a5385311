//! Twilio's HTTP API without the wire: the form of a request, the answer to it, what its web hooks say, and whether
//! they are really Twilio's. Other carriers speak the same API.
//!
//! Source: <https://www.twilio.com/docs/messaging/api/message-resource>, API version 2010-04-01.

mod callback;
mod errors;
mod message;
mod signature;

pub use callback::{Callback, Incoming};
pub use errors::{reason_of_code, reason_of_status};
pub use message::{Answer, NewMessage, Sender};
pub use signature::Signer;

/// The fields of a form as sent, in their order. Percent signs and `+` are read as HTML says.
pub fn form(body: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(body).into_owned().collect()
}

/// The first value of a field; empty if there is none.
fn text<'a>(fields: &'a [(String, String)], name: &str) -> &'a str {
    fields.iter().find(|(found, _)| found == name).map_or("", |(_, value)| value.as_str())
}
