//! Who gets what, and what became of it: the plan, its rules, and the states of a delivery.
//!
//! Walk: [`plan`] decides (with [`preference`], [`basis`], [`suppression`], [`dedupe`], [`window`]),
//! [`explain`] tells why, [`settle`] and [`receipt`] move a delivery on once a carrier has spoken.

pub mod basis;
mod cell;
pub mod dedupe;
pub mod digest;
pub mod explain;
pub mod grid;
mod lookup;
pub mod plan;
pub mod preference;
pub mod reason;
pub mod receipt;
pub mod retry;
mod rows;
pub mod settle;
pub mod state;
pub mod summary;
pub mod suppression;
pub mod window;

pub use reason::{FailReason, Family, SuppressReason};
pub use state::{DeliveryState, StateKind};
