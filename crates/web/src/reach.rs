//! How many students can be reached, kept for some minutes: counting walks the whole roster.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use schoolbell_store::StoreResult;
use schoolbell_store::read::home::{Reachable, reachable};
use schoolbell_store::tx::Reads;
use tokio::sync::Mutex;

/// A roster changes once a night; after an import the page may be this much behind.
const KEPT: SignedDuration = SignedDuration::from_mins(2);

/// The last count and when it was made. One visitor counts, the others wait for it.
#[derive(Clone, Default)]
pub struct KeptReach(Arc<Mutex<Option<Counted>>>);

type Counted = (Timestamp, Arc<Vec<Reachable>>);

impl KeptReach {
    pub async fn get(&self, reads: &mut impl Reads, now: Timestamp) -> StoreResult<Arc<Vec<Reachable>>> {
        let mut kept = self.0.lock().await;
        if let Some((at, found)) = kept.as_ref()
            && now.duration_since(*at) < KEPT
        {
            return Ok(Arc::clone(found));
        }
        let found = Arc::new(reachable(reads).await?);
        *kept = Some((now, Arc::clone(&found)));
        Ok(found)
    }
}
