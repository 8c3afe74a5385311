//! The automatic answer outside office hours: once in a thread and closed period, in the thread like every other text.

use jiff::SignedDuration;
use schoolbell_domain::conversation::reply::Speaker;
use schoolbell_domain::ids::TextId;
use schoolbell_store::read::{district, instance, office};
use schoolbell_store::write::inbound::NewInbound;
use schoolbell_store::write::threads::Standing;
use schoolbell_store::{StoreResult, Tx, write};
use serde_json::json;

use crate::Engine;
use crate::text_out::{Leaving, Voice, enter};

/// Later than this it would only confuse.
const EXPIRES_AFTER: SignedDuration = SignedDuration::from_hours(1);
/// Who wrote it, as the thread shows.
const AUTHOR: &str = "Automatic answer";

/// Answers a text that joined a thread while the office is closed. Nobody's hours: no answer.
pub(crate) async fn answer(
    engine: &Engine,
    tx: &mut Tx,
    (speaker, came): (&Speaker<'_>, &NewInbound),
    thread: &mut Standing,
) -> StoreResult<()> {
    let Some(found) = office::hours_for(tx, thread.user, thread.school).await? else { return Ok(()) };
    let zone = match district::zone_of(tx, thread.school).await? {
        Some(zone) => zone,
        None => district::get_district(tx).await?.time_zone,
    };
    let Some(since) = found.hours.closed_since(engine.now(), &zone) else { return Ok(()) };
    let id = TextId::from_raw(engine.next_id());
    if !write::office::answered(tx, thread.id, since, id).await? {
        return Ok(());
    }
    // A text from before a restore: the original may have answered it.
    let not_before = instance::held_if_older(tx, came.received_at).await?.unwrap_or(engine.now());
    let leaving = Leaving {
        id,
        voice: Voice::Automatic,
        author: AUTHOR,
        body: &speaker.after_hours(&found.words),
        detail: json!({ "automatic": true, "closed_since": since.to_string() }),
        not_before,
        expires_at: came.received_at + EXPIRES_AFTER,
    };
    enter(engine, tx, thread, &leaving).await
}
