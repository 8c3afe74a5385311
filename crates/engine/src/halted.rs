//! Numbers that said STOP while texts to them were on their way to a gateway.
//!
//! The ledger decides, and a claim asks it. Between the claim and the hand-over lie milliseconds; this set closes them.
//! It forgets after a while: what is claimed later has asked the ledger, and a YES that another node heard counts again.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use schoolbell_domain::people::Address;
use tokio::time::Instant;

/// Longer than any claimed text waits for its hand-over.
const KEPT: Duration = Duration::from_mins(10);

/// Cheap to clone; all clones share one set.
#[derive(Debug, Clone, Default)]
pub(crate) struct Halted {
    numbers: Arc<RwLock<HashMap<Address, Instant>>>,
}

impl Halted {
    /// No text that is on its way is handed over any more.
    pub fn halt(&self, number: Address) {
        let mut numbers = self.numbers.write().unwrap_or_else(PoisonError::into_inner);
        numbers.retain(|_, since| since.elapsed() < KEPT);
        numbers.insert(number, Instant::now());
    }

    /// A fresh YES.
    pub fn lift(&self, number: &Address) {
        self.numbers.write().unwrap_or_else(PoisonError::into_inner).remove(number);
    }

    pub fn holds(&self, number: &Address) -> bool {
        let numbers = self.numbers.read().unwrap_or_else(PoisonError::into_inner);
        numbers.get(number).is_some_and(|since| since.elapsed() < KEPT)
    }
}
