//! Which broadcasts changed since the pages were told last. Four times a second is enough for a person.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use schoolbell_domain::ids::{BroadcastId, OriginId};
use tokio_util::sync::CancellationToken;

use crate::Live;
use crate::live::LiveEvent;

const EVERY: Duration = Duration::from_millis(250);

/// Cheap to clone; all clones share one set.
#[derive(Debug, Clone, Default)]
pub(crate) struct Touched {
    origins: Arc<Mutex<BTreeSet<OriginId>>>,
}

impl Touched {
    /// Counters of these origins moved, and the move is committed.
    pub fn touch(&self, origins: impl IntoIterator<Item = OriginId>) {
        self.origins.lock().unwrap_or_else(PoisonError::into_inner).extend(origins);
    }

    /// Tells the open pages until `stop`, the last changes too.
    pub async fn tell(self, live: Live, stop: CancellationToken) {
        while stop.run_until_cancelled(tokio::time::sleep(EVERY)).await.is_some() {
            self.tell_once(&live);
        }
        self.tell_once(&live);
    }

    fn tell_once(&self, live: &Live) {
        let origins = std::mem::take(&mut *self.origins.lock().unwrap_or_else(PoisonError::into_inner));
        for origin in origins {
            // An origin that is no broadcast has no page that listens.
            live.tell(LiveEvent::Broadcast(BroadcastId::from_raw(origin.raw())));
        }
    }
}
