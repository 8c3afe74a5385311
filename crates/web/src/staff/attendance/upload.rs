//! `/attendance/files/new`: a file by upload.

use askama::Template;
use axum::extract::{FromRequest, Multipart, Request, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use schoolbell_domain::permission::Act;
use schoolbell_engine::commands::import_attendance::{AttendanceFile, AttendanceReport, import_attendance};
use schoolbell_engine::{CommandError, Problem};
use schoolbell_formats::attendance::AttendanceColumns;

use crate::WebState;
use crate::error::{PageError, PageResult};
use crate::form::{Problems, problem};
use crate::frame::{Frame, Place, html};
use crate::session::Staff;

#[derive(Template)]
#[template(path = "attendance_upload.html")]
struct UploadPage {
    frame: Frame,
    problems: Problems,
    report: Option<AttendanceReport>,
}

/// `GET /attendance/files/new`.
pub async fn page(staff: Staff) -> PageResult<Html<String>> {
    staff.must_somewhere(Act::RecordAttendance)?;
    show(&staff, Vec::new(), None)
}

fn show(staff: &Staff, problems: Vec<Problem>, report: Option<AttendanceReport>) -> PageResult<Html<String>> {
    let frame = Frame::new(staff, Place::Attendance, "Attendance file");
    html(&UploadPage { frame, problems: Problems(problems), report })
}

/// `POST /attendance/files/new`.
pub async fn post(State(state): State<WebState>, staff: Staff, request: Request) -> PageResult<Response> {
    staff.must_somewhere(Act::RecordAttendance)?;
    let form = Multipart::from_request(request, &state).await.map_err(|_| unreadable())?;
    let file = match receive(&staff, form).await? {
        Ok(file) => file,
        Err(wrong) => return again(&staff, vec![wrong]),
    };
    match import_attendance(&state.engine, &staff.actor, file).await {
        Ok(report) => Ok(show(&staff, Vec::new(), Some(report))?.into_response()),
        Err(CommandError::BadInput(problems)) => again(&staff, problems),
        Err(error) => Err(error.into()),
    }
}

fn again(staff: &Staff, problems: Vec<Problem>) -> PageResult<Response> {
    Ok((StatusCode::UNPROCESSABLE_ENTITY, show(staff, problems, None)?).into_response())
}

fn unreadable() -> PageError {
    PageError::BadInput(vec![problem("file", "the upload broke off; choose the file and send it again")])
}

async fn receive(staff: &Staff, mut form: Multipart) -> PageResult<Result<AttendanceFile, Problem>> {
    let mut trusted = false;
    let mut file = AttendanceFile { name: String::new(), bytes: Vec::new(), columns: AttendanceColumns::default() };
    while let Some(field) = form.next_field().await.map_err(|_| unreadable())? {
        match field.name().unwrap_or("") {
            "csrf" => {
                staff.check_token(&field.text().await.map_err(|_| unreadable())?)?;
                trusted = true;
            }
            "file" if !trusted => return Err(PageError::forged()),
            "file" => {
                file.name = field.file_name().unwrap_or("attendance.csv").chars().take(200).collect();
                file.bytes = field.bytes().await.map_err(|_| unreadable())?.to_vec();
            }
            _ => {}
        }
    }
    if file.bytes.is_empty() {
        return Ok(Err(problem("file", "choose the attendance file, a CSV")));
    }
    Ok(Ok(file))
}
