//! Families that have a message already, where the sender chose to leave their other phones alone then.

use schoolbell_domain::broadcast::StopsOn;
use schoolbell_domain::ids::{DeliveryId, OriginId, PersonId};

use crate::error::{StoreError, StoreResult};
use crate::on;
use crate::sql::{fetch_set, rows_that_fit};
use crate::statements;
use crate::tx::Reads;

/// What ends the calls of a broadcast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wish {
    pub stops_on: StopsOn,
    /// A text that arrived ends them too.
    pub text_first: bool,
}

/// A household, apart where custody keeps children apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FamilyKey {
    pub household: i64,
    pub merge_group: i64,
}

statements! {
    WISH = "SELECT stops_on, text_first FROM call_wish WHERE origin_id = $1";
    FAMILY = "SELECT person.household, delivery.merge_group FROM delivery JOIN person ON person.id = delivery.person_id \
        WHERE delivery.id = $1";
    HOUSEHOLDS = "SELECT id, household FROM person WHERE id IN {list@1}";
    OPEN_CALLS = "SELECT delivery.id FROM person JOIN delivery ON delivery.person_id = person.id \
        WHERE person.household = $1 AND delivery.origin_id = $2 AND delivery.merge_group = $3 AND delivery.channel = 1 \
        AND delivery.state = 1";
    REACHED = "SELECT delivery.id FROM delivery JOIN person ON person.id = delivery.person_id \
        JOIN family_reached ON family_reached.origin_id = delivery.origin_id \
        AND family_reached.household = person.household AND family_reached.merge_group = delivery.merge_group \
        WHERE delivery.id IN {list@1}";
}

/// What ends the calls of a broadcast; `None` where every phone rings.
pub async fn lookup_wish(reads: &mut impl Reads, origin: OriginId) -> StoreResult<Option<Wish>> {
    let row: Option<(String, bool)> =
        on!(reads.tx(), |conn| sqlx::query_as(WISH).bind(origin.raw()).fetch_optional(conn).await)?;
    let damaged = |word: &str| StoreError::Damaged { row: origin.to_string(), what: format!("stops on `{word}`") };
    row.map(|(word, text_first)| {
        Ok(Wish { stops_on: StopsOn::from_word(&word).ok_or_else(|| damaged(&word))?, text_first })
    })
    .transpose()
}

/// The family of a delivery; `None` where it goes to nobody of the roster.
pub async fn family_of(reads: &mut impl Reads, delivery: DeliveryId) -> StoreResult<Option<FamilyKey>> {
    let row: Option<(i64, i64)> =
        on!(reads.tx(), |conn| sqlx::query_as(FAMILY).bind(delivery.raw()).fetch_optional(conn).await)?;
    Ok(row.map(|(household, merge_group)| FamilyKey { household, merge_group }))
}

/// The household of each person.
pub async fn households(reads: &mut impl Reads, people: &[PersonId]) -> StoreResult<Vec<(PersonId, i64)>> {
    let tx = reads.tx();
    let mut found = Vec::with_capacity(people.len());
    for chunk in people.chunks(rows_that_fit(1, 1000)) {
        let rows = fetch_set!(tx, (i64, i64), HOUSEHOLDS, [], chunk, |query, person| query.bind(person.raw()))?;
        found.extend(rows.into_iter().map(|(person, household)| (PersonId::from_raw(person), household)));
    }
    Ok(found)
}

/// The calls of a broadcast to a family that still wait.
pub async fn open_calls(reads: &mut impl Reads, origin: OriginId, family: FamilyKey) -> StoreResult<Vec<DeliveryId>> {
    let ids: Vec<i64> = on!(reads.tx(), |conn| sqlx::query_scalar(OPEN_CALLS)
        .bind(family.household)
        .bind(origin.raw())
        .bind(family.merge_group)
        .fetch_all(conn)
        .await)?;
    Ok(ids.into_iter().map(DeliveryId::from_raw).collect())
}

/// Those of the deliveries whose family has the message already.
pub async fn reached(reads: &mut impl Reads, deliveries: &[DeliveryId]) -> StoreResult<Vec<DeliveryId>> {
    let tx = reads.tx();
    let mut found = Vec::new();
    for chunk in deliveries.chunks(rows_that_fit(1, 1000)) {
        let ids = fetch_set!(tx, (i64,), REACHED, [], chunk, |query, id| query.bind(id.raw()))?;
        found.extend(ids.into_iter().map(|(id,)| DeliveryId::from_raw(id)));
    }
    Ok(found)
}
