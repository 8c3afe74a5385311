//! What pages and rules ask, by noun. Every function takes `&mut impl Reads`.

pub mod audience;
pub mod audit;
pub mod consent;
pub mod broadcasts;
pub mod choices;
pub mod content;
pub mod district;
pub mod gateways;
pub mod inbound;
pub mod jobs;
pub mod lists;
pub mod names;
pub mod plan_page;
pub mod sessions;
pub mod tallies;
pub mod users;
