//! The two requests that we make: a message, and whether the account is open.

use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, LOCATION, RETRY_AFTER};
use reqwest::{Method, RequestBuilder, StatusCode};
use schoolbell_domain::delivery::reason::FailReason;
use schoolbell_formats::twilio::{Answer, NewMessage, Sender};

use super::config::TwilioConfig;
use crate::secret::Secret;
use crate::{Outgoing, Unfetched};

/// No answer of the API is longer; what is says nothing.
const LONGEST_ANSWER: usize = 1024 * 1024;
/// From the API to where the carrier keeps files.
const MOST_HOPS: usize = 2;

pub(super) struct Client {
    http: reqwest::Client,
    account: String,
    base_url: String,
    auth_token: Secret,
    from: Sender,
    status_callback: String,
}

/// Whether the account can be used.
pub(super) enum Reach {
    Open,
    /// Why not, for the operator.
    Closed(String),
}

/// An answer, and how long the carrier asks us to wait before the next request.
pub(super) struct Said {
    pub answer: Answer,
    pub wait: Option<Duration>,
}

impl Client {
    pub(super) fn new(config: &TwilioConfig, status_callback: String) -> Result<Self, String> {
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(crate::tls::client_config(config.ca_file.as_deref())?)
            .timeout(Duration::from_secs(config.timeout_s))
            .connect_timeout(Duration::from_secs(config.timeout_s.min(10)))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .user_agent(concat!("schoolbell/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| format!("no HTTP client can be made ({error}): write nothing, tell the makers"))?;
        Ok(Self {
            http,
            account: config.account_sid.clone(),
            base_url: config.base_url.clone(),
            auth_token: config.auth_token.clone(),
            from: config.sender()?,
            status_callback,
        })
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("{}/2010-04-01/Accounts/{}{path}", self.base_url, self.account);
        self.http.request(method, url).basic_auth(&self.account, Some(self.auth_token.expose()))
    }

    /// Posts one message; never an error: what the wire did is an answer too.
    pub(super) async fn send(&self, outgoing: &Outgoing, validity_s: i64) -> Said {
        let own = outgoing.from.clone().map(|number| Sender { number: Some(number), service: None });
        let message = NewMessage {
            to: outgoing.to.expose(),
            from: own.as_ref().unwrap_or(&self.from),
            body: &outgoing.content.body,
            status_callback: Some(&self.status_callback),
            validity_s,
        };
        let post = self.request(Method::POST, "/Messages.json");
        let post = post.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(message.form());
        let response = match post.send().await {
            Ok(response) => response,
            Err(error) => return Said { answer: on_the_way(&error), wait: None },
        };
        let status = response.status();
        let wait = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
        let answer = match body(response).await {
            Ok(body) => Answer::of(status.as_u16(), &body),
            // The carrier decided, and we did not hear all of it.
            Err(why) if status.is_success() => Answer::Unclear { code: why },
            Err(_) => Answer::of(status.as_u16(), b""),
        };
        Said { answer, wait: wait.map(Duration::from_secs) }
    }

    /// A file that came with a text. Only an address of our account is asked, with its log-in; the carrier may send us on to where
    /// it keeps files, and that place gets no log-in.
    pub(super) async fn fetch(&self, address: &str, most: usize) -> Result<Vec<u8>, Unfetched> {
        let ours = format!("{}/2010-04-01/Accounts/{}/", self.base_url, self.account);
        if !address.starts_with(&ours) {
            return Err(Unfetched::Never("its address is none of this carrier account".to_owned()));
        }
        let mut request = self.http.get(address).basic_auth(&self.account, Some(self.auth_token.expose()));
        for _ in 0..=MOST_HOPS {
            let response = request.send().await.map_err(|error| Unfetched::Later(cause(&error)))?;
            let status = response.status();
            if status.is_success() {
                return octets(response, most).await;
            }
            if !status.is_redirection() {
                return Err(refused(status));
            }
            request = self.http.get(self.next_place(&response)?);
        }
        Err(Unfetched::Never("the carrier sends on too often".to_owned()))
    }

    /// Where the carrier sends us on: over TLS, or to itself.
    fn next_place(&self, response: &reqwest::Response) -> Result<String, Unfetched> {
        let place = response.headers().get(LOCATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if place.starts_with("https://") || place.starts_with(&format!("{}/", self.base_url)) {
            return Ok(place.to_owned());
        }
        Err(Unfetched::Never("the carrier sends on to a place that is not safe".to_owned()))
    }

    /// Asks for the account: the log-in holds, or why not.
    pub(super) async fn probe(&self) -> Reach {
        let response = match self.request(Method::GET, ".json").send().await {
            Ok(response) => response,
            Err(error) => return Reach::Closed(format!("{} cannot be reached: {}", self.base_url, cause(&error))),
        };
        match response.status() {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                Reach::Closed("the carrier refused the log-in; look at account_sid and auth_token".to_owned())
            }
            // A carrier that speaks only the message part of the API knows no such page.
            status if status.is_success() || status == StatusCode::NOT_FOUND => Reach::Open,
            status => Reach::Closed(format!("{} answers {status}", self.base_url)),
        }
    }
}

async fn body(mut response: reqwest::Response) -> Result<Vec<u8>, String> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| cause(&error))? {
        body.extend_from_slice(&chunk);
        if body.len() > LONGEST_ANSWER {
            return Err("the answer is longer than any of the API".to_owned());
        }
    }
    Ok(body)
}

/// The octets of an answer, not one more than `most`.
async fn octets(mut response: reqwest::Response, most: usize) -> Result<Vec<u8>, Unfetched> {
    let too_large = || Unfetched::Never(format!("it is larger than {} MB", most / (1024 * 1024)));
    if response.content_length().is_some_and(|length| length > most as u64) {
        return Err(too_large());
    }
    let mut octets = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| Unfetched::Later(cause(&error)))? {
        octets.extend_from_slice(&chunk);
        if octets.len() > most {
            return Err(too_large());
        }
    }
    Ok(octets)
}

fn refused(status: StatusCode) -> Unfetched {
    match status {
        StatusCode::NOT_FOUND | StatusCode::GONE => Unfetched::Never("the carrier has it no more".to_owned()),
        // The carrier's own store lags behind its web hook by a moment; a log-in can be mended.
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS => {
            Unfetched::Later(format!("the carrier answers {status}"))
        }
        status if status.is_server_error() => Unfetched::Later(format!("the carrier answers {status}")),
        status => Unfetched::Never(format!("the carrier answers {status}")),
    }
}

/// A request without an answer: before the connection stood nothing went out, after that it may have.
fn on_the_way(error: &reqwest::Error) -> Answer {
    if error.is_connect() || error.is_builder() {
        Answer::Refused { reason: FailReason::GatewayAway, code: cause(error) }
    } else {
        Answer::Unclear { code: cause(error) }
    }
}

/// The innermost cause; the outer ones name the address, which holds the account.
fn cause(error: &reqwest::Error) -> String {
    let mut inner: &dyn std::error::Error = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    if error.is_timeout() { "no answer in time".to_owned() } else { inner.to_string() }
}
