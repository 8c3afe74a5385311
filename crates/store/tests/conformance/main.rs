//! One suite for both engines: every statement is prepared, every function run, on SQLite and on PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod carry;
mod consent;
mod deliveries;
mod jobs;
mod nodes;
mod queue;
mod rows;
mod statements;
mod upgrade;
