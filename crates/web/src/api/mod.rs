//! `/api/v1`: what programs ask. Small on purpose; it answers with the session of a person, or the token of
//! the settings.

pub mod attendance;
pub mod broadcast;
pub mod explain;
