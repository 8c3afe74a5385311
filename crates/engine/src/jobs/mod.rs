//! Coarse background work, one file each.

pub mod cancel_stopped;
pub mod expand_broadcast;
pub mod send_scheduled;
