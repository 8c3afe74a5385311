//! "This changed", as server-sent events: the page fetches the fragment itself, and losing an event costs nothing.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use futures::{Stream, StreamExt};
use schoolbell_engine::live::LiveEvent;
use tokio_stream::wrappers::BroadcastStream;

use crate::WebState;
use crate::session::Staff;

/// After this the browser comes back by itself, and its session is looked at again.
const LONGEST: Duration = Duration::from_mins(10);

/// `GET /events`: the names of what changed, nothing of its content.
pub async fn events(
    _staff: Staff,
    State(state): State<WebState>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let heard = BroadcastStream::new(state.engine.live.listen()).map(|event| {
        // A page that was too slow missed some: it looks at everything again.
        Ok(Event::default().event("changed").data(event.unwrap_or(LiveEvent::All).word()))
    });
    let over = Box::pin(tokio::time::sleep(LONGEST));
    Sse::new(heard.take_until(over)).keep_alive(KeepAlive::new().interval(Duration::from_secs(20)))
}
