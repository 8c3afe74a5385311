//! Rosters: what a file says (`snapshot`), what it would change (`diff`), whether to stop (`guard`), and what is wrong
//! in it and where (`issue`). `household` says who is decided together.

pub mod diff;
pub mod guard;
pub mod household;
pub mod issue;
pub mod snapshot;
