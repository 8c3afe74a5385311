//! Bytes in, values out; no I/O. What travels between schools, carriers and mailboxes, read and written.

pub mod mail;
pub mod smpp;
pub mod sms;
