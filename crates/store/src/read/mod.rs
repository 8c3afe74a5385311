//! What pages and rules ask, by noun. Every function takes `&mut impl Reads`.

pub mod content;
pub mod deliveries;
pub mod jobs;
pub mod tallies;
