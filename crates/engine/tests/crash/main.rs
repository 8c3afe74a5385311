//! The crash table of ARCHITECTURE.md §5: the program is killed with SIGKILL in the middle of a broadcast, again and
//! again, and starts anew. Nothing lost, nothing that is not urgent accepted twice, every receipt kept.
//!
//! The program is a real process (this test binary, started again with [`child`]) over a SQLite file; the carrier is a
//! recording SMSC on a socket of the test, so it outlives every kill. `scripts/chaos/kill-broadcast` runs the long form.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod broadcasts;
mod child;
mod judge;
mod killer;
mod smsc;
mod world;
