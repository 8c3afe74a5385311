//! Where carriers reach us: one file each. No visitor signs in here; each call proves by its signature whose it is.

pub mod twilio;
