//! `/roster`: runs of the importer; a new one; and one run with what it changes, what is wrong, and the guard.

use std::path::PathBuf;

use askama::Template;
use axum::extract::{FromRequest, Multipart, Path, Query, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use schoolbell_domain::ids::ImportId;
use schoolbell_domain::permission::{Act, Scope};
use schoolbell_domain::roster::diff::{Count, DiffCounts};
use schoolbell_domain::roster::issue::{Issue, Severity};
use schoolbell_engine::commands::discard_import::discard_import;
use schoolbell_engine::commands::import_roster::import_roster;
use schoolbell_engine::commands::release_import::release_import;
use schoolbell_engine::commands::roll_back_import::roll_back_import;
use schoolbell_engine::roster::{ImportRequest, ImportSummary, Phase, Source};
use schoolbell_engine::{CommandError, Problem, dice};
use schoolbell_formats::district_csv::ColumnMap;
use schoolbell_store::read::imports::{ImportRow, ImportState, issues, last_sync, lookup_import, newest_imports};
use serde::Deserialize;
use tokio::io::AsyncWriteExt;

use super::broadcast::export::csv_field;
use crate::WebState;
use crate::error::{PageError, PageResult};
use crate::form::{Problems, Signed, problem};
use crate::frame::{Frame, Place, html};
use crate::looks::Badge;
use crate::session::Staff;
use crate::times::{Teller, TimeElement, counted, grouped};

const SHOWN: i64 = 20;

#[derive(Template)]
#[template(path = "roster.html")]
struct RosterPage {
    frame: Frame,
    may_import: bool,
    runs: Vec<Run>,
    last_sync: Option<TimeElement>,
}

#[derive(Template)]
#[template(path = "import_new.html")]
struct NewPage {
    frame: Frame,
    problems: Problems,
    most: String,
}

#[derive(Template)]
#[template(path = "import.html")]
struct ImportPage {
    frame: Frame,
    run: Run,
    progress: Option<(String, u64)>,
    tried: bool,
    failure: String,
    holds: Vec<String>,
    may_import: bool,
    rows: Vec<DiffLine>,
    errors: String,
    warnings: String,
    issues: Vec<IssueLine>,
    more_issues: bool,
    problems: Problems,
    said: &'static str,
}

struct Run {
    id: String,
    source: String,
    format: String,
    badge: Badge,
    actor: String,
    reason: String,
    at: TimeElement,
    state: Option<ImportState>,
}

struct DiffLine {
    name: &'static str,
    added: String,
    changed: String,
    left: String,
    unchanged: String,
}

struct IssueLine {
    badge: Badge,
    place: String,
    field: String,
    value: String,
    message: String,
}

#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    problem: String,
}

/// `GET /roster`.
pub async fn list(State(state): State<WebState>, staff: Staff) -> PageResult<Html<String>> {
    staff.must_somewhere(Act::SeeRoster)?;
    let teller = staff.teller();
    let mut reads = state.engine.reader().read().await?;
    let runs = newest_imports(&mut reads, 50).await?;
    html(&RosterPage {
        frame: Frame::new(&staff, Place::Roster, "Roster").live(),
        may_import: staff.actor.must(Act::ImportRoster, Scope::District).is_ok(),
        last_sync: last_sync(&mut reads).await?.map(|at| teller.tell(at)),
        runs: runs.iter().map(|row| run(row, &teller)).collect(),
    })
}

/// `GET /roster/imports/new`.
pub async fn new(State(state): State<WebState>, staff: Staff) -> PageResult<Html<String>> {
    staff.actor.must(Act::ImportRoster, Scope::District)?;
    show_new(&state, &staff, Vec::new())
}

fn show_new(state: &WebState, staff: &Staff, problems: Vec<Problem>) -> PageResult<Html<String>> {
    let most = u64::try_from(state.settings.max_upload_bytes / (1024 * 1024)).unwrap_or(u64::MAX);
    let frame = Frame::new(staff, Place::Roster, "Import a roster");
    html(&NewPage { frame, problems: Problems(problems), most: format!("{} MB", grouped(most)) })
}

/// What an upload's form said.
struct Upload {
    path: PathBuf,
    name: String,
    dry_run: bool,
    strict: bool,
}

/// `POST /roster/imports/new`: the file goes to the upload folder as it comes; the token is the form's first field.
pub async fn upload(State(state): State<WebState>, staff: Staff, request: Request) -> PageResult<Response> {
    staff.actor.must(Act::ImportRoster, Scope::District)?;
    let header = request.headers().get("x-csrf-token").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let fragment = request.headers().contains_key("hx-request");
    if let Some(token) = &header {
        staff.check_token(token)?;
    }
    let form = Multipart::from_request(request, &state).await.map_err(|_| unreadable())?;
    let upload = match receive(&state, &staff, form, header.is_some()).await? {
        Ok(upload) => upload,
        Err(wrong) => return again(&state, &staff, vec![wrong]),
    };
    let source = Source::Upload { path: upload.path, name: upload.name };
    let wanted = ImportRequest { dry_run: upload.dry_run, strict: upload.strict, ..ImportRequest::of(source) };
    let (engine, actor) = (state.engine.clone(), staff.actor.clone());
    // A browser that goes away must not cut an import short.
    let running = tokio::spawn(async move { import_roster(&engine, &actor, wanted).await });
    match running.await.map_err(PageError::fault)? {
        Ok(report) => match report.id {
            Some(id) => Ok(go_to(&format!("/roster/imports/{id}"), fragment)),
            None => Ok(show_tried(&staff, &report)?.into_response()),
        },
        Err(CommandError::BadInput(problems)) => again(&state, &staff, problems),
        Err(error) => Err(error.into()),
    }
}

fn again(state: &WebState, staff: &Staff, problems: Vec<Problem>) -> PageResult<Response> {
    Ok((StatusCode::UNPROCESSABLE_ENTITY, show_new(state, staff, problems)?).into_response())
}

fn unreadable() -> PageError {
    PageError::BadInput(vec![problem("file", "the upload broke off; choose the file and send it again")])
}

fn go_to(path: &str, fragment: bool) -> Response {
    match HeaderValue::from_str(path) {
        Ok(path) if fragment => {
            (StatusCode::NO_CONTENT, [(header::HeaderName::from_static("hx-redirect"), path)]).into_response()
        }
        Ok(_) | Err(_) => Redirect::to(path).into_response(),
    }
}

async fn receive(
    state: &WebState,
    staff: &Staff,
    mut form: Multipart,
    mut trusted: bool,
) -> PageResult<Result<Upload, Problem>> {
    let mut upload = Upload { path: PathBuf::new(), name: String::new(), dry_run: false, strict: false };
    let mut bytes = 0_usize;
    while let Some(mut field) = form.next_field().await.map_err(|_| unreadable())? {
        match field.name().unwrap_or("") {
            "csrf" => {
                staff.check_token(&field.text().await.map_err(|_| unreadable())?)?;
                trusted = true;
            }
            "dry_run" => upload.dry_run = true,
            "strict" => upload.strict = true,
            "file" if !trusted => return Err(PageError::forged()),
            "file" => {
                upload.name = field.file_name().unwrap_or("roster").chars().take(200).collect();
                // The reader tells a table from an archive by the ending; the rest of the name is ours.
                let zipped = upload.name.to_lowercase().ends_with(".zip");
                let ending = if zipped { "zip" } else { "csv" };
                upload.path = state.settings.upload_folder.join(format!("roster-{}.{ending}", dice::token()));
                let mut file = tokio::fs::File::create(&upload.path).await.map_err(PageError::fault)?;
                while let Some(chunk) = field.chunk().await.map_err(|_| unreadable())? {
                    bytes += chunk.len();
                    file.write_all(&chunk).await.map_err(PageError::fault)?;
                }
                file.flush().await.map_err(PageError::fault)?;
            }
            _ => {}
        }
    }
    if bytes == 0 {
        return Ok(Err(problem("file", "choose the roster file: a zip, or one CSV")));
    }
    Ok(Ok(upload))
}

/// `GET /roster/imports/{id}`.
pub async fn page(
    State(state): State<WebState>,
    staff: Staff,
    Path(id): Path<ImportId>,
    Query(asked): Query<Asked>,
) -> PageResult<Html<String>> {
    staff.must_somewhere(Act::SeeRoster)?;
    let mut reads = state.engine.reader().read().await?;
    let row = lookup_import(&mut reads, id).await?.ok_or(PageError::NotFound)?;
    let found = issues(&mut reads, id, 0, SHOWN).await?;
    let summary = ImportSummary::from_json(&row.summary);
    let progress = state.engine.import_progress(id).map(|progress| {
        let words = match progress.phase {
            Phase::Reading => "Reading the files",
            Phase::Comparing => "Comparing with what stands",
            Phase::Writing => "Writing",
        };
        (words.to_owned(), progress.percent())
    });
    let teller = staff.teller();
    let mut page = import_page(&staff, run(&row, &teller), summary.as_ref(), &found);
    page.progress = progress;
    page.frame.live = matches!(row.state, ImportState::Reading | ImportState::Held);
    if asked.problem == "reason" {
        page.problems = Problems(vec![problem("reason", "say why; it stands in the audit log")]);
    }
    html(&page)
}

fn show_tried(staff: &Staff, report: &schoolbell_engine::roster::ImportReport) -> PageResult<Html<String>> {
    let teller = staff.teller();
    let run = Run {
        id: String::new(),
        source: report.summary.source.name(),
        format: report.format.to_owned(),
        badge: Badge { tone: "brand", icon: "eye", words: "Only tried" },
        actor: staff.actor.name.clone(),
        reason: String::new(),
        at: teller.tell(staff.now),
        state: None,
    };
    let shown = report.issues.get(..20).unwrap_or(&report.issues);
    let mut page = import_page(staff, run, Some(&report.summary), shown);
    page.tried = true;
    html(&page)
}

fn import_page(staff: &Staff, run: Run, summary: Option<&ImportSummary>, found: &[Issue]) -> ImportPage {
    let n = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    let (errors, warnings) = summary.map_or((0, 0), |summary| (summary.errors, summary.warnings));
    ImportPage {
        frame: Frame::new(staff, Place::Roster, format!("Import of {}", run.source)),
        progress: None,
        tried: false,
        failure: summary
            .and_then(|summary| summary.failure.clone())
            .map(|text| crate::error::as_sentence(&text))
            .unwrap_or_default(),
        holds: summary
            .map(|summary| summary.holds.iter().map(|hold| crate::error::as_sentence(&hold.sentence())).collect())
            .unwrap_or_default(),
        may_import: staff.actor.must(Act::ImportRoster, Scope::District).is_ok(),
        rows: summary.map(|summary| diff_lines(&summary.counts)).unwrap_or_default(),
        errors: counted(n(errors), "row or value was left out", "rows or values were left out"),
        warnings: counted(n(warnings), "warning", "warnings"),
        more_issues: errors + warnings > found.len(),
        issues: found.iter().map(issue_line).collect(),
        problems: Problems::default(),
        said: run.badge.words,
        run,
    }
}

/// `GET /roster/imports/{id}/issues.csv`: all of them.
pub async fn issues_csv(State(state): State<WebState>, staff: Staff, Path(id): Path<ImportId>) -> PageResult<Response> {
    staff.must_somewhere(Act::SeeRoster)?;
    let mut reads = state.engine.reader().read().await?;
    lookup_import(&mut reads, id).await?.ok_or(PageError::NotFound)?;
    let mut text = "severity,file,line,field,value,message\r\n".to_owned();
    for issue in issues(&mut reads, id, 0, i64::MAX).await? {
        let line = issue.line.to_string();
        let fields = [issue.severity.word(), &issue.file, &line, &issue.field, &issue.value, &issue.message];
        text.push_str(&fields.map(csv_field).join(","));
        text.push_str("\r\n");
    }
    let name = format!("attachment; filename=\"issues-{id}.csv\"");
    let headers = [(header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()), (header::CONTENT_DISPOSITION, name)];
    Ok((headers, text).into_response())
}

/// `POST /roster/imports/{id}`: `do` is release, discard or roll-back.
pub async fn decide(State(state): State<WebState>, Path(id): Path<ImportId>, form: Signed) -> PageResult<Redirect> {
    let Signed { staff, fields } = form;
    let reason = fields.text("reason").to_owned();
    let (engine, actor) = (state.engine.clone(), staff.actor.clone());
    let done = match fields.text("do") {
        // As with an upload: once begun, it runs to its end.
        "release" => {
            let running =
                tokio::spawn(async move { release_import(&engine, &actor, id, &reason, ColumnMap::default()).await });
            running.await.map_err(PageError::fault)?.map(drop)
        }
        "discard" => discard_import(&engine, &actor, id).await,
        "roll-back" => roll_back_import(&engine, &actor, id, &reason).await.map(drop),
        _ => return Err(PageError::BadInput(vec![problem("do", "choose what to do with the import")])),
    };
    match done {
        Ok(()) => Ok(Redirect::to(&format!("/roster/imports/{id}"))),
        Err(CommandError::BadInput(problems)) if problems.iter().all(|problem| problem.field == "reason") => {
            Ok(Redirect::to(&format!("/roster/imports/{id}?problem=reason")))
        }
        Err(error) => Err(error.into()),
    }
}

fn run(row: &ImportRow, teller: &Teller) -> Run {
    Run {
        id: row.id.to_string(),
        source: row.source.clone(),
        format: row.format.clone(),
        badge: badge(row.state),
        actor: row.actor.clone(),
        reason: row.reason.clone().unwrap_or_default(),
        at: teller.tell(row.finished_at.unwrap_or(row.started_at)),
        state: Some(row.state),
    }
}

const fn badge(state: ImportState) -> Badge {
    match state {
        ImportState::Reading => Badge { tone: "bell", icon: "clock", words: "Running" },
        ImportState::Held => Badge { tone: "bell", icon: "shield-check", words: "Waits for you" },
        ImportState::Applied => Badge { tone: "ok", icon: "circle-check", words: "Applied" },
        ImportState::Unchanged => Badge { tone: "ok", icon: "check", words: "Nothing new" },
        ImportState::Failed => Badge { tone: "bell", icon: "circle-alert", words: "Not taken" },
        ImportState::Discarded => Badge { tone: "", icon: "ban", words: "Discarded" },
        ImportState::RolledBack => Badge { tone: "", icon: "undo-2", words: "Rolled back" },
    }
}

fn diff_lines(counts: &DiffCounts) -> Vec<DiffLine> {
    let line = |name, count: Count| {
        let n = |count: usize| grouped(u64::try_from(count).unwrap_or(u64::MAX));
        DiffLine {
            name,
            added: n(count.added),
            changed: n(count.changed),
            left: n(count.left),
            unchanged: n(count.unchanged),
        }
    };
    vec![
        line("Schools", counts.schools),
        line("Students", counts.students),
        line("Contacts", counts.guardians),
        line("Staff", counts.staff),
        line("Phones and e-mails", counts.points),
        line("Different phone numbers", counts.numbers),
        line("Who belongs to whom", counts.relationships),
        line("Classes", counts.sections),
        line("Places in classes", counts.enrollments),
    ]
}

fn issue_line(issue: &Issue) -> IssueLine {
    IssueLine {
        badge: match issue.severity {
            Severity::Error => Badge { tone: "bell", icon: "circle-alert", words: "Left out" },
            Severity::Warning => Badge { tone: "", icon: "info", words: "Look at it" },
        },
        place: match (issue.file.is_empty(), issue.line) {
            (true, _) => "The whole roster".to_owned(),
            (false, 0) => issue.file.clone(),
            (false, line) => format!("{}, line {line}", issue.file),
        },
        field: issue.field.clone(),
        value: issue.value.clone(),
        message: crate::error::as_sentence(&issue.message),
    }
}
