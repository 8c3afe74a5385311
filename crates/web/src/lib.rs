//! Pages and hooks: everything that a browser or a program sees of Schoolbell.
//!
//! Path follows address: `/broadcasts/{id}` is `staff::broadcast`. A handler parses, calls one read of the store or
//! one command of the engine, and renders. Every page works as a plain form post; htmx only swaps what the full page
//! already contains.

mod absence;
mod api;
mod assets;
mod chart;
mod device;
mod error;
mod family;
mod form;
mod frame;
mod health;
mod hooks;
mod icon;
mod live;
mod looks;
mod questions;
mod reach;
mod routes;
mod rules;
mod security;
mod session;
mod sound;
mod staff;
mod survey;
mod times;
mod unsubscribe;
mod words;

use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use schoolbell_engine::Engine;
use schoolbell_engine::commands::family_portal::PortalDoors;
use schoolbell_formats::push::PushDoor;

// Templates name these two by their path.
pub(crate) use assets::url as asset;
pub use hooks::twilio::TwilioHook;
pub(crate) use icon::icon;

/// How the pages are served; the command line chooses.
#[derive(Debug, Clone)]
pub struct WebSettings {
    /// How people reach it, without a slash at the end: `https://bell.example.org`. With `https` cookies are `Secure`.
    pub base_url: String,
    /// Where roster files rest while they are read; must exist.
    pub upload_folder: PathBuf,
    /// The largest roster file taken.
    pub max_upload_bytes: usize,
    /// What a program shows that brings attendance files in; `None`: none may.
    pub attendance_token: Option<String>,
    /// Carriers that call our hooks.
    pub twilio: Vec<TwilioHook>,
    /// What browsers subscribe with for the app's notifications; `None` where the config has no such gateway.
    pub push: Option<PushDoor>,
    /// The ways in through the student information system.
    pub portal: PortalDoors,
}

impl WebSettings {
    pub fn is_https(&self) -> bool {
        self.base_url.starts_with("https://")
    }
}

/// What every handler has at hand. Cheap to clone.
#[derive(Clone)]
pub struct WebState {
    pub engine: Engine,
    pub settings: Arc<WebSettings>,
    reach: reach::KeptReach,
}

/// All pages, the API and the health checks.
pub fn router(engine: Engine, settings: WebSettings) -> Router {
    routes::all(WebState { engine, settings: Arc::new(settings), reach: reach::KeptReach::default() })
}
