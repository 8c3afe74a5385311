//! What the network told us of addresses: dead, or complaining.

use jiff::Timestamp;
use schoolbell_domain::channel::Channel;
use schoolbell_domain::delivery::suppression::Suppression;
use schoolbell_domain::people::Address;

use crate::error::StoreResult;
use crate::on;
use crate::sql::{execute_set, rows_that_fit};
use crate::statements;
use crate::tx::Tx;

/// A word of the network on an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSuppression {
    pub address: Address,
    pub channel: Channel,
    pub kind: Suppression,
    /// JSON: delivery, gateway, the carrier's code.
    pub evidence: String,
}

statements! {
    /// Dead outweighs a complaint; the first evidence of the same stays.
    ADD = "INSERT INTO suppression (address, channel, kind, since, evidence) VALUES {rows:5@1} \
        ON CONFLICT (address, channel) DO UPDATE SET kind = excluded.kind, since = excluded.since, \
        evidence = excluded.evidence WHERE suppression.kind > excluded.kind";
    /// Nobody who had the address when the word came, nor anybody of their households, has it now.
    LIFT = "DELETE FROM suppression WHERE kind <> 3 \
        AND EXISTS (SELECT 1 FROM contact_point point JOIN person ON person.id = point.person_id \
            WHERE point.address = suppression.address AND point.active AND person.active) \
        AND NOT EXISTS (SELECT 1 FROM contact_point point JOIN person ON person.id = point.person_id \
            WHERE point.address = suppression.address AND point.active AND person.active \
            AND (point.first_seen <= suppression.since OR person.household IN ( \
                SELECT holder.household FROM contact_point held JOIN person holder ON holder.id = held.person_id \
                WHERE held.address = suppression.address AND held.first_seen <= suppression.since)))";
}

/// Lifts what the network said of addresses that have passed to other families since: it was said of somebody else's phone or
/// mailbox. A number that must never be dialled stays so. Answers how many words were lifted.
pub async fn lift_passed_on(tx: &mut Tx) -> StoreResult<u64> {
    Ok(on!(tx, |conn| sqlx::query(LIFT).execute(conn).await.map(|done| done.rows_affected()))?)
}

/// Keeps them, one for each address and channel.
pub async fn add(tx: &mut Tx, suppressions: &[NewSuppression], now: Timestamp) -> StoreResult<()> {
    let mut distinct = std::collections::BTreeMap::new();
    for suppression in suppressions {
        distinct.insert((suppression.address.clone(), suppression.channel), suppression);
    }
    let rows: Vec<_> = distinct.into_values().collect();
    for chunk in rows.chunks(rows_that_fit(5, 500)) {
        execute_set!(tx, ADD, [], chunk, |query, row| query
            .bind(row.address.expose())
            .bind(row.channel.code())
            .bind(row.kind.code())
            .bind(now.as_millisecond())
            .bind(row.evidence.as_str()))?;
    }
    Ok(())
}
