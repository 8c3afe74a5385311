//! `[mail]`: mail that comes back.

use std::path::PathBuf;

use serde::Deserialize;

use super::web::ListenAddress;

/// Nothing is taken in when the section is absent.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MailSection {
    pub intake: IntakeSection,
}

/// Where bounces and complaints come in: a door of our own, a mailbox folder, or both.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct IntakeSection {
    /// A small SMTP server that takes mail for the bounce addresses alone.
    pub listen: Option<ListenAddress>,
    /// A Maildir that another mail server fills.
    pub maildir: Option<PathBuf>,
}
