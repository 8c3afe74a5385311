//! Rosters: what a file says (`snapshot`), what it would change (`diff`), whether to stop (`guard`), and what is wrong
//! in it and where (`issue`).

pub mod snapshot;
