//! What comes back by text: words that open, close or ask, and our fixed answers.

pub mod keyword;
pub mod reply;
