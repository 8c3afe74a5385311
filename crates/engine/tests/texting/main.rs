//! Two-way texts: staff first, on the record, over a real wire (B1 to B29, LAW-9, LAW-52, LAW-54).

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod many;
mod media;
mod office;
mod outreach;
mod peer;
mod pool;
mod record;
mod requests;
mod rules;
mod threads;
mod watch;
mod world;
