//! Calls that come in: who answers them, and what a visitor can do. The gateway plays, listens and records; what is
//! said, and to whom, is decided elsewhere.

use futures::future::BoxFuture;

use crate::voice::Sound;

/// Answers calls that come in.
pub trait Reception: Send + Sync {
    /// A call from this number, E.164, as the carrier asserts it; `None` where it is withheld.
    fn visit(&self, from: Option<String>) -> Box<dyn Visit>;
}

/// One call that came in.
pub trait Visit: Send {
    /// What comes next, after what the visitor did.
    fn next(&mut self, did: Did) -> BoxFuture<'_, Next>;
}

/// What a visitor did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Did {
    /// Called; the first that is told.
    Called,
    /// Pressed keys, without the `#` that ends them.
    Pressed(String),
    /// Pressed nothing in the time there was.
    Waited,
    /// Spoke, at 8 kHz.
    Recorded(Vec<i16>),
}

/// What is said, and what is waited for then.
#[derive(Clone)]
pub struct Next {
    pub say: Vec<Sound>,
    pub then: Then,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    HangUp,
    /// Keys, at most so many, ended by `#` or by so long a wait. Who knows what comes may press before all is said.
    Keys {
        most: usize,
        wait_s: u32,
    },
    /// The visitor speaks, until a key or so long.
    Record {
        longest_s: u32,
    },
}
