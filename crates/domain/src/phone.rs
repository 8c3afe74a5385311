//! Phone numbers: E.164, read by a library with real numbering-plan data.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A number in E.164: `+15125550143`. `Debug` masks it; `expose` gives the text.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Phone(String);

impl Phone {
    /// Takes a text that is already E.164: `+`, then 7 to 15 digits. For what we wrote ourselves; people's input goes
    /// through `parse`.
    pub fn from_e164(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('+')?;
        let fits = (7..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        fits.then(|| Self(text.to_owned()))
    }

    /// The number as text, E.164. Never in a log.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tail = self.0.get(self.0.len().saturating_sub(2)..).unwrap_or("");
        write!(f, "+…{tail}")
    }
}
