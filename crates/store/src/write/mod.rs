//! What commands and jobs do, by noun. Every function takes `&mut Tx`.

pub mod audit;
pub mod content;
pub mod deliveries;
pub mod district;
pub mod jobs;
pub mod sessions;
pub mod tallies;
pub mod users;
