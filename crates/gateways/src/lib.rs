//! The talk with carriers. A gateway knows neither the database nor the rules: it gets [`Outgoing`] and answers with
//! an [`AttemptOutcome`], and what it hears goes to an [`InboundSink`] before it is acknowledged.

pub mod drill;
pub mod intake;
pub mod oidc;
mod pace;
pub mod push;
pub mod reception;
mod right;
pub mod secret;
pub mod sip;
pub mod smpp;
pub mod smtp;
mod tls;
pub mod twilio;
pub mod voice;

use std::sync::Arc;

use futures::future::BoxFuture;
use jiff::Timestamp;
use schoolbell_domain::channel::Channel;
use schoolbell_domain::delivery::receipt::ReceiptStatus;
use schoolbell_domain::delivery::settle::AttemptOutcome;
use schoolbell_domain::ids::DeliveryId;
use schoolbell_domain::people::Address;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

pub use right::Right;
pub use voice::HeardCall;

/// A text as rendered for one recipient, shared by all who get the same.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Content {
    /// Of a mail. Of a call, who it is from: what makes its sounds knows how to read that.
    pub subject: String,
    /// The text, the plain-text twin of the mail, or what the call says.
    pub body: String,
    /// E-mail only.
    pub html: Option<String>,
    pub language: String,
}

/// One attempt to hand over.
#[derive(Debug, Clone)]
pub struct Outgoing {
    pub delivery: DeliveryId,
    /// Which try this is, from 1; goes back with the outcome, so that a late one is known as late.
    pub attempt: u32,
    pub to: Address,
    /// The number that families see, where it is not the account's own; the account must own it too.
    pub from: Option<String>,
    pub content: Arc<Content>,
    /// The category's priority is urgent: carriers that know priorities are told.
    pub urgent: bool,
    pub expires_at: Timestamp,
    /// E-mail: whether the list headers of RFC 8058 go with it, and the page that they name.
    pub unsubscribe_url: Option<String>,
    /// The app: what it shows on which devices.
    pub notice: Option<Box<push::Notice>>,
    /// Looked at last before the wire: where it has ended, the attempt is refused as not sent.
    pub right: Right,
}

/// What became of one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    pub delivery: DeliveryId,
    pub attempt: u32,
    pub outcome: AttemptOutcome,
}

/// A carrier's later word, as heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeardReceipt {
    pub reference: String,
    pub status: ReceiptStatus,
    /// The carrier's own words, for the record.
    pub raw: String,
}

/// A text that came in, all parts joined.
#[derive(Clone, PartialEq, Eq)]
pub struct HeardText {
    /// E.164 where the carrier says so, otherwise as sent.
    pub from: String,
    pub to: String,
    pub body: String,
    /// Addresses at the carrier of pictures and files that came with it; [`Gateway::fetch`] gets them.
    pub media: Vec<String>,
}

/// The sink could not keep it; the gateway must not acknowledge, and the carrier will send it again.
#[derive(Debug, Clone, thiserror::Error)]
#[error("what the carrier said could not be kept: {0}")]
pub struct NotKept(pub String);

/// Why a file that came with a text was not fetched; a sentence for people, without a full stop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unfetched {
    /// Trying later can help.
    Later(String),
    /// It never will.
    Never(String),
}

/// Where gateways put what they hear. Returns once it is committed.
pub trait InboundSink: Send + Sync {
    fn receipts<'a>(&'a self, gateway: &'a str, heard: Vec<HeardReceipt>) -> BoxFuture<'a, Result<(), NotKept>>;
    fn text<'a>(&'a self, gateway: &'a str, heard: HeardText) -> BoxFuture<'a, Result<(), NotKept>>;
    /// A call that was answered has ended.
    fn call<'a>(&'a self, gateway: &'a str, heard: HeardCall) -> BoxFuture<'a, Result<(), NotKept>>;
    /// A push service knows these endpoints no more.
    fn gone<'a>(&'a self, gateway: &'a str, endpoints: Vec<String>) -> BoxFuture<'a, Result<(), NotKept>>;
}

/// How a gateway is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    /// Not connected yet.
    Starting,
    Up,
    /// Cannot send now, and why, in a sentence for the operator. It keeps trying.
    Away(String),
}

/// What the dispatcher must know to feed a gateway.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Capacity {
    /// Deliveries at work at once. Of calls: the lines on which nobody talks now, so it changes all the time.
    pub window: usize,
    /// Deliveries a second; the dispatcher keeps it over all nodes.
    pub per_second: f64,
}

/// A running gateway. Dropping `work` lets it finish what it has and close.
pub struct Running {
    pub work: mpsc::Sender<Outgoing>,
    /// One outcome for every `Outgoing` taken, in any order.
    pub outcomes: mpsc::Receiver<Outcome>,
    pub health: watch::Receiver<Health>,
}

/// One configured carrier account.
pub trait Gateway: Send + Sync {
    /// The name in the config; unique.
    fn name(&self) -> &str;
    /// `smpp`, `twilio`, `smtp`, `sip`, `webpush`, `drill`.
    fn kind(&self) -> &'static str;
    fn channel(&self) -> Channel;
    fn capacity(&self) -> Capacity;
    /// Calls at once, for what keeps a line busy while somebody talks; `None` for the rest.
    fn lines(&self) -> Option<usize> {
        None
    }
    /// Starts its tasks on the current runtime. They end when `stop` is cancelled or `work` is dropped; what is at work
    /// then is still answered, with `Unknown` where the carrier said nothing.
    fn start(self: Arc<Self>, sink: Arc<dyn InboundSink>, stop: CancellationToken) -> Running;
    /// Fetches a file that came with a text, at most so many octets. Carriers whose texts bring no files have none to give.
    fn fetch<'a>(&'a self, _address: &'a str, _most: usize) -> BoxFuture<'a, Result<Vec<u8>, Unfetched>> {
        Box::pin(async { Err(Unfetched::Never("this carrier brings no pictures".to_owned())) })
    }
    /// Connects and logs in once, sends nothing: what `schoolbell doctor` shows. The text says what was reached, or
    /// what is wrong and how to mend it.
    fn check(&self) -> BoxFuture<'_, Result<String, String>>;
}
