//! What the program tells of itself, to the standard error. Never a name, a number or a text.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::config::{LogFormat, LogSection};

const SIP_STACK: &str = "rsipstack=error";

/// Starts the log. A second call changes nothing.
pub fn start(section: &LogSection) {
    // The SIP stack writes whole messages, with the numbers in them; of it only faults are told, whatever is asked for.
    let filter = format!("{},{SIP_STACK}", section.filter.0);
    let filter = EnvFilter::new(filter);
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
