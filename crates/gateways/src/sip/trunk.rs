//! One trunk's signalling: sockets, who we are, registration, and whether the carrier is there. `rsipstack` does the
//! transactions; it writes whole messages to its log at INFO, so the program's filter keeps it at WARN.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use rsipstack::EndpointBuilder;
use rsipstack::dialog::authenticate::Credential;
use rsipstack::dialog::dialog_layer::DialogLayer;
use rsipstack::dialog::registration::Registration;
use rsipstack::sip::prelude::HeadersExt;
use rsipstack::sip::{Header, Method, Request, SipMessage, StatusCode, Uri, typed};
use rsipstack::transaction::endpoint::{EndpointInnerRef, EndpointOption};
use rsipstack::transaction::key::{TransactionKey, TransactionRole};
use rsipstack::transaction::transaction::Transaction;
use rsipstack::transaction::{TransactionReceiver, make_tag};
use rsipstack::transport::udp::UdpConnection;
use rsipstack::transport::{SipAddr, TlsConfig, TransportLayer};
use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;

use super::config::{SipConfig, Transport};

/// How long a registration is asked for; the carrier may grant less.
const REGISTRATION_S: u32 = 300;
/// The longest that one look at the carrier takes.
const LOOK: Duration = Duration::from_secs(8);

/// Why the trunk cannot be used: a sentence for the operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NoTrunk {
    LogIn(String),
    Away(String),
}

impl NoTrunk {
    pub(super) fn sentence(&self) -> &str {
        match self {
            Self::LogIn(said) | Self::Away(said) => said,
        }
    }
}

/// The open trunk.
pub(super) struct Trunk {
    pub(super) layer: Arc<DialogLayer>,
    pub(super) config: SipConfig,
    /// Where our audio sockets are bound.
    pub(super) local: IpAddr,
    pub(super) contact: Uri,
    /// Calls that came in and wait to be answered.
    pub(super) visitors: tokio::sync::Mutex<mpsc::Receiver<Transaction>>,
    /// The lines for offices that are not in use.
    pub(super) offices: Semaphore,
    endpoint: EndpointInnerRef,
    registration: tokio::sync::Mutex<Option<Registration>>,
    stop: CancellationToken,
}

impl Drop for Trunk {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Trunk {
    /// Opens the sockets; nothing is said to the carrier yet.
    pub(super) async fn open(config: &SipConfig) -> Result<Self, NoTrunk> {
        let away = |what: &str, error: &dyn std::fmt::Display| NoTrunk::Away(format!("{what}: {error}"));
        let local = local_address(config).await;
        let stop = CancellationToken::new();
        let mut transports = TransportLayer::new(stop.clone());
        let bind = SocketAddr::new(local, config.listen.port());
        let connection = UdpConnection::create_connection(bind, None, Some(stop.child_token()))
            .await
            .map_err(|error| away(&format!("the address {bind} cannot be used"), &error))?;
        let here = connection.get_addr().clone();
        transports.add_transport(connection.into());
        if config.transport == Transport::Tls {
            transports.set_tls_config(tls(config).map_err(NoTrunk::Away)?);
        }
        transports.outbound = None;
        let option = EndpointOption { callid_suffix: Some(config.domain().to_owned()), ..EndpointOption::default() };
        let endpoint = EndpointBuilder::new()
            .with_option(option)
            .with_cancel_token(stop.clone())
            .with_transport_layer(transports)
            .with_user_agent(concat!("schoolbell/", env!("CARGO_PKG_VERSION")))
            .build();
        let incoming = endpoint.incoming_transactions().map_err(|error| away("no signalling", &error))?;
        let layer = Arc::new(DialogLayer::new(endpoint.inner.clone()));
        let inner = endpoint.inner.clone();
        tokio::spawn(async move {
            if let Err(error) = inner.serve().await {
                tracing::error!(%error, "the signalling of a trunk ended");
            }
        });
        let (to_visitors, visitors) = mpsc::channel(1);
        tokio::spawn(hear(incoming, layer.clone(), to_visitors));
        let mut contact = Uri::from(here);
        contact.auth = Some(user(&config.username.clone().unwrap_or_else(|| config.caller_id.clone())));
        if let Some(public) = config.public_address {
            contact.host_with_port.host = public.into();
        }
        let registration = config.registers().then(|| Registration::new(endpoint.inner.clone(), credential(config)));
        Ok(Self {
            layer,
            config: config.clone(),
            local,
            contact,
            visitors: tokio::sync::Mutex::new(visitors),
            offices: Semaphore::new(config.kept_lines()),
            endpoint: endpoint.inner.clone(),
            registration: tokio::sync::Mutex::new(registration),
            stop,
        })
    }

    /// `sip:USER@HOST:PORT;transport=…`, as this trunk is addressed.
    pub(super) fn uri(&self, name: Option<&str>, host: &str) -> Result<Uri, NoTrunk> {
        let port =
            self.config.port.filter(|_| host == self.config.host).map(|port| format!(":{port}")).unwrap_or_default();
        let transport = match self.config.transport {
            Transport::Udp => "",
            Transport::Tcp => ";transport=tcp",
            Transport::Tls => ";transport=tls",
        };
        let mut uri = Uri::try_from(format!("sip:{host}{port}{transport}"))
            .map_err(|error| NoTrunk::Away(format!("`{host}` is no address of a carrier: {error}")))?;
        uri.auth = name.map(user);
        Ok(uri)
    }

    pub(super) fn credential(&self) -> Option<Credential> {
        credential(&self.config)
    }

    /// Registers where the account does, otherwise asks whether the carrier is there. Answers when to look again.
    pub(super) async fn look(&self) -> Result<Duration, NoTrunk> {
        let server = self.config.server();
        let looked = tokio::time::timeout(LOOK, async {
            let mut registration = self.registration.lock().await;
            match registration.as_mut() {
                Some(registration) => self.register(registration).await,
                None => self.ask().await,
            }
        });
        match looked.await {
            Ok(said) => said,
            Err(_) => Err(NoTrunk::Away(format!("{server} does not answer"))),
        }
    }

    async fn register(&self, registration: &mut Registration) -> Result<Duration, NoTrunk> {
        let server = self.config.server();
        registration.contact =
            Some(typed::Contact { display_name: None, uri: self.contact.clone(), params: Vec::new() });
        let said = registration
            .register(self.uri(None, &self.config.host)?, Some(REGISTRATION_S))
            .await
            .map_err(|error| NoTrunk::Away(format!("{server} cannot be reached: {error}")))?;
        let (code, text) = (said.status_code.code(), said.status_code.text());
        match code {
            200..=299 => Ok(Duration::from_secs(u64::from(registration.expires().max(20))) * 4 / 5),
            401 | 403 | 404 | 407 => Err(NoTrunk::LogIn(format!("{server} refused the log-in: {code} {text}"))),
            _ => Err(NoTrunk::Away(format!("{server} does not register us: {code} {text}"))),
        }
    }

    /// Any answer to OPTIONS shows that somebody is there.
    async fn ask(&self) -> Result<Duration, NoTrunk> {
        if self.config.options_s <= 0.0 {
            return Ok(Duration::MAX);
        }
        let said = self.options().await;
        let (code, text) =
            said.map_err(|error| NoTrunk::Away(format!("{} does not answer: {error}", self.config.server())))?;
        tracing::debug!(code, text, "the carrier is there");
        Ok(Duration::from_secs_f64(self.config.options_s))
    }

    async fn options(&self) -> Result<(u16, String), String> {
        let error = |error: rsipstack::Error| error.to_string();
        let target = self.uri(None, &self.config.host).map_err(|no| no.sentence().to_owned())?;
        let target_address = SipAddr::try_from(&target).map_err(error)?;
        let (connection, _) = self.endpoint.transport_layer.lookup(&target_address, None).await.map_err(error)?;
        let via = self.endpoint.get_via(Some(connection.get_addr().clone()), None).map_err(error)?;
        let to = typed::To { display_name: None, uri: target.clone(), params: Vec::new() };
        let from =
            typed::From { display_name: None, uri: self.contact.clone(), params: Vec::new() }.with_tag(make_tag());
        let request: Request = self.endpoint.make_request(Method::Options, target, via, from, to, 1, None);
        let key = TransactionKey::from_request(&request, TransactionRole::Client).map_err(error)?;
        let mut transaction = Transaction::new_client(key, request, self.endpoint.clone(), None);
        transaction.send().await.map_err(error)?;
        while let Some(message) = transaction.receive().await {
            if let SipMessage::Response(response) = message
                && response.status_code.code() >= 200
            {
                // What the stack makes up itself when nobody answers.
                if response.status_code == StatusCode::RequestTimeout {
                    break;
                }
                return Ok((response.status_code.code(), response.status_code.text().to_owned()));
            }
        }
        Err("no answer".to_owned())
    }
}

fn user(name: &str) -> rsipstack::sip::Auth {
    rsipstack::sip::Auth { user: name.to_owned(), password: None }
}

fn credential(config: &SipConfig) -> Option<Credential> {
    Some(Credential {
        username: config.username.clone()?,
        password: config.password.as_ref()?.expose().to_owned(),
        realm: None,
        auth_username: config.auth_username.clone(),
    })
}

/// The address of this machine on the way to the carrier, unless the config names one.
async fn local_address(config: &SipConfig) -> IpAddr {
    if !config.listen.ip().is_unspecified() {
        return config.listen.ip();
    }
    let port = config.port.unwrap_or(5060);
    let remote = match tokio::net::lookup_host((config.host.as_str(), port)).await {
        Ok(mut found) => found.find(SocketAddr::is_ipv4),
        Err(_) => None,
    };
    // A domain that has only SRV records: the way out into the world will do. Nothing is sent.
    let remote = remote.unwrap_or(SocketAddr::from(([192, 0, 2, 1], port)));
    let routed = std::net::UdpSocket::bind((std::net::Ipv4Addr::UNSPECIFIED, 0)).and_then(|socket| {
        socket.connect(remote)?;
        socket.local_addr()
    });
    routed.map_or(config.listen.ip(), |address| address.ip())
}

fn tls(config: &SipConfig) -> Result<TlsConfig, String> {
    let ca_certs = match &config.ca_pem {
        Some(pem) => pem.clone().into_bytes(),
        None => machine_authorities()?.into_bytes(),
    };
    let sni_hostname = Some(config.server_name.clone().unwrap_or_else(|| config.host.clone()));
    Ok(TlsConfig { ca_certs: Some(ca_certs), sni_hostname, ..TlsConfig::default() })
}

/// The machine's certificate authorities as PEM text: the stack trusts none by itself.
fn machine_authorities() -> Result<String, String> {
    use base64::Engine as _;
    let certificates = rustls_native_certs::load_native_certs().certs;
    if certificates.is_empty() {
        return Err("no certificate authority on this machine: install ca-certificates or write ca_pem".to_owned());
    }
    let pem = |der: &[u8]| {
        let text = base64::engine::general_purpose::STANDARD.encode(der);
        format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")
    };
    Ok(certificates.iter().map(|certificate| pem(certificate)).collect())
}

/// Answers what the other side begins: requests within a call go to it, a look whether we are there is answered, and
/// calls to us go to whoever receives visitors; where nobody does, they are declined.
async fn hear(mut incoming: TransactionReceiver, layer: Arc<DialogLayer>, visitors: mpsc::Sender<Transaction>) {
    while let Some(mut transaction) = incoming.recv().await {
        let in_call = transaction.original.to_header().and_then(rsipstack::sip::To::tag).is_ok_and(|tag| tag.is_some());
        let dialog = if in_call { layer.match_dialog(&transaction) } else { None };
        if dialog.is_none() && !in_call && transaction.original.method == Method::Invite {
            match visitors.try_send(transaction) {
                Ok(()) => continue,
                Err(mpsc::error::TrySendError::Full(back) | mpsc::error::TrySendError::Closed(back)) => {
                    transaction = back;
                }
            }
        }
        tokio::spawn(async move {
            let done = match (dialog, &transaction.original.method) {
                (Some(mut dialog), _) => dialog.handle(&mut transaction).await,
                (None, Method::Ack) => Ok(()),
                (None, Method::Options) => transaction.reply(StatusCode::OK).await,
                (None, Method::Invite) => transaction.reply(StatusCode::TemporarilyUnavailable).await,
                (None, _) if in_call => transaction.reply(StatusCode::CallTransactionDoesNotExist).await,
                (None, _) => transaction.reply(StatusCode::MethodNotAllowed).await,
            };
            if let Err(error) = done {
                tracing::debug!(%error, "a request of the carrier was not answered");
            }
        });
    }
}

/// The values of these headers.
pub(super) fn header_values(headers: &rsipstack::sip::Headers, name: &str) -> Vec<String> {
    let named = headers.iter().filter(|header: &&Header| header.name().eq_ignore_ascii_case(name));
    named.map(|header| header.value().trim().to_owned()).collect()
}
