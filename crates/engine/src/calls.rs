//! Calls that are over: the record, the last word on the delivery, and what the family asked for by a key.

use jiff::SignedDuration;
use schoolbell_domain::consent::{ConsentEventKind, Program};
use schoolbell_domain::delivery::plan::Basis;
use schoolbell_domain::people::Address;
use schoolbell_gateways::{HeardCall, HeardReceipt};
use schoolbell_store::write::calls::{self, NewCall};
use schoolbell_store::write::queue::{self, Standing};
use schoolbell_store::write::tallies::{self, Moves};
use schoolbell_store::{StoreError, StoreResult, Tx};
use serde_json::json;

use crate::attendance::answer;
use crate::revocation::{self, Revocation};
use crate::survey::by_keys::by_keys;
use crate::{Engine, reached, receipts};

/// Keeps a call in one transaction; twice is once.
pub(crate) async fn keep(engine: &Engine, gateway: &str, heard: &HeardCall) -> StoreResult<()> {
    let moves = engine
        .db
        .write("keep a call", async |tx| {
            let mut moves = Moves::default();
            if calls::insert(tx, &record(engine, gateway, heard)).await? {
                let receipt =
                    HeardReceipt { reference: heard.reference.clone(), status: heard.status, raw: heard.raw.clone() };
                receipts::meet(engine, tx, gateway, &[&receipt], &mut moves).await?;
                if let Some(row) = queue::lock(tx, &[heard.delivery]).await?.first() {
                    calls::count(tx, row.place.origin, heard.party.word()).await?;
                    reached::by_call(engine, tx, (row, heard), &mut moves).await?;
                    if heard.wants_no_more() {
                        stop(engine, tx, (gateway, row), heard, &mut moves).await?;
                    } else {
                        answer::by_keys(engine, tx, heard.delivery, &heard.keys).await?;
                        by_keys(engine, tx, heard.delivery, &heard.keys).await?;
                    }
                }
                tallies::apply(tx, &moves).await?;
            }
            Ok::<_, StoreError>(moves)
        })
        .await?;
    engine.touched.touch(moves.origins());
    Ok(())
}

fn record<'a>(engine: &Engine, gateway: &'a str, heard: &'a HeardCall) -> NewCall<'a> {
    let ended_at = engine.now();
    let talked = SignedDuration::from_millis(i64::try_from(heard.talked_ms).unwrap_or(0));
    NewCall {
        delivery: heard.delivery,
        number: heard.attempt,
        gateway,
        party: heard.party.word(),
        answered_at: ended_at.checked_sub(talked).unwrap_or(ended_at),
        ended_at,
        keys: &heard.keys,
        said: &heard.raw,
    }
}

/// Key 9. What it closes follows from what it answered: said in an emergency call it ends those too (LAW-9, LAW-12).
async fn stop(
    engine: &Engine,
    tx: &mut Tx,
    (gateway, row): (&str, &Standing),
    heard: &HeardCall,
    moves: &mut Moves,
) -> StoreResult<()> {
    let Some(Address::Phone(number)) = &row.address else { return Ok(()) };
    let answered_emergency = row.basis == Basis::Emergency.word();
    let evidence = json!({
        "key": "9", "keys": heard.keys, "delivery": heard.delivery.to_string(), "attempt": heard.attempt,
        "gateway": gateway, "call": heard.reference, "heard_at": engine.now().to_string(),
    })
    .to_string();
    let said = Revocation {
        kind: ConsentEventKind::Stopped,
        heard_in: if answered_emergency { Program::EmergencyCalls } else { Program::Voice },
        actor: "family",
        evidence: &evidence,
    };
    revocation::close(engine, tx, number, said, moves).await
}
