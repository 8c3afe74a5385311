//! What commands and jobs do, by noun. Every function takes `&mut Tx`.

pub mod attempts;
pub mod audit;
pub mod broadcasts;
pub mod completion;
pub mod consent;
pub mod content;
pub mod deliveries;
pub mod district;
pub mod family_doors;
pub mod gateways;
pub mod imports;
pub mod inbound;
pub mod instance;
pub mod invitations;
pub mod jobs;
pub mod lists;
pub mod nodes;
pub mod queue;
pub mod receipts;
pub mod roster;
pub mod sessions;
pub mod suppressions;
pub mod tallies;
pub mod users;
