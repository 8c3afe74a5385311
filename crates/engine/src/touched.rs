//! Which broadcasts and texts changed since the pages were told last: told at once, then ten times a second at most. A page
//! that shows much fetches less often by itself.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use schoolbell_domain::ids::{BroadcastId, OriginId};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::Live;
use crate::live::LiveEvent;

/// Between two tellings: what changes meanwhile goes in one.
const PAUSE: Duration = Duration::from_millis(100);

/// Cheap to clone; all clones share one set.
#[derive(Debug, Clone, Default)]
pub(crate) struct Touched {
    origins: Arc<Mutex<BTreeSet<OriginId>>>,
    any: Arc<Notify>,
}

impl Touched {
    /// Counters of these origins moved, and the move is committed.
    pub fn touch(&self, origins: impl IntoIterator<Item = OriginId>) {
        let mut waiting = self.origins.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.extend(origins);
        if !waiting.is_empty() {
            self.any.notify_one();
        }
    }

    /// Tells the open pages until `stop`, the last changes too.
    pub async fn tell(self, live: Live, stop: CancellationToken) {
        self.tell_with(PAUSE, &live, &stop).await;
    }

    async fn tell_with(self, pause: Duration, live: &Live, stop: &CancellationToken) {
        while stop.run_until_cancelled(self.any.notified()).await.is_some() {
            self.tell_once(live);
            stop.run_until_cancelled(tokio::time::sleep(pause)).await.unwrap_or(());
        }
        self.tell_once(live);
    }

    fn tell_once(&self, live: &Live) {
        let origins = std::mem::take(&mut *self.origins.lock().unwrap_or_else(PoisonError::into_inner));
        for origin in origins {
            // A text's page listens to the id of the text; other origins that are no broadcast have no page.
            live.tell(LiveEvent::Broadcast(BroadcastId::from_raw(origin.raw())));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_first_change_is_told_at_once_and_those_that_follow_soon_in_one() {
        let (touched, live, stop) = (Touched::default(), Live::default(), CancellationToken::new());
        let mut heard = live.listen();
        let (telling, said, until) = (touched.clone(), live.clone(), stop.clone());
        let telling = tokio::spawn(async move { telling.tell_with(Duration::from_hours(1), &said, &until).await });
        let mut next = async || tokio::time::timeout(Duration::from_secs(10), heard.recv()).await;
        touched.touch([]);
        touched.touch([OriginId::from_raw(1)]);
        assert_eq!(next().await.unwrap().unwrap(), LiveEvent::Broadcast(BroadcastId::from_raw(1)), "at once");
        for _ in 0..5 {
            touched.touch([OriginId::from_raw(2)]);
        }
        stop.cancel();
        telling.await.unwrap();
        assert_eq!(next().await.unwrap().unwrap(), LiveEvent::Broadcast(BroadcastId::from_raw(2)), "the last ones too");
        assert!(heard.try_recv().is_err(), "five changes of one are told once");
    }
}
