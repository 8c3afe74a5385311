//! `[attendance]`: how files come in by themselves.

use std::path::PathBuf;

use schoolbell_gateways::secret::Secret;
use serde::Deserialize;

/// Without the section files come in by upload and from the command line alone.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AttendanceSection {
    /// A folder that is watched for CSV files; what was read moves to `done` or `failed` in it.
    pub folder: Option<PathBuf>,
    /// What a program shows at `POST /api/v1/attendance`.
    pub auth_token: Option<Secret>,
}
