//! What a call over SIP carries and how it ends: session descriptions (RFC 4566, RFC 3264) and final answers as reasons
//! of ours.

mod end;
mod sdp;

pub use end::{End, end_of};
pub use sdp::{Answer, Law, NoAudio, Offer, read_answer};
