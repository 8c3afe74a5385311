//! One program that is killed again and again, and several nodes on one PostgreSQL: quick by hints, right without them,
//! and nothing lost or doubled under faults.
//!
//! The nodes are real processes (this test binary, started again with [`child`]), PostgreSQL is a server that the test
//! starts, restarts and promotes, the carrier is a recording SMSC on a socket of the test, so it outlives every fault.
//! `scripts/chaos/faults` runs the long form.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod child;
mod crash;
mod district;
mod faults;
mod hints;
mod judge;
mod promotion;
mod server;
mod smsc;
mod verdict;
mod world;
