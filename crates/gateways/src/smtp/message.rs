//! The mail of one delivery, built by lettre: both bodies, the headers that mailbox providers want, and its envelope.

use std::time::SystemTime;

use jiff::Timestamp;
use lettre::message::header::{Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MessageBuilder, MultiPart, SinglePart};
use lettre::{Address, Message};
use schoolbell_domain::delivery::reason::FailReason;
use schoolbell_formats::mail::Verp;

use super::config::SmtpConfig;
use crate::Outgoing;

/// A mail ready for the wire, not signed yet.
pub(super) struct Prepared {
    /// Envelope sender; bounces go there.
    pub sender: String,
    pub recipient: String,
    /// Without angle brackets; also the reference of the delivery.
    pub message_id: String,
    pub bytes: Vec<u8>,
}

/// Why no mail could be made of a delivery.
#[derive(Debug)]
pub(super) struct Unwritable {
    pub reason: FailReason,
    pub why: String,
}

/// Writes the mails of one relay.
pub(super) struct Writer {
    from: Mailbox,
    reply_to: Option<Mailbox>,
    feedback_id: Option<String>,
    verp: Option<Verp>,
}

impl Writer {
    /// The error names what was found and what to write.
    pub(super) fn new(config: &SmtpConfig) -> Result<Self, String> {
        let from = mailbox("from", &config.from)?;
        let reply_to = config.reply_to.as_ref().map(|text| mailbox("reply_to", text)).transpose()?;
        let verp = match &config.bounces {
            None => None,
            Some(bounces) if bounces.private_key.expose().len() < 16 => {
                return Err("bounces.private_key of fewer than 16 characters: write a longer one".to_owned());
            }
            Some(bounces) => {
                Some(Verp::new(bounces.private_key.expose().as_bytes(), &bounces.address).ok_or_else(|| {
                    format!("bounces.address = \"{}\": write an address such as b@bounce.example.org", bounces.address)
                })?)
            }
        };
        let feedback_id = config.feedback_id.as_deref().map(one_line);
        Ok(Self { from, reply_to, feedback_id, verp })
    }

    pub(super) fn into_bounce_door(self) -> Option<(Verp, String)> {
        let domain = self.own_domain().to_owned();
        self.verp.map(|verp| (verp, domain))
    }

    pub(super) fn own_domain(&self) -> &str {
        self.from.email.domain()
    }

    /// The mail of `outgoing`, written at `now`.
    pub(super) fn write(&self, outgoing: &Outgoing, now: Timestamp) -> Result<Prepared, Unwritable> {
        let bad = |reason, why: String| Unwritable { reason, why };
        let to: Address = outgoing
            .to
            .expose()
            .parse()
            .map_err(|error| bad(FailReason::BadMailbox, format!("no address for a mail: {error}")))?;
        let message_id = format!("{}@{}", outgoing.delivery, self.own_domain());
        let recipient = to.to_string();
        let builder = self.headers(outgoing, now, &message_id).to(Mailbox::new(None, to));
        let message = bodies(builder, outgoing).map_err(|error| bad(FailReason::ContentRefused, error.to_string()))?;
        let sender = match &self.verp {
            Some(verp) => verp.sender(outgoing.delivery),
            None => self.from.email.to_string(),
        };
        Ok(Prepared { sender, recipient, message_id, bytes: message.formatted() })
    }

    fn headers(&self, outgoing: &Outgoing, now: Timestamp, message_id: &str) -> MessageBuilder {
        let mut builder = Message::builder()
            .from(self.from.clone())
            .date(SystemTime::from(now))
            .subject(one_line(&outgoing.content.subject))
            .message_id(Some(format!("<{message_id}>")))
            // RFC 3834: no out-of-office answers to a whole district.
            .header(Raw::<AutoSubmitted>::new("auto-generated"));
        if let Some(reply_to) = &self.reply_to {
            builder = builder.reply_to(reply_to.clone());
        }
        if !outgoing.content.language.is_empty() {
            builder = builder.header(Raw::<ContentLanguage>::new(&outgoing.content.language));
        }
        if outgoing.urgent {
            builder = builder.header(Raw::<Importance>::new("high"));
        }
        if let Some(url) = &outgoing.unsubscribe_url {
            builder = builder
                .header(Raw::<ListUnsubscribe>::new(&format!("<{}>", url.replace(['<', '>', ' '], ""))))
                .header(Raw::<ListUnsubscribePost>::new("List-Unsubscribe=One-Click"));
        }
        match &self.feedback_id {
            Some(id) => builder.header(Raw::<FeedbackId>::new(id)),
            None => builder,
        }
    }
}

fn bodies(builder: MessageBuilder, outgoing: &Outgoing) -> Result<Message, lettre::error::Error> {
    let content = &outgoing.content;
    match &content.html {
        Some(html) => builder.multipart(MultiPart::alternative_plain_html(content.body.clone(), html.clone())),
        None => builder.singlepart(SinglePart::plain(content.body.clone())),
    }
}

fn mailbox(key: &str, text: &str) -> Result<Mailbox, String> {
    text.parse().map_err(|error| {
        format!("{key} = \"{text}\" ({error}): write it like \"Springfield Schools <alerts@school.example.org>\"")
    })
}

/// A header's text cannot begin a new header.
fn one_line(text: &str) -> String {
    text.split(char::is_control).map(str::trim).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

/// The name of a header that lettre has no type for.
trait Name: Clone {
    const NAME: &'static str;
}

#[derive(Clone)]
struct Raw<N> {
    text: String,
    name: std::marker::PhantomData<N>,
}

impl<N: Name> Raw<N> {
    fn new(text: &str) -> Self {
        Self { text: one_line(text), name: std::marker::PhantomData }
    }
}

impl<N: Name> Header for Raw<N> {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str(N::NAME)
    }

    fn parse(text: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self::new(text))
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), self.text.clone())
    }
}

macro_rules! names {
    ($($name:ident = $text:literal),* $(,)?) => {$(
        #[derive(Clone)]
        struct $name;
        impl Name for $name {
            const NAME: &'static str = $text;
        }
    )*};
}

names! {
    AutoSubmitted = "Auto-Submitted",
    ContentLanguage = "Content-Language",
    FeedbackId = "Feedback-ID",
    Importance = "Importance",
    ListUnsubscribe = "List-Unsubscribe",
    ListUnsubscribePost = "List-Unsubscribe-Post",
}
