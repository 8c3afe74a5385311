//! What commands and jobs do, by noun. Every function takes `&mut Tx`.

pub mod content;
pub mod deliveries;
pub mod jobs;
pub mod tallies;
