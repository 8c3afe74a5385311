//! One request: a sealed message for one device.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, RETRY_AFTER};
use schoolbell_domain::delivery::reason::FailReason;
use schoolbell_formats::push::{BrowserKeys, service_of};

use super::config::PushConfig;
use super::encrypt::encrypt;
use super::vapid::Vapid;
use super::{Device, Notice};

/// The longest that push services keep a message: four weeks.
const LONGEST_TTL_S: i64 = 28 * 24 * 3600;

pub(super) struct Client {
    http: reqwest::Client,
    vapid: Vapid,
    services: Vec<String>,
}

/// What a push service said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Said {
    /// It has the message.
    Taken,
    /// It knows no such device any more, or the device cannot be written to at all.
    Gone,
    /// Not now; perhaps it said for how long.
    Later {
        wait: Option<Duration>,
    },
    Refused {
        reason: FailReason,
        code: String,
    },
    /// The wire broke after the request had begun.
    Unclear {
        code: String,
    },
}

impl Client {
    pub(super) fn new(config: &PushConfig) -> Result<Self, String> {
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(crate::tls::client_config(config.ca_file.as_deref())?)
            .timeout(Duration::from_secs(config.timeout_s))
            .connect_timeout(Duration::from_secs(config.timeout_s.min(10)))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .user_agent(concat!("schoolbell/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| format!("no HTTP client can be made ({error}): write nothing, tell the makers"))?;
        Ok(Self { http, vapid: config.vapid()?, services: config.services.clone() })
    }

    /// Scheme, host and port of a device's push service; `None` if no message may go there.
    pub(super) fn service(&self, device: &Device) -> Option<String> {
        service_of(&device.endpoint, &self.services)
    }

    /// Never an error: what the wire did is an answer too.
    pub(super) async fn send(
        &self,
        (service, device): (&str, &Device),
        notice: &Notice,
        (now, expires_at): (Timestamp, Timestamp),
    ) -> Said {
        let Some(keys) = BrowserKeys::read(&device.public_key, &device.auth) else { return Said::Gone };
        let fault = |code: &str| Said::Refused { reason: FailReason::GatewayFault, code: code.to_owned() };
        let body = match encrypt(notice.payload.as_bytes(), &keys) {
            Ok(body) => body,
            Err("the browser's key is no point of the curve") => return Said::Gone,
            Err(why) => return fault(why),
        };
        let authorization = match self.vapid.authorization(service, now) {
            Ok(authorization) => authorization,
            Err(why) => return fault(why),
        };
        let ttl = expires_at.duration_since(now).as_secs().clamp(0, LONGEST_TTL_S);
        let request = self
            .http
            .post(&device.endpoint)
            .header(AUTHORIZATION, authorization)
            .header(CONTENT_ENCODING, "aes128gcm")
            .header(CONTENT_TYPE, "application/octet-stream")
            .header("TTL", ttl)
            .header("Urgency", notice.urgency.word())
            .header("Topic", &notice.topic)
            .body(body);
        match request.send().await {
            Ok(response) => said(&response),
            Err(error) if error.is_connect() || error.is_builder() => Said::Later { wait: None },
            Err(error) if error.is_timeout() => Said::Unclear { code: "no answer in time".to_owned() },
            // The error's own words name the endpoint.
            Err(_) => Said::Unclear { code: "the connection broke".to_owned() },
        }
    }
}

/// RFC 8030 sections 5 and 7.3; 401 and 403 of RFC 8292 section 4.
fn said(response: &reqwest::Response) -> Said {
    let wait = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
    let status = response.status().as_u16();
    let refused = |reason| Said::Refused { reason, code: format!("HTTP {status}") };
    match status {
        200..=299 => Said::Taken,
        404 | 410 => Said::Gone,
        401 | 403 => refused(FailReason::Credentials),
        413 => refused(FailReason::ContentRefused),
        429 | 500..=599 => Said::Later { wait: wait.map(Duration::from_secs) },
        _ => refused(FailReason::GatewayFault),
    }
}
