//! What the program tells of itself, to the standard error. Never a name, a number or a text.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::config::{LogFormat, LogSection};

/// Starts the log. A second call changes nothing.
pub fn start(section: &LogSection) {
    let filter = EnvFilter::new(&section.filter.0);
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    let started = match section.format {
        LogFormat::Plain => lines.with_target(false).try_init(),
        LogFormat::Json => lines.json().try_init(),
    };
    if started.is_err() {
        tracing::debug!("the log runs already");
    }
}
