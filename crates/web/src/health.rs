//! `/healthz`: the process is up. `/readyz`: it can work.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use schoolbell_store::read::{district, gateways};
use serde_json::{Value, json};

use crate::WebState;

/// `GET /healthz`.
pub async fn alive() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: 200 when the database answers and every gateway is up, otherwise 503 with what is wrong.
///
/// No addresses and no secrets: a load balancer asks without signing in.
pub async fn ready(State(state): State<WebState>) -> Response {
    match look(&state).await {
        Ok((true, body)) => Json(body).into_response(),
        Ok((false, body)) => (StatusCode::SERVICE_UNAVAILABLE, Json(body)).into_response(),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "database": "away" }))).into_response()
        }
    }
}

async fn look(state: &WebState) -> schoolbell_store::StoreResult<(bool, Value)> {
    let mut reads = state.engine.reader().read().await?;
    let set_up = district::lookup_district(&mut reads).await?.is_some();
    let gateways = gateways::all(&mut reads).await?;
    let all_up = gateways.iter().all(|gateway| gateway.state == "up");
    let states: serde_json::Map<String, Value> =
        gateways.into_iter().map(|gateway| (gateway.name, Value::String(gateway.state))).collect();
    let full = state.engine.room.full_since().is_some();
    let database = match (set_up, full) {
        (_, true) => "full",
        (true, false) => "ok",
        (false, false) => "not set up",
    };
    Ok((set_up && all_up && !full, json!({ "database": database, "gateways": states })))
}
