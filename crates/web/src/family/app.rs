//! `/family/app`: installing it, notifications on this device, the devices that have them; and what the app itself asks
//! for: its manifest, its worker, the page without a connection, and where it tells what it showed.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use schoolbell_engine::commands::family_app::{
    Seen, Subscription, app_devices, note_seen, renew_device, set_up_device, take_off_device,
};
use schoolbell_formats::push::PushDoor;
use serde::Deserialize;
use serde_json::json;

use super::frame::{FamilyFrame, Place};
use super::session::{Parent, ParentForm};
use crate::WebState;
use crate::assets;
use crate::device::device;
use crate::error::{PageError, PageResult};
use crate::form::Fields;
use crate::frame::{Theme, html};
use crate::staff::sign_in::{district_name, user_agent};
use crate::words::Words;

/// What the worker needs to show a page without a connection.
const SHELL: [&str; 6] =
    ["app.css", "family.css", "family.js", "app.js", "atkinson-latin-400.woff2", "atkinson-latin-700.woff2"];

#[derive(Template)]
#[template(path = "family/app.html")]
struct AppPage {
    frame: FamilyFrame,
    t: Words,
    notice: Option<String>,
    devices: Vec<DeviceLine>,
}

struct DeviceLine {
    id: i64,
    name: String,
    seen: String,
}

#[derive(Template)]
#[template(path = "family/offline.html")]
struct OfflinePage {
    t: Words,
    theme: Theme,
}

#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    done: String,
}

/// `GET /family/app`.
pub async fn page(
    State(state): State<WebState>,
    parent: Parent,
    Query(asked): Query<Asked>,
) -> PageResult<Html<String>> {
    let t = parent.t;
    let teller = parent.teller();
    let devices = app_devices(&state.engine, parent.family()).await?;
    let devices = devices.into_iter().map(|device| DeviceLine {
        id: device.id,
        name: device_name(t, &device.user_agent),
        seen: t.one("app-seen", "when", teller.tell(device.seen_at)),
    });
    html(&AppPage {
        devices: devices.collect(),
        notice: (asked.done == "off").then(|| t.say("app-taken-off")),
        t,
        frame: FamilyFrame::new(&parent, Place::App, t.say("app-title")),
    })
}

/// `POST /family/app/devices`: this browser may show messages.
pub async fn set_up(State(state): State<WebState>, headers: HeaderMap, form: ParentForm) -> PageResult<StatusCode> {
    let door = door(&state)?;
    let agent = user_agent(&headers);
    let subscription = subscription(&form.fields);
    set_up_device(&state.engine, &form.parent.signed_in, (door, &subscription, &agent)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /family/app/devices/remove`.
pub async fn take_off(State(state): State<WebState>, form: ParentForm) -> PageResult<Redirect> {
    let device = form.fields.text("device").parse::<i64>().map_err(|_| PageError::NotFound)?;
    take_off_device(&state.engine, form.parent.family(), device).await?;
    Ok(Redirect::to("/family/app?done=off"))
}

/// `POST /family/app/renew`: from the worker, which has no session but knows the old subscription.
pub async fn renew(State(state): State<WebState>, Form(pairs): Form<Vec<(String, String)>>) -> PageResult<StatusCode> {
    let fields = Fields::new(pairs);
    let renewed = renew_device(&state.engine, door(&state)?, fields.text("old"), &subscription(&fields)).await?;
    Ok(if renewed { StatusCode::NO_CONTENT } else { StatusCode::NOT_FOUND })
}

/// `POST /family/app/seen`: from the worker; the reference is known to nobody else.
pub async fn seen(State(state): State<WebState>, Form(pairs): Form<Vec<(String, String)>>) -> PageResult<StatusCode> {
    let fields = Fields::new(pairs);
    let seen = match fields.text("seen") {
        "shown" => Seen::Shown,
        "opened" => Seen::Opened,
        _ => return Err(PageError::NotFound),
    };
    let kept = note_seen(&state.engine, fields.text("reference"), seen).await?;
    Ok(if kept { StatusCode::NO_CONTENT } else { StatusCode::NOT_FOUND })
}

/// `GET /family/manifest.webmanifest`.
pub async fn manifest(State(state): State<WebState>, headers: HeaderMap) -> PageResult<Response> {
    let t = Words::of_visitor(&headers);
    let icon = |name: &str, size: &str, purpose: &str| json!({ "src": assets::url(name), "sizes": size, "type": "image/png", "purpose": purpose });
    let manifest = json!({
        "id": "/family",
        "name": format!("Schoolbell, {}", district_name(&state).await?),
        "short_name": "Schoolbell",
        "description": t.say("app-lede"),
        "lang": t.tag(),
        "start_url": "/family",
        "scope": "/family",
        "display": "standalone",
        "background_color": "#faf9f6",
        "theme_color": "#faf9f6",
        "icons": [
            icon("icon-192.png", "192x192", "any"),
            icon("icon-512.png", "512x512", "any"),
            icon("icon-maskable-512.png", "512x512", "maskable"),
        ],
        "shortcuts": [{ "name": t.say("menu-messages"), "url": "/family/messages" }],
    });
    Ok(([(header::CONTENT_TYPE, "application/manifest+json")], manifest.to_string()).into_response())
}

/// `GET /family/worker.js`: with the names of the files as they are now before it.
pub async fn worker(State(state): State<WebState>, headers: HeaderMap) -> PageResult<Response> {
    let t = Words::of_visitor(&headers);
    let mut shell: Vec<String> = SHELL.iter().map(|name| assets::url(name)).collect();
    let version = assets::digest(shell.concat().as_bytes());
    shell.push("/family/offline".to_owned());
    let words = json!({
        "title": t.say("app-notice-title"), "body": t.say("app-notice-body"), "lang": t.tag(),
        "icon": assets::url("icon-192.png"), "badge": assets::url("badge-96.png"),
    });
    let key = state.settings.push.as_ref().map_or("", |door| door.public_key.as_str());
    let text = format!(
        "const VERSION = {};\nconst SHELL = {};\nconst KEY = {};\nconst WORDS = {words};\n{}",
        json!(version),
        json!(shell),
        json!(key),
        assets::text("family-worker.js"),
    );
    let headers = [
        (header::CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (header::CACHE_CONTROL, "no-cache"),
        (header::HeaderName::from_static("service-worker-allowed"), "/family"),
    ];
    Ok((headers, text).into_response())
}

/// `GET /family/offline`: nobody's data, for the worker to keep.
pub async fn offline(headers: HeaderMap) -> PageResult<Html<String>> {
    html(&OfflinePage { t: Words::of_visitor(&headers), theme: Theme::of(&headers) })
}

fn door(state: &WebState) -> PageResult<&PushDoor> {
    state.settings.push.as_ref().ok_or(PageError::NotFound)
}

fn subscription(fields: &Fields) -> Subscription {
    Subscription {
        endpoint: fields.text("endpoint").to_owned(),
        public_key: fields.text("key").to_owned(),
        auth: fields.text("auth").to_owned(),
    }
}

/// "Chrome on Android": as much as a person needs to know one device from another.
pub(super) fn device_name(t: Words, agent: &str) -> String {
    match device(agent) {
        (Some(browser), Some(system)) => t.two("app-device", ("browser", browser), ("system", system)),
        (Some(name), None) | (None, Some(name)) => name.to_owned(),
        (None, None) => t.say("app-device-unknown"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_called_what_people_call_them() {
        let t = Words::lookup("en").unwrap();
        for (agent, name) in [
            (
                "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36",
                "Chrome on Android",
            ),
            ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/605.1", "Safari on iPhone"),
            ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
            ("Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
            ("", "A device"),
        ] {
            assert_eq!(device_name(t, agent), name);
        }
    }
}
