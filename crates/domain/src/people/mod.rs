//! People on the record: who they are to a student, and the addresses that the school has of them.

pub mod contact;

pub use contact::{Address, ContactRole, PersonKind, Slot};
