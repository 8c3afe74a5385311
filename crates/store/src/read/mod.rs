//! What pages and rules ask, by noun. Every function takes `&mut impl Reads`.

pub mod audit;
pub mod content;
pub mod deliveries;
pub mod district;
pub mod jobs;
pub mod sessions;
pub mod tallies;
pub mod users;
