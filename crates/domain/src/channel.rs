//! The media over which a message can go.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The medium of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    Voice,
    Sms,
    Email,
    Push,
}

impl Channel {
    pub const ALL: [Self; 4] = [Self::Voice, Self::Sms, Self::Email, Self::Push];

    /// The code in the database.
    pub const fn code(self) -> i64 {
        match self {
            Self::Voice => 1,
            Self::Sms => 2,
            Self::Email => 3,
            Self::Push => 4,
        }
    }

    /// The channel of a code of the database.
    pub fn from_code(code: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.code() == code)
    }

    /// The word in config files, exports and logs: `voice`, `sms`, `email`, `push`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Voice => "voice",
            Self::Sms => "sms",
            Self::Email => "email",
            Self::Push => "push",
        }
    }

    /// What families and staff call it: call, text, e-mail, app.
    pub const fn plain(self) -> &'static str {
        match self {
            Self::Voice => "call",
            Self::Sms => "text",
            Self::Email => "e-mail",
            Self::Push => "app",
        }
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for Channel {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|channel| channel.word() == text)
            .ok_or_else(|| format!("`{text}` is not a channel; write voice, sms, email or push"))
    }
}
