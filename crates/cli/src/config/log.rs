//! `[log]`: what the program writes of itself. Never a name, a number or a text of a message.

use serde::Deserialize;

/// Plain lines to the standard error when the section is absent.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogSection {
    pub format: LogFormat,
    /// As tracing's filters: `info`, `schoolbell=debug,warn`.
    pub filter: FilterText,
}

impl Default for LogSection {
    fn default() -> Self {
        Self { format: LogFormat::Plain, filter: FilterText("info".to_owned()) }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    Plain,
    Json,
}

/// A filter that can be read.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct FilterText(pub String);

impl TryFrom<String> for FilterText {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match tracing_subscriber::EnvFilter::try_new(&text) {
            Ok(_) => Ok(Self(text)),
            Err(_) => Err(format!(
                "`{text}`, which is no filter; write for example \"info\" or \"schoolbell_engine=debug,info\""
            )),
        }
    }
}
