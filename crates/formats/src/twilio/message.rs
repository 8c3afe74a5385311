//! A message as a form, and the answer to it.

use schoolbell_domain::delivery::reason::FailReason;
use serde::Deserialize;

use super::errors::{reason_of_code, reason_of_status};

/// From whom a message comes: a number, a messaging service that chooses one, or one number of a service.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sender {
    /// A number or short code of the account.
    pub number: Option<String>,
    /// The SID of a messaging service.
    pub service: Option<String>,
}

/// One message to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMessage<'a> {
    pub to: &'a str,
    pub from: &'a Sender,
    pub body: &'a str,
    /// Where its later word goes.
    pub status_callback: Option<&'a str>,
    /// Seconds after which it is of no use; Twilio takes 1 to 36,000.
    pub validity_s: i64,
}

impl NewMessage<'_> {
    /// The form of `POST /2010-04-01/Accounts/{AccountSid}/Messages.json`.
    pub fn form(&self) -> String {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("To", self.to);
        if let Some(number) = &self.from.number {
            form.append_pair("From", number);
        }
        if let Some(sid) = &self.from.service {
            form.append_pair("MessagingServiceSid", sid);
        }
        form.append_pair("Body", self.body);
        form.append_pair("ValidityPeriod", &self.validity_s.clamp(1, 36_000).to_string());
        if let Some(url) = self.status_callback {
            form.append_pair("StatusCallback", url);
        }
        form.finish()
    }
}

/// What Twilio said to a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It has the message, under this SID.
    Taken { sid: String },
    /// It has not, and why; `code` is for the record.
    Refused { reason: FailReason, code: String },
    /// It may have it.
    Unclear { code: String },
}

#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    sid: Option<String>,
    #[serde(default)]
    code: Option<i64>,
    #[serde(default)]
    error_code: Option<i64>,
}

impl Answer {
    /// From the status and body of the HTTP answer.
    pub fn of(status: u16, body: &[u8]) -> Self {
        let read: Option<Body> = serde_json::from_slice(body).ok();
        let code = read.as_ref().and_then(|body| body.code.or(body.error_code));
        let shown = code.map_or_else(|| format!("HTTP {status}"), |code| format!("{code} (HTTP {status})"));
        match (status, read.and_then(|body| body.sid)) {
            (200..=299, Some(sid)) if code.is_none() => Self::Taken { sid },
            // An answer that nobody can read says nothing about the message.
            (200..=299, None) => Self::Unclear { code: shown },
            // The server broke while it had it, or a proxy before it did.
            (500 | 502 | 504.., _) if code.is_none_or(|code| reason_of_code(code).is_none()) => {
                Self::Unclear { code: shown }
            }
            (_, _) => {
                let reason = code.and_then(reason_of_code).unwrap_or_else(|| reason_of_status(status));
                Self::Refused { reason, code: shown }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_a_form_of_the_fields_that_the_api_names() {
        let from = Sender { service: Some("MG0123456789abcdef0123456789abcdef".to_owned()), ..Sender::default() };
        let message = NewMessage {
            to: "+15125550143",
            from: &from,
            body: "Año & más",
            status_callback: None,
            validity_s: 90_000,
        };
        let form = message.form();
        assert_eq!(
            form,
            "To=%2B15125550143&MessagingServiceSid=MG0123456789abcdef0123456789abcdef&Body=A%C3%B1o+%26+m%C3%A1s&ValidityPeriod=36000"
        );
        let from = Sender { number: Some("68453".to_owned()), ..Sender::default() };
        let url = "https://bell.example.org/hooks/twilio/texts/status";
        let form = NewMessage { from: &from, status_callback: Some(url), validity_s: -5, ..message }.form();
        assert!(form.contains("From=68453") && form.contains("ValidityPeriod=1&"), "{form}");
        assert!(form.contains("StatusCallback=https%3A%2F%2Fbell.example.org%2Fhooks%2Ftwilio%2Ftexts%2Fstatus"));
    }

    #[test]
    fn every_kind_of_answer_is_an_outcome() {
        let refused = |reason, code: &str| Answer::Refused { reason, code: code.to_owned() };
        let unclear = |code: &str| Answer::Unclear { code: code.to_owned() };
        let table: &[(u16, &str, Answer)] = &[
            (201, r#"{"sid":"SM1","status":"queued","error_code":null}"#, Answer::Taken { sid: "SM1".to_owned() }),
            (201, "<html>", unclear("HTTP 201")),
            (
                400,
                r#"{"code":21610,"message":"…","status":400}"#,
                refused(FailReason::OptedOutAtCarrier, "21610 (HTTP 400)"),
            ),
            (400, r#"{"code":21211,"status":400}"#, refused(FailReason::BadNumber, "21211 (HTTP 400)")),
            (400, r#"{"code":99999,"status":400}"#, refused(FailReason::GatewayFault, "99999 (HTTP 400)")),
            (401, r#"{"code":20003,"status":401}"#, refused(FailReason::Credentials, "20003 (HTTP 401)")),
            (429, r#"{"code":20429,"status":429}"#, refused(FailReason::Throttled, "20429 (HTTP 429)")),
            (429, "", refused(FailReason::Throttled, "HTTP 429")),
            (503, "busy", refused(FailReason::GatewayAway, "HTTP 503")),
            (500, "", unclear("HTTP 500")),
            (502, "<html>", unclear("HTTP 502")),
            (504, "", unclear("HTTP 504")),
        ];
        for (status, body, answer) in table {
            assert_eq!(&Answer::of(*status, body.as_bytes()), answer, "{status} {body}");
        }
    }
}
