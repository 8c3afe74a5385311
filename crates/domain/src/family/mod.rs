//! The family's side: what somebody who signed in by an e-mail address on record may see.

pub mod sight;

pub use sight::{Addressed, Child, Circle, Kin, Sight, comes_of_age};
