//! What comes in by text: keywords.

pub mod keyword;
