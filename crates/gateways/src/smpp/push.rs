//! Octets to the socket, some at a time, so that reading never waits for a carrier that does not read.

use bytes::BytesMut;
use tokio::io::{AsyncWrite, AsyncWriteExt};

/// What reached the socket.
pub(super) enum Pushed {
    Wrote(usize),
    Flushed,
}

/// Writes some of the output, or flushes if there is none. May be dropped at any time without losing octets.
pub(super) async fn push(writer: &mut (impl AsyncWrite + Unpin), output: &mut BytesMut) -> std::io::Result<Pushed> {
    if output.is_empty() {
        writer.flush().await.map(|()| Pushed::Flushed)
    } else {
        writer.write_buf(output).await.map(Pushed::Wrote)
    }
}
