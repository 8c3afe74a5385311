//! What Twilio's web hooks say: how far a message has come, and a text that came in.

use schoolbell_domain::delivery::reason::FailReason;
use schoolbell_domain::delivery::receipt::ReceiptStatus;

use super::errors::reason_of_code;
use super::text;

/// A later word on a message of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Callback {
    /// The message's SID: our reference.
    pub sid: String,
    pub status: ReceiptStatus,
    /// Twilio's own word and code, for the record: `undelivered 30005`.
    pub raw: String,
}

impl Callback {
    /// `None` if the form names no message, or a status that no manual knows.
    ///
    /// Source: <https://www.twilio.com/docs/messaging/api/message-resource#message-status-values>.
    pub fn of(fields: &[(String, String)]) -> Option<Self> {
        let sid = [text(fields, "MessageSid"), text(fields, "SmsSid")].into_iter().find(|sid| !sid.is_empty())?;
        let word =
            [text(fields, "MessageStatus"), text(fields, "SmsStatus")].into_iter().find(|word| !word.is_empty())?;
        let code = text(fields, "ErrorCode");
        let reason = || code.parse().ok().and_then(reason_of_code).unwrap_or(FailReason::Unspecified);
        let status = match word {
            "accepted" | "scheduled" | "queued" | "sending" | "sent" => ReceiptStatus::Buffered,
            "delivered" | "read" => ReceiptStatus::Delivered,
            "undelivered" | "failed" => ReceiptStatus::Undelivered(reason()),
            "canceled" => ReceiptStatus::Undelivered(FailReason::ExpiredAtCarrier),
            _ => return None,
        };
        Some(Self { sid: sid.to_owned(), status, raw: format!("{word} {code}").trim_end().to_owned() })
    }
}

/// A text that came in.
#[derive(Clone, PartialEq, Eq)]
pub struct Incoming {
    pub sid: String,
    pub from: String,
    pub to: String,
    pub body: String,
    /// The addresses of pictures and files that came with it, in their order.
    pub media: Vec<String>,
}

impl Incoming {
    /// `None` if the form names no message or no sender.
    pub fn of(fields: &[(String, String)]) -> Option<Self> {
        let sid = [text(fields, "MessageSid"), text(fields, "SmsSid")].into_iter().find(|sid| !sid.is_empty())?;
        let from = text(fields, "From");
        if from.is_empty() {
            return None;
        }
        let count: usize = text(fields, "NumMedia").parse().unwrap_or(0);
        // Ten is the most that a message may carry.
        let media = (0..count.min(10)).map(|at| text(fields, &format!("MediaUrl{at}")).to_owned());
        Some(Self {
            sid: sid.to_owned(),
            from: from.to_owned(),
            to: text(fields, "To").to_owned(),
            body: text(fields, "Body").to_owned(),
            media: media.filter(|url| !url.is_empty()).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::form;
    use super::*;

    #[test]
    fn every_status_of_the_manual_becomes_a_receipt() {
        let table = [
            ("MessageStatus=queued", ReceiptStatus::Buffered),
            ("MessageStatus=sent", ReceiptStatus::Buffered),
            ("MessageStatus=delivered", ReceiptStatus::Delivered),
            ("MessageStatus=read", ReceiptStatus::Delivered),
            ("MessageStatus=undelivered&ErrorCode=30005", ReceiptStatus::Undelivered(FailReason::BadNumber)),
            ("MessageStatus=undelivered&ErrorCode=30003", ReceiptStatus::Undelivered(FailReason::Unreachable)),
            ("MessageStatus=failed&ErrorCode=21610", ReceiptStatus::Undelivered(FailReason::OptedOutAtCarrier)),
            ("MessageStatus=failed", ReceiptStatus::Undelivered(FailReason::Unspecified)),
            ("SmsStatus=canceled", ReceiptStatus::Undelivered(FailReason::ExpiredAtCarrier)),
        ];
        for (body, status) in table {
            let callback = Callback::of(&form(format!("MessageSid=SM1&{body}").as_bytes()));
            assert_eq!(callback.map(|callback| callback.status), Some(status), "{body}");
        }
        assert_eq!(Callback::of(&form(b"MessageSid=SM1&MessageStatus=lost")), None);
        assert_eq!(Callback::of(&form(b"MessageStatus=sent")), None);
        let raw = Callback::of(&form(b"MessageSid=SM1&MessageStatus=failed&ErrorCode=30007")).map(|heard| heard.raw);
        assert_eq!(raw.as_deref(), Some("failed 30007"));
    }

    #[test]
    fn a_text_is_read_with_its_pictures() {
        let body =
            b"SmsMessageSid=SM2&MessageSid=SM2&From=%2B15125550143&To=68453&Body=S%C3%AD+por+favor%21&NumMedia=2\
            &MediaUrl0=https%3A%2F%2Fapi.example.org%2Fa&MediaUrl1=https%3A%2F%2Fapi.example.org%2Fb&MediaUrl2=no";
        let heard = Incoming::of(&form(body)).unwrap();
        assert_eq!(
            (heard.from.as_str(), heard.to.as_str(), heard.body.as_str()),
            ("+15125550143", "68453", "Sí por favor!")
        );
        assert_eq!(heard.media, ["https://api.example.org/a", "https://api.example.org/b"]);
        assert!(Incoming::of(&form(b"MessageSid=SM2&Body=STOP")).is_none(), "nobody said it");
        assert!(Incoming::of(&form(b"\xff\xfe=&&&=")).is_none());
    }
}
