//! What follows from a changed roster, in the same transaction: households, the ledgers of new numbers, the invitations.

use schoolbell_domain::consent::{ConsentEvent, ConsentEventKind, Program};
use schoolbell_domain::ids::{ConsentEventId, ImportId, JobId};
use schoolbell_store::read::roster::{mobiles_without_ledger, phones_without_ledger};
use schoolbell_store::write::consent::{NewConsentEvent, record};
use schoolbell_store::write::jobs::{NewJob, enqueue};
use schoolbell_store::write::suppressions;
use schoolbell_store::{StoreResult, Tx};
use serde_json::json;

use super::families;
use crate::Engine;

/// The kind of job that sends the one invitation to each new mobile.
pub const INVITE_NUMBERS: &str = "invite_numbers";

/// Joins households, and enters numbers that were never seen before as given by the family: every phone for calls
/// (LAW-2: what a family gave at registration may be called, so LAW-5 does not count those calls), mobiles of main and
/// secondary contacts for the alerts too (A24). A number that was seen in an earlier import, at another school or for
/// another child is not entered again, so it is never invited twice, and what was revoked stays revoked.
pub(crate) async fn settle(engine: &Engine, tx: &mut Tx, import: ImportId) -> StoreResult<()> {
    families::join(tx).await?;
    let lifted = suppressions::lift_passed_on(tx).await?;
    if lifted > 0 {
        tracing::info!(
            addresses = lifted,
            "addresses passed to other families; what the network said of the old ones was lifted"
        );
    }
    let evidence = json!({ "import": import }).to_string();
    let event = |number: String, program: Program| NewConsentEvent {
        number,
        program,
        event: ConsentEvent {
            id: ConsentEventId::from_raw(engine.next_id()),
            kind: ConsentEventKind::Provided,
            at: engine.now(),
            actor: "roster".to_owned(),
            evidence: evidence.clone(),
        },
    };
    let phones = phones_without_ledger(tx).await?;
    let mut events: Vec<NewConsentEvent> = phones.into_iter().map(|number| event(number, Program::Voice)).collect();
    let mobiles = mobiles_without_ledger(tx).await?;
    let is_inviting = !mobiles.is_empty();
    events.extend(mobiles.into_iter().map(|number| event(number, Program::Alerts)));
    record(tx, &events).await?;
    if !is_inviting {
        return Ok(());
    }
    let job = NewJob {
        id: JobId::from_raw(engine.next_id()),
        kind: INVITE_NUMBERS,
        payload: evidence,
        unique_key: Some(INVITE_NUMBERS.to_owned()),
        run_at: engine.now(),
    };
    enqueue(tx, job).await
}
