//! What pages and rules ask, by noun. Every function takes `&mut impl Reads`.

pub mod audience;
pub mod audit;
pub mod broadcast_list;
pub mod broadcasts;
pub mod checks;
pub mod choices;
pub mod consent;
pub mod content;
pub mod district;
pub mod gateways;
pub mod home;
pub mod imports;
pub mod inbound;
pub mod jobs;
pub mod lists;
pub mod names;
pub mod people_pages;
pub mod plan_page;
pub mod queue;
pub mod receipts;
pub mod report;
pub mod roster;
pub mod sessions;
pub mod suppressions;
pub mod tallies;
pub mod users;
