//! Consent: the state of numbers, and the whole ledger of one.

use std::collections::HashMap;

use jiff::Timestamp;
use schoolbell_domain::consent::{ConsentEvent, ConsentEventKind, ConsentState, Link, Program, verify};
use schoolbell_domain::ids::ConsentEventId;

use crate::error::{StoreError, StoreResult};
use crate::on;
use crate::sql::{fetch_set, rows_that_fit};
use crate::statements;
use crate::tx::Reads;

/// An entry of the ledger as it is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct LedgerEntry {
    pub program: Program,
    pub link: Link,
}

type Row = (i64, String, String, i64, String, String, String, String);

statements! {
    STATES = "SELECT number, state FROM consent WHERE program = $1 AND number IN {list@2}";
    LEDGER = "SELECT id, program, kind, at, actor, evidence, previous_hash, hash FROM consent_event \
        WHERE number = $1 ORDER BY program, id";
    NUMBERS = "SELECT DISTINCT number FROM consent_event WHERE number > $1 ORDER BY number LIMIT $2";
}

/// The states of these numbers in one program; a number without an entry is left out: `Unknown`.
pub async fn states(
    reads: &mut impl Reads,
    program: Program,
    numbers: &[&str],
) -> StoreResult<HashMap<String, ConsentState>> {
    let tx = reads.tx();
    let mut states = HashMap::with_capacity(numbers.len());
    for chunk in numbers.chunks(rows_that_fit(1, 1000)) {
        let rows =
            fetch_set!(tx, (String, String), STATES, [program.word()], chunk, |query, number| query.bind(*number))?;
        for (number, word) in rows {
            let state = ConsentState::from_word(&word)
                .ok_or_else(|| StoreError::Damaged { row: "consent".to_owned(), what: format!("state {word}") })?;
            states.insert(number, state);
        }
    }
    Ok(states)
}

/// Everything that ever happened to the consent of one number, by program, oldest first.
pub async fn ledger(reads: &mut impl Reads, number: &str) -> StoreResult<Vec<LedgerEntry>> {
    let rows: Vec<Row> = on!(reads.tx(), |conn| sqlx::query_as(LEDGER).bind(number).fetch_all(conn).await)?;
    rows.into_iter().map(entry).collect()
}

/// Numbers that have a ledger, in order, after `after`: to walk over all of them page by page.
pub async fn numbers_after(reads: &mut impl Reads, after: &str, limit: i64) -> StoreResult<Vec<String>> {
    Ok(on!(reads.tx(), |conn| sqlx::query_scalar(NUMBERS).bind(after).bind(limit).fetch_all(conn).await)?)
}

/// The first entry whose chain is broken: changed, put in or taken out since it was written. `entries` as from
/// [`ledger`] of this number.
pub fn broken_link(number: &str, entries: &[LedgerEntry]) -> Option<ConsentEventId> {
    Program::ALL.into_iter().find_map(|program| {
        let own = entries.iter().filter(|entry| entry.program == program).map(|entry| entry.link.clone());
        verify(number, program, &own.collect::<Vec<_>>()).err()
    })
}

fn entry((id, program, kind, at, actor, evidence, previous_hash, hash): Row) -> StoreResult<LedgerEntry> {
    let id = ConsentEventId::from_raw(id);
    let damaged = |what: &str| StoreError::Damaged { row: id.to_string(), what: what.to_owned() };
    Ok(LedgerEntry {
        program: Program::from_word(&program).ok_or_else(|| damaged("its program"))?,
        link: Link {
            event: ConsentEvent {
                id,
                kind: ConsentEventKind::from_word(&kind).ok_or_else(|| damaged("its kind"))?,
                at: Timestamp::from_millisecond(at).map_err(|_| damaged("its time"))?,
                actor,
                evidence,
            },
            previous_hash,
            hash,
        },
    })
}
