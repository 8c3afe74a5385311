//! What follows from a changed roster, in the same transaction: households, the ledgers of new numbers, the invitations.

use schoolbell_domain::consent::{ConsentEvent, ConsentEventKind, Program};
use schoolbell_domain::ids::{ConsentEventId, ImportId, JobId};
use schoolbell_store::read::passed_on::passed_on;
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
/// another child is not entered again, so it is never invited twice, and what was revoked stays revoked. What was agreed for
/// a number that another family has now is void.
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
    let entry = |number: String, program: Program, kind: ConsentEventKind| NewConsentEvent {
        number,
        program,
        event: ConsentEvent {
            id: ConsentEventId::from_raw(engine.next_id()),
            kind,
            at: engine.now(),
            actor: "roster".to_owned(),
            evidence: evidence.clone(),
        },
    };
    void_passed_on(tx, entry).await?;
    let event = |number: String, program: Program| entry(number, program, ConsentEventKind::Provided);
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

/// Voids what was agreed for numbers that are on other families' records now (LAW-16): a YES is of who said it, not of the
/// number. A revocation stays. The new family gave the number at registration as the old one did, so it may be called.
async fn void_passed_on(
    tx: &mut Tx,
    entry: impl Fn(String, Program, ConsentEventKind) -> NewConsentEvent,
) -> StoreResult<()> {
    let passed = passed_on(tx).await?;
    if passed.is_empty() {
        return Ok(());
    }
    tracing::info!(ledgers = passed.len(), "numbers passed to other families; what the old ones agreed to is void");
    let void: Vec<_> =
        passed.iter().map(|(number, program)| entry(number.clone(), *program, ConsentEventKind::Reassigned)).collect();
    record(tx, &void).await?;
    // In an entry of its own after the first is folded: the state is then as old as this import.
    let given: Vec<_> = passed
        .into_iter()
        .filter(|(_, program)| *program == Program::Voice)
        .map(|(number, program)| entry(number, program, ConsentEventKind::Provided))
        .collect();
    record(tx, &given).await
}
