//! The pages of staff, one file each; path follows address.

pub mod audit;
pub mod broadcasts;
pub mod home;
pub mod lines;
pub mod menu;
pub mod people;
pub mod person;
pub mod reasons;
pub mod sessions;
pub mod settings;
pub mod sign_in;
pub mod users;
