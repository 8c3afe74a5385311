//! `POST /api/v1/attendance`: an attendance file from the school's own system, with the token of the settings.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use schoolbell_engine::commands::import_attendance::{AttendanceFile, import_attendance};
use schoolbell_engine::{Actor, CommandError};
use schoolbell_formats::attendance::AttendanceColumns;
use serde_json::json;

use crate::WebState;
use crate::error::PageResult;
use crate::form::same_token;

/// The body is the CSV; the answer says what came of it. Without the token, or where the settings name none, nothing is read.
pub async fn import(State(state): State<WebState>, headers: HeaderMap, bytes: Bytes) -> PageResult<Response> {
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or("");
    let token = given.strip_prefix("Bearer ").unwrap_or("");
    if !state.settings.attendance_token.as_deref().is_some_and(|known| same_token(known, token)) {
        let said = json!({ "error": "the token is missing or wrong; it stands as `auth_token` in [attendance] of the settings" });
        return Ok((StatusCode::UNAUTHORIZED, Json(said)).into_response());
    }
    let file = AttendanceFile { name: "API".to_owned(), bytes: bytes.to_vec(), columns: AttendanceColumns::default() };
    let actor = Actor { name: "attendance API".to_owned(), ..Actor::command_line() };
    match import_attendance(&state.engine, &actor, file).await {
        Ok(report) => Ok(Json(json!({
            "import": report.id, "rows": report.seen, "changed": report.changed, "corrected": report.corrected,
            "errors": report.errors, "warnings": report.warnings, "issues": report.issues,
        }))
        .into_response()),
        Err(CommandError::BadInput(problems)) => {
            let said: Vec<&str> = problems.iter().map(|problem| problem.message.as_str()).collect();
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Json(json!({ "error": said.join("; ") }))).into_response())
        }
        Err(error) => Err(error.into()),
    }
}
