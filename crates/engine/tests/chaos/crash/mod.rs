//! The crash table of ARCHITECTURE.md §5: the program is killed with SIGKILL in the middle of a broadcast, again and
//! again, and starts anew. Nothing lost, nothing that is not urgent accepted twice, every receipt kept.
//!
//! One program over a SQLite file. `scripts/chaos/kill-broadcast` runs the long form.

mod broadcasts;
pub mod child;
mod invitations;
mod killer;
