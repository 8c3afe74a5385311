//! Every address and what answers it, with the layers around all of them.

use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::timeout::TimeoutLayer;

use crate::error::PageError;
use crate::{
    WebState, absence, api, assets, error, family, health, hooks, live, rules, security, staff, survey, unsubscribe,
};

/// Forms are small; a message of a megabyte is none.
const FORM_BYTES: usize = 1024 * 1024;
/// No page takes so long; a carrier or a disk that hangs must not hold its visitor.
const LONGEST: Duration = Duration::from_secs(30);

pub fn all(state: WebState) -> Router {
    let pages = pages()
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, LONGEST))
        .layer(DefaultBodyLimit::max(FORM_BYTES));
    Router::new()
        .merge(pages)
        .merge(families())
        .merge(slow(state.settings.max_upload_bytes))
        .route("/static/{name}", get(assets::serve))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .fallback(async || PageError::NotFound)
        .layer(from_fn(security::same_origin))
        .layer(from_fn(error::dress))
        .layer(CatchPanicLayer::new())
        .layer(from_fn_with_state(state.clone(), security::headers))
        .layer(CompressionLayer::new())
        .with_state(state)
}

/// What answers within the time of a page.
fn pages() -> Router<WebState> {
    Router::new()
        .route("/", get(staff::home::page))
        .route("/now", get(staff::home::fragment))
        .route("/held", post(staff::held::decide))
        .route("/menu", get(staff::menu::page))
        .route("/theme", post(staff::menu::theme))
        .route("/rules", get(rules::page))
        .route("/sign-in", get(staff::sign_in::page).post(staff::sign_in::post))
        .route("/sign-in/link/{token}", get(staff::sign_in::link_page).post(staff::sign_in::link_post))
        .route("/sign-out", post(staff::sign_in::leave))
        .route("/broadcasts", get(staff::broadcasts::page))
        .route("/broadcasts/new", get(staff::compose::begin).post(staff::compose::begin_post))
        .route("/broadcasts/{id}/edit", get(staff::compose::edit).post(staff::compose::edit_post))
        .route("/broadcasts/{id}/plan", get(staff::compose::plan::page))
        .route("/broadcasts/{id}/send", post(staff::compose::send))
        .route("/broadcasts/{id}/discard", post(staff::compose::discard))
        .route("/broadcasts/{id}/copy", post(staff::compose::copy))
        .route("/broadcasts/{id}/call/wishes", post(staff::compose::call::wishes))
        .route("/broadcasts/{id}/call/remove", post(staff::compose::call::remove))
        .route("/broadcasts/{id}/recordings/{recording}", get(staff::compose::call::recording))
        .route("/broadcasts/{id}/played/{content}", get(staff::broadcast::played))
        .route("/broadcasts/{id}", get(staff::broadcast::page))
        .route("/broadcasts/{id}/progress", get(staff::broadcast::progress))
        .route("/broadcasts/{id}/stop", post(staff::broadcast::stop))
        .route("/broadcasts/{id}/unschedule", post(staff::broadcast::unschedule))
        .route("/broadcasts/{id}/people", get(staff::broadcast::recipients::page))
        .route("/broadcasts/{id}/people/{person}", get(staff::broadcast::person::page))
        .route("/broadcasts/{id}/call-sheet", get(staff::broadcast::call_sheet::page))
        .route("/api/v1/broadcasts/{id}", get(api::broadcast::status))
        .route("/api/v1/broadcasts/{id}/people/{person}", get(api::explain::person))
        .route("/compose/previews", post(staff::compose::previews))
        .route("/people", get(staff::people::page))
        .route("/people/{person}", get(staff::person::page))
        .route("/people/{person}/invite-again", post(staff::revocation::invite))
        .route("/people/{person}/revocation", post(staff::revocation::post))
        .route("/desk", get(staff::desk::page))
        .merge(texting())
        .route("/roster", get(staff::roster::list))
        .route("/roster/imports/{id}/issues.csv", get(staff::roster::issues_csv))
        .merge(school_day())
        .merge(surveys())
        .route("/audit", get(staff::audit::page))
        .route("/settings", get(staff::settings::page))
        .route("/settings/calls", get(staff::school_calls::page).post(staff::school_calls::post))
        .route("/settings/gateways", get(staff::settings::gateways_fragment))
        .route("/settings/password", get(staff::password::page).post(staff::password::post))
        .route("/settings/sessions", get(staff::sessions::page).post(staff::sessions::post))
        .route("/settings/users", get(staff::users::page).post(staff::users::post))
        .route("/u/{token}", get(unsubscribe::page).post(unsubscribe::post))
        .route("/hooks/twilio/{gateway}/status", post(hooks::twilio::status))
        .route("/hooks/twilio/{gateway}/inbound", post(hooks::twilio::inbound))
}

/// Absences, and what waits for a second look.
fn school_day() -> Router<WebState> {
    use staff::attendance::{export, list, school, trend};
    Router::new()
        .route("/attendance", get(list::page))
        .route("/attendance.csv", get(export::csv))
        .route("/attendance/answers", post(list::record))
        .route("/attendance/schools", get(school::list))
        .route("/attendance/schools/{id}", get(school::page))
        .route("/attendance/schools/{id}/rule", post(school::rule))
        .route("/attendance/schools/{id}/calendar", post(school::calendar))
        .route("/attendance/trend", get(trend::page))
        .route("/holds", get(staff::holds::page))
        .route("/holds/{id}", post(staff::holds::decide))
        .route("/absence/{token}", get(absence::page).post(absence::post))
}

/// Surveys, asked and answered.
fn surveys() -> Router<WebState> {
    use staff::survey::{build, export, list, results};
    Router::new()
        .route("/surveys", get(list::page))
        .route("/surveys/new", get(build::new).post(build::create))
        .route("/surveys/{id}/edit", get(build::page).post(build::post))
        .route("/surveys/{id}", get(results::page).post(results::post))
        .route("/surveys/{id}/answers.csv", get(export::csv))
        .route("/surveys/{id}/answers.xlsx", get(export::xlsx))
        .route("/survey/{token}", get(survey::page).post(survey::post))
}

/// Two-way texts.
fn texting() -> Router<WebState> {
    use staff::texting::{
        compose, enrollments, guidance, hours, inbox, many, media, outreach, requests, settings, student, supervision,
        templates, thread,
    };
    Router::new()
        .route("/texting", get(inbox::page))
        .route("/texting/held/{text}", post(inbox::settle))
        .route("/texting/enrollments", get(enrollments::page))
        .route("/texting/enrollments.csv", get(enrollments::csv))
        .route("/texting/columns", post(enrollments::choose))
        .route("/texting/check", post(compose::check))
        .route("/texting/hours", get(hours::page).post(hours::post))
        .route("/texting/many", post(many::post))
        .route("/texting/outreach", get(outreach::page))
        .route("/texting/supervision", get(supervision::page).post(supervision::post))
        .route("/texting/supervision/looks", get(supervision::looks))
        .route("/texting/templates", get(templates::page).post(templates::post))
        .route("/texting/guidance", get(guidance::page))
        .route("/texting/requests", get(requests::page))
        .route("/texting/requests/{request}", get(requests::one).post(requests::post))
        .route("/texting/settings", get(settings::page).post(settings::post))
        .route("/texting/students/{student}", get(student::page))
        .route("/texting/students/{student}/record.csv", get(student::record))
        .route("/texting/students/{student}/record.zip", get(student::record_with_pictures))
        .route("/texting/students/{student}/edit", get(student::edit).post(student::save))
        .route("/texting/students/{student}/notes", post(student::note))
        .route("/texting/students/{student}/communications", post(student::add))
        .route("/texting/students/{student}/write/{person}", get(compose::page).post(compose::post))
        .route("/texting/threads/{thread}", get(thread::page).post(thread::post))
        .route("/texting/threads/{thread}/texts", get(thread::fragment))
        .route("/texting/threads/{thread}/texts/{text}/cancel", post(thread::cancel))
        .route("/texting/threads/{thread}/media/{text}/{place}", get(media::show).post(media::check))
        .route("/texting/threads/{thread}/calm", post(thread::calm))
}

/// The families' side.
fn families() -> Router<WebState> {
    Router::new()
        .route("/family", get(family::home::page))
        .route("/family/messages", get(family::messages::page))
        .route("/family/messages/{id}", get(family::messages::message))
        .route("/family/messages/{id}/played/{content}", get(family::messages::played))
        .route("/family/ways", get(family::ways::page).post(family::ways::save))
        .route("/family/ways/undo", post(family::ways::undo_save))
        .route("/family/ways/text-stop", post(family::ways::text_stop))
        .route("/family/ways/hours", post(family::ways::general_hours))
        .route("/family/ways/language", post(family::ways::language))
        .route(
            "/family/contacts",
            get(family::contacts::page)
                .post(family::contacts::refuse)
                .put(family::contacts::refuse)
                .patch(family::contacts::refuse)
                .delete(family::contacts::refuse),
        )
        .route("/family/contacts/review", post(family::contacts::review))
        .route("/family/absences", get(family::absences::page).post(family::absences::post))
        .route("/family/surveys/{id}", get(family::surveys::page).post(family::surveys::post))
        .route("/family/help", get(family::help::page))
        .route("/family/passkeys", get(family::passkeys::page).post(family::passkeys::keep))
        .route("/family/passkeys/new", post(family::passkeys::begin))
        .route("/family/passkeys/remove", post(family::passkeys::remove))
        .route("/family/passkeys/ask", post(family::passkeys::ask))
        .route("/family/passkeys/enter", post(family::passkeys::enter))
        .route("/family/launch", get(family::portal::launch))
        .route("/family/portal", get(family::portal::visit))
        .route("/family/portal/back", get(family::portal::back))
        .route("/family/app", get(family::app::page))
        .route("/family/app/devices", post(family::app::set_up))
        .route("/family/app/devices/remove", post(family::app::take_off))
        .route("/family/app/renew", post(family::app::renew))
        .route("/family/app/seen", post(family::app::seen))
        .route("/family/manifest.webmanifest", get(family::app::manifest))
        .route("/family/worker.js", get(family::app::worker))
        .route("/family/offline", get(family::app::offline))
        .route("/family/sign-in", get(family::doors::page).post(family::doors::ask))
        .route("/family/code", get(family::doors::code_page).post(family::doors::answer))
        .route("/family/link/{token}", get(family::doors::link_page).post(family::doors::link_post))
        .route("/family/sign-out", post(family::doors::leave))
        .route("/family/language", post(family::doors::visitor_language))
        .route("/family/my-language", post(family::doors::my_language))
        .route("/family/theme", post(family::doors::theme))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, LONGEST))
        .layer(DefaultBodyLimit::max(FORM_BYTES))
}

/// What may take longer: streams, exports, uploads.
fn slow(max_upload_bytes: usize) -> Router<WebState> {
    Router::new()
        .route("/events", get(live::events))
        .route("/family/events", get(family::live::events))
        .route("/broadcasts/{id}/export.csv", get(staff::broadcast::export::csv))
        .route("/broadcasts/{id}/list", get(staff::compose::upload::page).post(staff::compose::upload::post))
        .route("/broadcasts/{id}/call", get(staff::compose::call::page).post(staff::compose::call::post))
        .route("/api/v1/attendance", post(api::attendance::import))
        .route("/attendance/files/new", get(staff::attendance::upload::page).post(staff::attendance::upload::post))
        .route("/roster/imports/{id}", get(staff::roster::page).post(staff::roster::decide))
        .route("/roster/imports/new", get(staff::roster::new).post(staff::roster::upload))
        .layer(DefaultBodyLimit::max(max_upload_bytes))
}
