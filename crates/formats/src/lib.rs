//! Bytes in, values out; no I/O. What travels between schools, carriers and mailboxes, read and written.

pub mod archive;
pub mod attendance;
pub mod district_csv;
pub mod ical;
pub mod jwt;
pub mod keyed;
pub mod mail;
pub mod oneroster;
pub mod push;
pub mod roster;
pub mod sheet;
pub mod sip;
pub mod smpp;
pub mod sms;
pub mod twilio;
pub mod voice;
