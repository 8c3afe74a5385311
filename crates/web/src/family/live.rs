//! `/family/events`: "what you see changed", to the open page of one family.
//!
//! Every text that comes in is news for somebody; a family hears only of those that change what its own phones get.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use futures::{Stream, StreamExt, stream};
use schoolbell_domain::consent::{ConsentState, Program};
use schoolbell_engine::commands::family_preferences::ways;
use schoolbell_engine::live::LiveEvent;
use schoolbell_store::StoreResult;
use schoolbell_store::read::consent;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use super::session::Parent;
use crate::WebState;
use crate::error::PageResult;

/// After this the browser comes back by itself, and its session is looked at again.
const LONGEST: Duration = Duration::from_mins(10);
/// Texts of a busy minute are looked at together.
const GATHER: Duration = Duration::from_millis(250);

/// What a page watches: the state of texts on the family's mobiles.
struct Watch {
    state: WebState,
    heard: Receiver<LiveEvent>,
    mobiles: Vec<String>,
    seen: BTreeMap<String, ConsentState>,
}

/// `GET /family/events`.
pub async fn events(
    State(state): State<WebState>,
    parent: Parent,
) -> PageResult<Sse<impl Stream<Item = Result<Event, Infallible>>>> {
    // Before the first look, so that nothing falls between.
    let heard = state.engine.live.listen();
    let found = ways(&state.engine, parent.family()).await?;
    let mobiles: Vec<String> = found.texts.keys().cloned().collect();
    let watch = Watch { state, heard, mobiles, seen: found.texts.into_iter().collect() };
    let changes = stream::unfold(watch, |mut watch| async move {
        watch.change().await.then(|| (Ok(Event::default().event("changed").data("ways")), watch))
    });
    let over = Box::pin(tokio::time::sleep(LONGEST));
    Ok(Sse::new(changes.take_until(over)).keep_alive(KeepAlive::new().interval(Duration::from_secs(20))))
}

impl Watch {
    /// Waits for a change; `false` when the program ends.
    async fn change(&mut self) -> bool {
        loop {
            match self.heard.recv().await {
                Ok(LiveEvent::Inbound | LiveEvent::All) | Err(RecvError::Lagged(_)) => {}
                Ok(LiveEvent::Broadcast(_) | LiveEvent::Import(_) | LiveEvent::Gateways | LiveEvent::Thread(_)) => {
                    continue;
                }
                Err(RecvError::Closed) => return false,
            }
            tokio::time::sleep(GATHER).await;
            match self.look().await {
                Ok(now) if now != self.seen => {
                    self.seen = now;
                    return true;
                }
                Ok(_) => {}
                // The page looks again when it comes back; it must not be told what nobody knows.
                Err(error) => tracing::warn!(%error, "an open family page could not be kept up to date"),
            }
        }
    }

    async fn look(&self) -> StoreResult<BTreeMap<String, ConsentState>> {
        let mobiles: Vec<&str> = self.mobiles.iter().map(String::as_str).collect();
        let mut reads = self.state.engine.reader().read().await?;
        Ok(consent::states(&mut reads, Program::Alerts, &mobiles).await?.into_iter().collect())
    }
}
