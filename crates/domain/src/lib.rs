//! The rules of family communication, as plain values.
//!
//! Nothing here does I/O, reads a clock or throws dice: time and randomness are arguments. That is what makes every
//! rule testable with plain values and properties (`architecture.md` §4).

pub mod attendance;
pub mod audience;
pub mod brake;
pub mod broadcast;
pub mod category;
pub mod channel;
pub mod clock;
pub mod consent;
pub mod conversation;
pub mod delivery;
pub mod email;
pub mod family;
pub mod ids;
pub mod language;
pub mod people;
pub mod permission;
pub mod phone;
pub mod roster;
pub mod school;
pub mod settings;
pub mod survey;
pub mod template;
