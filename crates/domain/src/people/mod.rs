//! People on the record: who they are to a student, and the addresses that the school has of them.

pub mod contact;
pub mod name;

pub use contact::{Address, ContactRole, PersonKind, Slot};
pub use name::fold_name;
