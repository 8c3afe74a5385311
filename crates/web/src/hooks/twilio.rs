//! `/hooks/twilio/{gateway}/…`: later words on messages, and texts that came in. Only what the account's own token signed is
//! believed; the signature is checked on the form as it was sent, before anything of it is read.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use schoolbell_engine::hooks::{self, HookText};
use schoolbell_formats::twilio::{Callback, Incoming, Signer, form};
use schoolbell_store::StoreError;

use crate::WebState;

/// Who may call the hooks of one gateway.
#[derive(Debug, Clone)]
pub struct TwilioHook {
    /// The gateway's name in the config.
    pub gateway: String,
    pub signer: Signer,
}

/// An answer without words: the carrier shall do nothing more, and text nobody in our name.
const NOTHING_MORE: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response/>";

/// A call to a hook that the gateway's account signed.
pub struct Called {
    gateway: String,
    fields: Vec<(String, String)>,
}

impl FromRequest<WebState> for Called {
    type Rejection = StatusCode;

    async fn from_request(request: Request, state: &WebState) -> Result<Self, StatusCode> {
        let (mut parts, body) = request.into_parts();
        let Ok(Path(gateway)) = Path::<String>::from_request_parts(&mut parts, state).await else {
            return Err(StatusCode::NOT_FOUND);
        };
        let hook = state.settings.twilio.iter().find(|hook| hook.gateway == gateway).ok_or(StatusCode::NOT_FOUND)?;
        let signature =
            parts.headers.get("x-twilio-signature").and_then(|value| value.to_str().ok()).unwrap_or_default();
        // The carrier signs the address that it was told, which is the one by which the world knows us.
        let asked = parts.uri.path_and_query().map_or("/", |asked| asked.as_str());
        let url = format!("{}{asked}", state.settings.base_url);
        let Ok(body) = Bytes::from_request(Request::new(body), state).await else {
            return Err(StatusCode::BAD_REQUEST);
        };
        let fields = form(&body);
        if hook.signer.is_genuine(&url, &fields, signature) {
            return Ok(Self { gateway, fields });
        }
        tracing::warn!(gateway, "a call to the hook was not signed by the account and is not believed");
        Err(StatusCode::FORBIDDEN)
    }
}

/// `POST /hooks/twilio/{gateway}/status`: how far a message has come.
pub async fn status(State(state): State<WebState>, Called { gateway, fields }: Called) -> Response {
    let Some(callback) = Callback::of(&fields) else {
        // Signed and unknown: a status of the future. Refused, the carrier would only say it again.
        tracing::warn!(gateway, "a hook of the carrier said something that no manual names");
        return StatusCode::NO_CONTENT.into_response();
    };
    let kept = hooks::receipt(&state.engine, &gateway, callback.sid, callback.status, callback.raw).await;
    answer(&gateway, kept, StatusCode::NO_CONTENT.into_response())
}

/// `POST /hooks/twilio/{gateway}/inbound`: a text that came in.
pub async fn inbound(State(state): State<WebState>, Called { gateway, fields }: Called) -> Response {
    let Some(text) = Incoming::of(&fields) else { return StatusCode::BAD_REQUEST.into_response() };
    let text = HookText { reference: text.sid, from: text.from, to: text.to, body: text.body, media: text.media };
    let kept = hooks::text(&state.engine, &gateway, text).await;
    answer(&gateway, kept, ([(header::CONTENT_TYPE, "text/xml")], NOTHING_MORE).into_response())
}

/// "Kept", or "say it again".
fn answer(gateway: &str, kept: Result<(), StoreError>, good: Response) -> Response {
    match kept {
        Ok(()) => good,
        Err(error) => {
            tracing::error!(gateway, %error, "what the carrier said could not be kept; it is asked to say it again");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}
