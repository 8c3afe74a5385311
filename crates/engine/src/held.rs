//! Deliveries that lanes of this node have in flight: their leases are alive whatever the clock says.
//!
//! A clock that jumps makes every lease look old. What this node is sending itself must then not be sent again.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use schoolbell_domain::ids::DeliveryId;

/// Cheap to clone; all clones share one set.
#[derive(Debug, Clone, Default)]
pub(crate) struct Held {
    ids: Arc<Mutex<HashSet<DeliveryId>>>,
}

impl Held {
    pub fn hold(&self, ids: impl IntoIterator<Item = DeliveryId>) {
        self.ids().extend(ids);
    }

    pub fn release(&self, ids: impl IntoIterator<Item = DeliveryId>) {
        let mut held = self.ids();
        for id in ids {
            held.remove(&id);
        }
    }

    pub fn holds(&self, id: DeliveryId) -> bool {
        self.ids().contains(&id)
    }

    fn ids(&self) -> MutexGuard<'_, HashSet<DeliveryId>> {
        self.ids.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
