//! Surveys in the engine: who has a seat, what is answered over which channel, who is reminded.

pub(crate) mod by_keys;
pub(crate) mod by_text;
pub(crate) mod keep;
pub(crate) mod link;
pub(crate) mod remind;
pub(crate) mod seats;
