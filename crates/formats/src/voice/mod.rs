//! The sound of a telephone call: its encoding, its keys, who or what answered, and what is said.
//!
//! Everything here works on 8 kHz mono samples of 16 bits, the telephone's own form. Nothing here sends, waits or
//! reads a clock; time is counted in samples.

pub mod answer;
pub mod dtmf;
pub mod g711;
#[cfg(test)]
mod made;
pub mod script;
pub mod sound;
mod spectrum;
pub mod spoken;
pub mod telephone_event;

/// Samples a second of everything in this module.
pub const SAMPLE_RATE: u32 = 8000;

/// Samples of one packet of 20 ms, the pace of every trunk.
pub const FRAME: usize = 160;
