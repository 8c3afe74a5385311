//! `/attendance.csv`: the list of a day with its answers, for the school's own system.

use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use schoolbell_formats::attendance::{ExportRow, export};
use serde::Deserialize;

use super::list::{day_of, listed};
use crate::WebState;
use crate::error::PageResult;
use crate::session::Staff;

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    day: String,
    school: String,
}

/// `GET /attendance.csv?day=…&school=…`: one line for each period.
pub async fn csv(State(state): State<WebState>, staff: Staff, Query(asked): Query<Asked>) -> PageResult<Response> {
    let day = day_of(&staff, &asked.day);
    let mut reads = state.engine.reader().read().await?;
    let mut rows = Vec::new();
    for found in listed(&mut reads, &staff, day, &asked.school).await? {
        let answer = found.answer.as_ref();
        for (period, code, _) in &found.line.marks {
            rows.push(ExportRow {
                student: found.line.number.clone(),
                school: found.line.school_source.clone(),
                day: day.to_string(),
                period: period.clone(),
                code: code.clone(),
                state: found.state.word().to_owned(),
                reason: answer.map(|answer| answer.reason.word().to_owned()).unwrap_or_default(),
                note: answer.map(|answer| answer.note.clone()).unwrap_or_default(),
                source: answer.map(|answer| answer.source.clone()).unwrap_or_default(),
                answered_at: answer.map(|answer| answer.at.to_string()).unwrap_or_default(),
            });
        }
    }
    let name = format!("attachment; filename=\"attendance-{day}.csv\"");
    let headers = [(header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()), (header::CONTENT_DISPOSITION, name)];
    Ok((headers, export(&rows)).into_response())
}
