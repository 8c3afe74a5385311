//! The socket to the carrier and the packets on it: connect, TLS, bind, frames.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, BytesMut};
use rusmpp::pdus::BindTransceiver;
use rusmpp::tokio_codec::CommandCodec;
use rusmpp::values::{InterfaceVersion, Npi, Ton};
use rusmpp::{Command, CommandStatus, Pdu};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName};
use schoolbell_formats::smpp::refusal;
use schoolbell_formats::smpp::status::{ALREADY_BOUND, Advice};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_util::codec::Encoder;

use super::config::{SmppConfig, Tls};
use super::message::octets;

/// Longest packet that is read; `message_payload` may have 64 KiB.
const LONGEST: usize = 70_000;
pub(super) const RESPONSE: u32 = 0x8000_0000;

/// Command ids, SMPP 3.4, 5.1.2.1.
pub(super) mod id {
    pub(in super::super) const GENERIC_NACK: u32 = 0x8000_0000;
    pub(in super::super) const SUBMIT_SM_RESP: u32 = 0x8000_0004;
    pub(in super::super) const DELIVER_SM: u32 = 0x0000_0005;
    pub(in super::super) const UNBIND: u32 = 0x0000_0006;
    pub(in super::super) const UNBIND_RESP: u32 = 0x8000_0006;
    pub(in super::super) const ENQUIRE_LINK: u32 = 0x0000_0015;
    pub(in super::super) const ENQUIRE_LINK_RESP: u32 = 0x8000_0015;
    pub(in super::super) const DATA_SM: u32 = 0x0000_0103;
    pub(in super::super) const BIND_TRANSCEIVER_RESP: u32 = 0x8000_0009;
}

/// TCP or TLS.
pub(super) trait Socket: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Socket for T {}

/// A session that the carrier has accepted.
pub(super) struct Bound {
    pub(super) socket: Box<dyn Socket>,
    /// What came right behind the bind's answer.
    pub(super) input: BytesMut,
    /// What the carrier calls itself.
    pub(super) carrier: String,
}

/// Why there is no session, in a sentence for the operator.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NoBind {
    /// The log-in was refused: trying at once would change nothing, and may lock the account.
    LogIn(String),
    /// Anything else: try again.
    Away(String),
}

impl NoBind {
    pub(super) fn sentence(&self) -> &str {
        match self {
            Self::LogIn(sentence) | Self::Away(sentence) => sentence,
        }
    }
}

/// One packet, its length taken off.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) id: u32,
    pub(super) status: u32,
    pub(super) sequence: u32,
    pub(super) body: BytesMut,
}

impl Frame {
    /// Takes the next whole packet off the input; `Err` when the stream cannot be SMPP any more.
    pub(super) fn next(input: &mut BytesMut) -> Result<Option<Self>, String> {
        let Some([a, b, c, d]) = input.first_chunk::<4>().copied() else { return Ok(None) };
        let length = usize::try_from(u32::from_be_bytes([a, b, c, d])).unwrap_or(usize::MAX);
        if !(16..=LONGEST).contains(&length) {
            return Err(format!("the carrier sent a packet of {length} octets, which SMPP does not have"));
        }
        if input.len() < length {
            input.reserve(length - input.len());
            return Ok(None);
        }
        let mut body = input.split_to(length);
        body.advance(4);
        let (id, status, sequence) = (body.get_u32(), body.get_u32(), body.get_u32());
        Ok(Some(Self { id, status, sequence, body }))
    }

    /// The first text of the body, up to its zero octet: a message id, a system id.
    pub(super) fn text(&self) -> String {
        let text = self.body[..].split(|octet| *octet == 0).next().unwrap_or_default();
        String::from_utf8_lossy(text).into_owned()
    }
}

/// Writes one packet of ours to the output.
pub(super) fn put(output: &mut BytesMut, sequence: u32, status: u32, pdu: impl Into<Pdu>) {
    let command = Command::new(CommandStatus::from(status), sequence, pdu);
    // Writing to memory has no error to give.
    CommandCodec::new().encode(&command, output).expect("memory takes every packet");
}

/// Connects and binds.
pub(super) async fn bind(config: &SmppConfig) -> Result<Bound, NoBind> {
    let server = config.server();
    let within = config.response_timeout();
    let reached = tokio::time::timeout(within, connect(config)).await;
    let mut socket = match reached {
        Ok(Ok(socket)) => socket,
        Ok(Err(sentence)) => return Err(NoBind::Away(sentence)),
        Err(_) => return Err(NoBind::Away(format!("{server} does not answer; check host, port and firewall"))),
    };
    match tokio::time::timeout(within, log_in(config, &mut socket)).await {
        Ok(Ok((frame, input))) if frame.status == 0 => Ok(Bound { socket, input, carrier: frame.text() }),
        Ok(Ok((frame, _))) => Err(refused(config, frame.status)),
        Ok(Err(error)) => Err(NoBind::Away(format!("{server} broke off during the log-in: {error}"))),
        Err(_) => Err(NoBind::Away(format!(
            "{server} takes connections and does not answer the log-in within {} s",
            seconds(within)
        ))),
    }
}

fn seconds(duration: Duration) -> f64 {
    duration.as_secs_f64()
}

fn refused(config: &SmppConfig, status: u32) -> NoBind {
    let no = refusal(status);
    let (server, system_id) = (config.server(), &config.system_id);
    if no.advice == Advice::LogInRefused {
        return NoBind::LogIn(format!(
            "{server} refused the log-in of `{system_id}` ({}); check system_id, password and system_type, and that the \
             carrier allows this machine's address",
            no.code
        ));
    }
    if status == ALREADY_BOUND {
        return NoBind::Away(format!(
            "{server} says that `{system_id}` is already bound ({}); another program uses this account, or the carrier \
             has not noticed yet that our last session ended",
            no.code
        ));
    }
    NoBind::Away(format!("{server} did not accept the session ({})", no.code))
}

async fn connect(config: &SmppConfig) -> Result<Box<dyn Socket>, String> {
    let server = config.server();
    let tcp = TcpStream::connect((config.host.as_str(), config.port))
        .await
        .map_err(|error| format!("{server} cannot be reached: {error}; check host, port and firewall"))?;
    // Small packets that wait for each other's answer: without this each waits for the other side's delayed
    // acknowledgement (264 instead of 4,000 messages a second were measured).
    tcp.set_nodelay(true).map_err(|error| format!("{server}: the socket does not take TCP_NODELAY: {error}"))?;
    let Some(tls) = &config.tls else { return Ok(Box::new(tcp)) };
    let name = tls.server_name.as_deref().unwrap_or(&config.host).to_owned();
    let server_name = ServerName::try_from(name.clone())
        .map_err(|_| format!("`{name}` is not a name that a certificate can have; write tls.server_name"))?;
    let secure = TlsConnector::from(Arc::new(client_config(tls)?)).connect(server_name, tcp).await;
    match secure {
        Ok(stream) => Ok(Box::new(stream)),
        Err(error) => Err(format!("{server} does not speak TLS as we ask for: {error}")),
    }
}

/// What we ask of TLS; fails with what was found and what to write.
pub(super) fn client_config(tls: &Tls) -> Result<rustls::ClientConfig, String> {
    let mut roots = rustls::RootCertStore::empty();
    if let Some(pem) = &tls.ca_pem {
        let unusable = |why: String| format!("tls.ca_pem {why}: write the PEM text of a certificate authority");
        for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
            let certificate = certificate.map_err(|error| unusable(format!("that is not PEM ({error})")))?;
            roots.add(certificate).map_err(|error| unusable(format!("that cannot be used ({error})")))?;
        }
        if roots.is_empty() {
            return Err(unusable("without a certificate".to_owned()));
        }
    } else {
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if roots.is_empty() {
            return Err(
                "no certificate authority on this machine: install ca-certificates or write tls.ca_pem".to_owned()
            );
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("TLS is not available: {error}"))?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

async fn log_in(config: &SmppConfig, socket: &mut Box<dyn Socket>) -> io::Result<(Frame, BytesMut)> {
    let mut output = BytesMut::new();
    put(&mut output, 1, 0, transceiver(config).map_err(io::Error::other)?);
    socket.write_all(&output).await?;
    socket.flush().await?;
    let mut input = BytesMut::with_capacity(64 * 1024);
    loop {
        while let Some(frame) = Frame::next(&mut input).map_err(io::Error::other)? {
            if matches!(frame.id, id::BIND_TRANSCEIVER_RESP | id::GENERIC_NACK) {
                return Ok((frame, input));
            }
        }
        if socket.read_buf(&mut input).await? == 0 {
            return Err(io::Error::other("it closed the connection"));
        }
    }
}

fn transceiver(config: &SmppConfig) -> Result<BindTransceiver, String> {
    Ok(BindTransceiver::builder()
        .system_id(octets("system_id", &config.system_id)?)
        .password(octets("password", config.password.expose())?)
        .system_type(octets("system_type", &config.system_type)?)
        .interface_version(InterfaceVersion::Smpp3_4)
        .addr_ton(Ton::Unknown)
        .addr_npi(Npi::Unknown)
        .build())
}

/// Logs out of a session that sent nothing; the carrier's answer is waited for a moment, so that it sees a clean end.
pub(super) async fn unbind(mut bound: Bound) -> io::Result<()> {
    let mut output = BytesMut::new();
    put(&mut output, 2, 0, Pdu::Unbind);
    bound.socket.write_all(&output).await?;
    bound.socket.flush().await?;
    let answer = async {
        loop {
            while let Some(frame) = Frame::next(&mut bound.input).map_err(io::Error::other)? {
                if frame.id == id::UNBIND_RESP {
                    return Ok(());
                }
            }
            if bound.socket.read_buf(&mut bound.input).await? == 0 {
                return Ok(());
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(2), answer).await.unwrap_or(Ok(()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rusmpp::pdus::DeliverSmResp;

    use super::*;

    proptest! {
        #[test]
        fn packets_come_out_whole_however_the_octets_arrive(cuts in proptest::collection::vec(1_usize..40, 1..60)) {
            let mut stream = BytesMut::new();
            put(&mut stream, 7, 0, Pdu::EnquireLink);
            put(&mut stream, 8, 0x64, DeliverSmResp::default());
            put(&mut stream, 9, 0, Pdu::Unbind);
            let (mut input, mut seen) = (BytesMut::new(), Vec::new());
            for cut in cuts {
                let some = stream.split_to(cut.min(stream.len()));
                input.extend_from_slice(&some);
                while let Some(frame) = Frame::next(&mut input).unwrap() {
                    seen.push((frame.id, frame.status, frame.sequence));
                }
            }
            let all = [(id::ENQUIRE_LINK, 0, 7), (0x8000_0005, 0x64, 8), (id::UNBIND, 0, 9)];
            prop_assert_eq!(&seen[..], &all[..seen.len()]);
            prop_assert!(!stream.is_empty() || seen.len() == 3);
        }

        #[test]
        fn octets_that_are_no_packets_end_the_session_and_nothing_else(octets in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut input = BytesMut::from(&octets[..]);
            while let Ok(Some(frame)) = Frame::next(&mut input) {
                prop_assert!(frame.text().len() <= 3 * octets.len());
            }
        }
    }

    #[test]
    fn a_length_that_cannot_be_is_said() {
        let mut input = BytesMut::from(&b"HTTP/1.1 400 Bad Request"[..]);
        let said = Frame::next(&mut input).unwrap_err();
        assert_eq!(said, "the carrier sent a packet of 1213486160 octets, which SMPP does not have");
    }
}
