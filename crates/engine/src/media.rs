//! Fetches what came with texts from the carriers that have it: size and kind are checked before anything is kept.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::SignedDuration;
use schoolbell_domain::conversation::media::MediaKind;
use schoolbell_gateways::{Gateway, Unfetched};
use schoolbell_store::StoreResult;
use schoolbell_store::read::text_media;
use schoolbell_store::write::text_media::{self as rows, Kept, Wanted};
use sha2::{Digest, Sha256};
use tokio_util::sync::CancellationToken;

use crate::Engine;
use crate::live::LiveEvent;

const POLL: Duration = Duration::from_secs(2);
const BATCH: i64 = 10;
/// Larger than any multimedia message of the carriers.
const LARGEST: usize = 5 * 1024 * 1024;
/// 1, 2, 4 … minutes between the tries: about half a day in all.
const MOST_TRIES: i64 = 10;

/// Fetches until `stop`. The gateways are those of this node's configuration.
pub(crate) async fn run(engine: Engine, gateways: Vec<Arc<dyn Gateway>>, stop: CancellationToken) {
    while !stop.is_cancelled() {
        if let Err(error) = fetch_due(&engine, &gateways).await {
            tracing::warn!(%error, "what came with texts was not fetched and is tried again");
        }
        // Not by the wake of texts that come in: a permit taken here would be missed where they are handled.
        stop.run_until_cancelled(tokio::time::sleep(POLL)).await.unwrap_or(());
    }
}

/// Everything that is due now.
async fn fetch_due(engine: &Engine, gateways: &[Arc<dyn Gateway>]) -> StoreResult<()> {
    let due = text_media::due(&mut engine.db.read().await?, engine.now(), BATCH).await?;
    for wanted in due {
        let Some(gateway) = gateways.iter().find(|gateway| gateway.name() == wanted.gateway) else {
            // Another node has the account; without any it is told after the last try.
            put_off(engine, &wanted, "no carrier account of this name is set up").await?;
            continue;
        };
        match gateway.fetch(&wanted.address, LARGEST).await {
            Ok(bytes) => keep(engine, &wanted, &bytes).await?,
            Err(Unfetched::Never(why)) => refuse(engine, &wanted, &why).await?,
            Err(Unfetched::Later(why)) => put_off(engine, &wanted, &why).await?,
        }
        // Open pages of the thread look again.
        engine.live.tell(LiveEvent::Thread(wanted.thread));
    }
    Ok(())
}

async fn keep(engine: &Engine, wanted: &Wanted, bytes: &[u8]) -> StoreResult<()> {
    let Some(kind) = MediaKind::of(bytes) else {
        return refuse(engine, wanted, "it is no picture of a kind that is shown here").await;
    };
    let text = STANDARD.encode(bytes);
    let digest = format!("{:x}", Sha256::digest(bytes));
    let size = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
    let kept = Kept { kind, text: &text, size, digest: &digest };
    engine.db.write("keep what came with a text", async |tx| rows::keep(tx, wanted.id, kept).await).await
}

async fn refuse(engine: &Engine, wanted: &Wanted, why: &str) -> StoreResult<()> {
    engine.db.write("refuse what came with a text", async |tx| rows::refuse(tx, wanted.id, why).await).await
}

async fn put_off(engine: &Engine, wanted: &Wanted, why: &str) -> StoreResult<()> {
    if wanted.tries + 1 >= MOST_TRIES {
        return refuse(engine, wanted, &format!("it could not be fetched: {why}")).await;
    }
    let minutes = 2_i64.pow(u32::try_from(wanted.tries).unwrap_or(0).min(9));
    let due_at = engine.now() + SignedDuration::from_mins(minutes);
    engine.db.write("put off what came with a text", async |tx| rows::later(tx, wanted.id, (due_at, why)).await).await
}
