//! `/api/v1`: what programs ask. Small on purpose; it answers with the session of a person.

pub mod broadcast;
pub mod explain;
