//! Numbers that said STOP while texts to them were on their way to a gateway.
//!
//! The ledger decides, and a claim asks it. Between the claim and the hand-over lie milliseconds; this set closes them.

use std::collections::HashSet;
use std::sync::{Arc, PoisonError, RwLock};

use schoolbell_domain::people::Address;

/// Cheap to clone; all clones share one set.
#[derive(Debug, Clone, Default)]
pub(crate) struct Halted {
    numbers: Arc<RwLock<HashSet<Address>>>,
}

impl Halted {
    /// No text that is on its way is handed over any more.
    pub fn halt(&self, number: Address) {
        self.numbers.write().unwrap_or_else(PoisonError::into_inner).insert(number);
    }

    /// A fresh YES.
    pub fn lift(&self, number: &Address) {
        self.numbers.write().unwrap_or_else(PoisonError::into_inner).remove(number);
    }

    pub fn holds(&self, number: &Address) -> bool {
        self.numbers.read().unwrap_or_else(PoisonError::into_inner).contains(number)
    }
}
