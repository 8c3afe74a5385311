//! The ledger of consent: append-only, each entry with the hash of the one before, and the folded state beside it.

use std::collections::{BTreeMap, BTreeSet};

use schoolbell_domain::consent::{ConsentEvent, ConsentState, Link, Program, seal};

use crate::error::StoreResult;
use crate::sql::{execute_set, fetch_set, rows_that_fit};
use crate::statements;
use crate::tx::Tx;

/// Something that happened to the consent of a number, for the end of its ledger.
#[derive(Clone, PartialEq, Eq)]
pub struct NewConsentEvent {
    /// E.164.
    pub number: String,
    pub program: Program,
    pub event: ConsentEvent,
}

/// What a ledger ends with.
#[derive(Clone)]
struct Head {
    hash: String,
    state: ConsentState,
}

statements! {
    /// Takes the rows, so that two transactions on PostgreSQL do not write the same link of a chain twice.
    TOUCH = "INSERT INTO consent (number, program, state, since, event_id) VALUES {rows:5@1} \
        ON CONFLICT (number, program) DO UPDATE SET state = consent.state";
    HEADS = "SELECT consent.number, consent.program, consent.state, COALESCE((SELECT consent_event.hash \
        FROM consent_event WHERE consent_event.number = consent.number AND consent_event.program = consent.program \
        ORDER BY consent_event.id DESC LIMIT 1), '') FROM consent WHERE consent.number IN {list@1}";
    APPEND = "INSERT INTO consent_event (id, number, program, kind, at, actor, evidence, previous_hash, hash) \
        VALUES {rows:9@1}";
    FOLD = "INSERT INTO consent (number, program, state, since, event_id) VALUES {rows:5@1} \
        ON CONFLICT (number, program) DO UPDATE SET since = CASE WHEN consent.state = excluded.state \
        THEN consent.since ELSE excluded.since END, state = excluded.state, event_id = excluded.event_id";
}

/// Adds entries to the ledgers of their numbers, in the order given, and folds each to its state.
pub async fn record(tx: &mut Tx, events: &[NewConsentEvent]) -> StoreResult<()> {
    for chunk in events.chunks(rows_that_fit(9, 500)) {
        record_chunk(tx, chunk).await?;
    }
    Ok(())
}

async fn record_chunk(tx: &mut Tx, events: &[NewConsentEvent]) -> StoreResult<()> {
    let mut heads = take_heads(tx, events).await?;
    let mut links = Vec::with_capacity(events.len());
    let mut newest = BTreeMap::new();
    for new in events {
        let head = heads
            .entry((new.number.clone(), new.program.word().to_owned()))
            .or_insert_with(|| Head { hash: String::new(), state: ConsentState::Unknown });
        let hash = seal(&head.hash, &new.event, &new.number, new.program);
        let previous_hash = std::mem::replace(&mut head.hash, hash.clone());
        links.push((new, Link { event: new.event.clone(), previous_hash, hash }));
        head.state = head.state.after(new.event.kind);
        newest.insert((new.number.as_str(), new.program.word()), (new, head.state));
    }
    execute_set!(tx, APPEND, [], &links, |query, row| query
        .bind(row.1.event.id.raw())
        .bind(row.0.number.as_str())
        .bind(row.0.program.word())
        .bind(row.1.event.kind.word())
        .bind(row.1.event.at.as_millisecond())
        .bind(row.1.event.actor.as_str())
        .bind(row.1.event.evidence.as_str())
        .bind(row.1.previous_hash.as_str())
        .bind(row.1.hash.as_str()))?;
    let folded: Vec<_> = newest.into_values().collect();
    execute_set!(tx, FOLD, [], &folded, |query, row| query
        .bind(row.0.number.as_str())
        .bind(row.0.program.word())
        .bind(row.1.word())
        .bind(row.0.event.at.as_millisecond())
        .bind(row.0.event.id.raw()))?;
    Ok(())
}

/// The ends of the ledgers that these events go on, their rows held until the commit.
async fn take_heads(tx: &mut Tx, events: &[NewConsentEvent]) -> StoreResult<BTreeMap<(String, String), Head>> {
    let ledgers: BTreeSet<(&str, &str)> = events.iter().map(|new| (new.number.as_str(), new.program.word())).collect();
    let at = events.first().map_or(0, |new| new.event.at.as_millisecond());
    let ledgers: Vec<_> = ledgers.into_iter().collect();
    execute_set!(tx, TOUCH, [], &ledgers, |query, ledger| query
        .bind(ledger.0)
        .bind(ledger.1)
        .bind(ConsentState::Unknown.word())
        .bind(at)
        .bind(0_i64))?;
    let numbers: Vec<&str> = ledgers.iter().map(|ledger| ledger.0).collect::<BTreeSet<_>>().into_iter().collect();
    let rows =
        fetch_set!(tx, (String, String, String, String), HEADS, [], &numbers, |query, number| query.bind(*number))?;
    Ok(rows
        .into_iter()
        .map(|(number, program, state, hash)| {
            let state = ConsentState::from_word(&state).unwrap_or(ConsentState::Unknown);
            ((number, program), Head { hash, state })
        })
        .collect())
}
