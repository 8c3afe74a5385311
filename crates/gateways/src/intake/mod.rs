//! A door for mail that comes back: a small SMTP server that takes mail for the bounce address alone, and a Maildir that
//! another mail server fills. It takes nothing else, relays nothing and answers nobody.

mod maildir;
mod session;

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

pub use maildir::watch;

use crate::NotKept;

/// A bounce is seldom larger; what is gets a permanent refusal.
pub const LARGEST_MAIL: usize = 2 * 1024 * 1024;
/// Connections at once; more wait.
const CONNECTIONS: usize = 50;
/// A connection that takes longer is closed.
const LONGEST: Duration = Duration::from_mins(5);

/// Where mail that comes back is put. Returns once it is committed.
pub trait MailSink: Send + Sync {
    /// Whether mail to this address is taken.
    fn takes(&self, recipient: &str) -> bool;
    fn mail<'a>(&'a self, recipients: &'a [String], mail: &'a [u8]) -> BoxFuture<'a, Result<(), NotKept>>;
}

/// Takes mail on `listener` until `stop`. `hello`: how we call ourselves.
pub async fn listen(listener: TcpListener, hello: String, sink: Arc<dyn MailSink>, stop: CancellationToken) {
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    let hello: Arc<str> = hello.into();
    loop {
        let Ok(place) = room.clone().acquire_owned().await else { return };
        let Some(accepted) = stop.run_until_cancelled(listener.accept()).await else { return };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "a connection to the mail intake could not be taken");
                stop.run_until_cancelled(tokio::time::sleep(Duration::from_millis(200))).await.unwrap_or(());
                continue;
            }
        };
        let (sink, hello, stop) = (sink.clone(), hello.clone(), stop.clone());
        tokio::spawn(async move {
            let talk = session::Session::new(stream, hello, sink).run();
            if let Some(Ok(Err(error))) = stop.run_until_cancelled(tokio::time::timeout(LONGEST, talk)).await {
                tracing::debug!(%error, "a connection to the mail intake broke off");
            }
            drop(place);
        });
    }
}
