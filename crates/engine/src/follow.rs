//! What changed without this node hearing of it: open pages follow what other nodes do even where no hint arrives.

use std::collections::BTreeSet;
use std::time::Duration;

use schoolbell_domain::ids::{AuditId, BroadcastId, InboundId};
use schoolbell_store::{StoreResult, db, read};
use tokio_util::sync::CancellationToken;

use crate::Engine;
use crate::live::LiveEvent;

const EVERY: Duration = Duration::from_secs(2);

/// What the rows said last.
#[derive(Default, PartialEq)]
struct Seen {
    running: BTreeSet<BroadcastId>,
    gateways: Vec<(String, String)>,
    newest_text: Option<InboundId>,
    newest_act: Option<AuditId>,
}

/// Looks until `stop`, as long as a page is open. On SQLite this node does everything itself, and knows.
pub(crate) async fn run(engine: Engine, stop: CancellationToken) {
    if engine.db.engine() == db::Engine::Sqlite {
        return;
    }
    let mut seen = Seen::default();
    while stop.run_until_cancelled(tokio::time::sleep(EVERY)).await.is_some() {
        if !engine.live.has_listeners() {
            continue;
        }
        match look(&engine).await {
            Ok(now) => {
                tell(&engine, &seen, &now);
                seen = now;
            }
            Err(error) => tracing::debug!(%error, "what changed is not known; the next look tells"),
        }
    }
}

async fn look(engine: &Engine) -> StoreResult<Seen> {
    let mut reads = engine.db.read().await?;
    let gateways = read::gateways::all(&mut reads).await?;
    Ok(Seen {
        running: read::broadcasts::unfinished(&mut reads).await?.into_iter().collect(),
        gateways: gateways.into_iter().map(|gateway| (gateway.state, gateway.detail)).collect(),
        newest_text: read::inbound::newest(&mut reads, None, 1).await?.first().map(|text| text.id),
        newest_act: read::audit::latest(&mut reads, None, 1).await?.first().map(|line| line.id),
    })
}

/// A broadcast at work changes all the time; one that has left the list has ended.
fn tell(engine: &Engine, was: &Seen, is: &Seen) {
    if was.newest_act != is.newest_act {
        // A short one can be sent and over between two looks; to send is an act.
        engine.live.tell_here(LiveEvent::All);
    }
    for id in was.running.union(&is.running) {
        engine.live.tell_here(LiveEvent::Broadcast(*id));
    }
    if was.gateways != is.gateways {
        engine.live.tell_here(LiveEvent::Gateways);
    }
    if was.newest_text != is.newest_text {
        engine.live.tell_here(LiveEvent::Inbound);
    }
}
