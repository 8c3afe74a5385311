//! `/hooks/twilio/{gateway}/…`: later words on messages, and texts that came in. Only what the account's own token signed is
//! believed; the signature is checked on the form as it was sent, before anything of it is read.

use axum::body::Bytes;
use axum::extract::{OriginalUri, Path, State};
use axum::http::{HeaderMap, StatusCode, header};
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

/// `POST /hooks/twilio/{gateway}/status`: how far a message has come.
pub async fn status(
    State(state): State<WebState>,
    Path(gateway): Path<String>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let fields = match genuine(&state, &gateway, uri.path(), uri.query(), (&headers, &body)) {
        Ok(fields) => fields,
        Err(status) => return status.into_response(),
    };
    let Some(callback) = Callback::of(&fields) else {
        // Signed and unknown: a status of the future. Refused, the carrier would only say it again.
        tracing::warn!(gateway, "a hook of the carrier said something that no manual names");
        return StatusCode::NO_CONTENT.into_response();
    };
    let kept = hooks::receipt(&state.engine, &gateway, callback.sid, callback.status, callback.raw).await;
    answer(&gateway, kept, StatusCode::NO_CONTENT.into_response())
}

/// `POST /hooks/twilio/{gateway}/inbound`: a text that came in.
pub async fn inbound(
    State(state): State<WebState>,
    Path(gateway): Path<String>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let fields = match genuine(&state, &gateway, uri.path(), uri.query(), (&headers, &body)) {
        Ok(fields) => fields,
        Err(status) => return status.into_response(),
    };
    let Some(text) = Incoming::of(&fields) else { return StatusCode::BAD_REQUEST.into_response() };
    let text = HookText { reference: text.sid, from: text.from, to: text.to, body: text.body, media: text.media };
    let kept = hooks::text(&state.engine, &gateway, text).await;
    answer(&gateway, kept, ([(header::CONTENT_TYPE, "text/xml")], NOTHING_MORE).into_response())
}

/// The fields of a call that the gateway's account signed; otherwise what to answer.
fn genuine(
    state: &WebState,
    gateway: &str,
    path: &str,
    query: Option<&str>,
    (headers, body): (&HeaderMap, &Bytes),
) -> Result<Vec<(String, String)>, StatusCode> {
    let hook = state.settings.twilio.iter().find(|hook| hook.gateway == gateway).ok_or(StatusCode::NOT_FOUND)?;
    let signature = headers.get("x-twilio-signature").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    // The carrier signs the address that it was told, which is the one by which the world knows us.
    let url = format!("{}{path}{query}", state.settings.base_url);
    let fields = form(body);
    if hook.signer.is_genuine(&url, &fields, signature) {
        return Ok(fields);
    }
    tracing::warn!(gateway, "a call to the hook was not signed by the account and is not believed");
    Err(StatusCode::FORBIDDEN)
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
