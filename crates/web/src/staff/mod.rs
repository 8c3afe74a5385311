//! The pages of staff, one file each; path follows address.

pub mod attendance;
pub mod audit;
pub mod broadcast;
pub mod broadcasts;
pub mod compose;
pub mod desk;
pub mod held;
pub mod holds;
pub mod home;
pub mod lines;
pub mod menu;
pub mod password;
pub mod people;
pub mod person;
pub mod reasons;
pub mod revocation;
pub mod roster;
pub mod school_calls;
pub mod sessions;
pub mod settings;
pub mod sign_in;
pub mod survey;
pub mod texting;
pub mod users;
