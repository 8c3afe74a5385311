//! What follows from a changed roster, in the same transaction: households, the ledger of new mobiles, the invitations.

use schoolbell_domain::consent::{ConsentEventKind, Program};
use schoolbell_domain::ids::{ConsentEventId, ImportId, JobId};
use schoolbell_store::read::roster::mobiles_without_ledger;
use schoolbell_store::write::consent::{NewConsentEvent, record};
use schoolbell_store::write::jobs::{NewJob, enqueue};
use schoolbell_store::{StoreResult, Tx};
use serde_json::json;

use super::families;
use crate::Engine;

/// The kind of job that sends the one invitation to each new mobile.
pub const INVITE_NUMBERS: &str = "invite_numbers";

/// Joins households, and enters mobiles of main and secondary contacts that were never seen before as given by the
/// family (A24). A number that was seen in an earlier import, at another school or for another child is not entered
/// again, so it is never invited twice.
pub(crate) async fn settle(engine: &Engine, tx: &mut Tx, import: ImportId) -> StoreResult<()> {
    families::join(tx).await?;
    let mobiles = mobiles_without_ledger(tx).await?;
    if mobiles.is_empty() {
        return Ok(());
    }
    let evidence = json!({ "import": import }).to_string();
    let event = |number: String| NewConsentEvent {
        id: ConsentEventId::from_raw(engine.next_id()),
        number,
        program: Program::Alerts,
        kind: ConsentEventKind::Provided,
        at: engine.now(),
        actor: "roster".to_owned(),
        evidence: evidence.clone(),
    };
    let events: Vec<NewConsentEvent> = mobiles.into_iter().map(event).collect();
    record(tx, &events).await?;
    let job = NewJob {
        id: JobId::from_raw(engine.next_id()),
        kind: INVITE_NUMBERS,
        payload: evidence,
        unique_key: Some(INVITE_NUMBERS.to_owned()),
        run_at: engine.now(),
    };
    enqueue(tx, job).await
}
