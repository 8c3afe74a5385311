//! The families' pages, under `/family`. They speak the reader's language; the words stand in `locales/`.

pub mod absences;
pub mod app;
pub mod cards;
pub mod contacts;
pub mod doors;
pub mod frame;
pub mod help;
pub mod home;
pub mod live;
pub mod looks;
pub mod messages;
pub mod passkeys;
pub mod portal;
pub mod session;
pub mod surveys;
pub mod times;
pub mod ways;
