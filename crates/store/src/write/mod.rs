//! What commands and jobs do, by noun. Every function takes `&mut Tx`.

pub mod attempts;
pub mod audit;
pub mod completion;
pub mod consent;
pub mod broadcasts;
pub mod content;
pub mod deliveries;
pub mod district;
pub mod gateways;
pub mod inbound;
pub mod invitations;
pub mod jobs;
pub mod queue;
pub mod receipts;
pub mod lists;
pub mod sessions;
pub mod suppressions;
pub mod tallies;
pub mod users;
