//! Who got what of a broadcast: pages of rows, everything in order for an export, and whom nobody
//! reached. Counts come from the tallies, never from here.

use std::collections::BTreeSet;

use jiff::Timestamp;
use schoolbell_domain::channel::Channel;
use schoolbell_domain::delivery::{DeliveryState, StateKind, SuppressReason};
use schoolbell_domain::ids::{DeliveryId, OriginId, PersonId, SchoolId};
use schoolbell_domain::people::{PersonKind, Slot};

use super::people_pages::patterns;
use crate::error::{StoreError, StoreResult};
use crate::on;
use crate::statements;
use crate::time::instant;
use crate::tx::Reads;

/// One delivery, or one reason why there is none, as a person reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    pub delivery: DeliveryId,
    pub channel: Channel,
    pub person: Option<PersonId>,
    pub kind: Option<PersonKind>,
    pub given: String,
    pub family: String,
    pub slot: Option<Slot>,
    pub address: Option<String>,
    pub school: Option<SchoolId>,
    /// The students whom it is about.
    pub children: Vec<PersonId>,
    pub state: DeliveryState,
    pub attempts: i64,
    pub not_before: Timestamp,
    pub updated_at: Timestamp,
}

/// Which rows a page shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Everything that was to be sent.
    Sent,
    /// Of these, what has not arrived: waiting, failed, unconfirmed, stopped, expired.
    NotArrived,
    /// What was left out for one reason.
    LeftOut(SuppressReason),
}

#[derive(sqlx_macros::FromRow)]
struct Row {
    id: i64,
    channel: i64,
    person_id: Option<i64>,
    kind: Option<i64>,
    given: Option<String>,
    family: Option<String>,
    slot: Option<i64>,
    address: Option<String>,
    school_id: Option<i64>,
    children: String,
    state: i64,
    reason: i64,
    attempts: i64,
    not_before: i64,
    updated_at: i64,
}

/// The columns of [`Row`]; `concat!` takes literals alone.
macro_rules! rows {
    ($rest:literal) => {
        concat!(
            "SELECT delivery.id, delivery.channel, delivery.person_id, person.kind, person.given, person.family, ",
            "contact_point.slot, delivery.address, delivery.school_id, delivery.children, delivery.state, ",
            "delivery.reason, delivery.attempts, delivery.not_before, delivery.updated_at FROM delivery ",
            "LEFT JOIN person ON person.id = delivery.person_id ",
            "LEFT JOIN contact_point ON contact_point.id = delivery.contact_point_id ",
            $rest
        )
    };
}

statements! {
    SENT = rows!("WHERE delivery.origin_id = $1 AND delivery.state <> 0 AND delivery.id > $2 \
        ORDER BY delivery.id LIMIT $3");
    NOT_ARRIVED = rows!("WHERE delivery.origin_id = $1 AND delivery.state IN (1, 2, 5, 6, 7, 8, 9) \
        AND delivery.id > $2 ORDER BY delivery.id LIMIT $3");
    LEFT_OUT = rows!("WHERE delivery.origin_id = $1 AND delivery.state = 0 AND delivery.reason = $4 \
        AND delivery.id > $2 ORDER BY delivery.id LIMIT $3");
    ALL = rows!("WHERE delivery.origin_id = $1 AND delivery.id > $2 ORDER BY delivery.id LIMIT $3");
    NAMED = rows!("WHERE delivery.origin_id = $1 AND delivery.id > $2 AND person.folded_name LIKE $4 AND person.folded_name LIKE $5 AND person.folded_name LIKE $6 \
        ORDER BY delivery.id LIMIT $3");
    COVER = "SELECT id, children, state FROM delivery WHERE origin_id = $1 AND id > $2 ORDER BY id LIMIT 5000";
}

/// A page of rows, in the order in which they were planned, after `after`.
pub async fn page(
    reads: &mut impl Reads,
    origin: OriginId,
    which: Which,
    after: Option<DeliveryId>,
    limit: i64,
) -> StoreResult<Vec<Recipient>> {
    let after = after.map_or(0, DeliveryId::raw);
    let (text, reason) = match which {
        Which::Sent => (SENT, None),
        Which::NotArrived => (NOT_ARRIVED, None),
        Which::LeftOut(reason) => (LEFT_OUT, Some(reason.code())),
    };
    let rows: Vec<Row> = on!(reads.tx(), |conn| {
        let query = sqlx::query_as(text).bind(origin.raw()).bind(after).bind(limit);
        match reason {
            Some(code) => query.bind(code).fetch_all(conn).await,
            None => query.fetch_all(conn).await,
        }
    })?;
    rows.into_iter().map(recipient).collect()
}

/// Rows of people whose folded name holds every word of `folded`, in any order.
pub async fn named(
    reads: &mut impl Reads,
    origin: OriginId,
    folded: &str,
    after: Option<DeliveryId>,
    limit: i64,
) -> StoreResult<Vec<Recipient>> {
    let after = after.map_or(0, DeliveryId::raw);
    let [first, second, third] = patterns(folded);
    let rows: Vec<Row> = on!(reads.tx(), |conn| {
        let query = sqlx::query_as(NAMED).bind(origin.raw()).bind(after).bind(limit);
        query.bind(first).bind(second).bind(third).fetch_all(conn).await
    })?;
    rows.into_iter().map(recipient).collect()
}

/// Every row of an origin after `after`, sent or left out, in the order in which they were planned: for an export.
pub async fn all(
    reads: &mut impl Reads,
    origin: OriginId,
    after: Option<DeliveryId>,
    limit: i64,
) -> StoreResult<Vec<Recipient>> {
    let after = after.map_or(0, DeliveryId::raw);
    let rows: Vec<Row> =
        on!(reads.tx(), |conn| sqlx::query_as(ALL).bind(origin.raw()).bind(after).bind(limit).fetch_all(conn).await)?;
    rows.into_iter().map(recipient).collect()
}

/// The students whom a broadcast is about and for whom nothing has been taken by a carrier or arrived, sorted.
///
/// It walks every row of the broadcast, five thousand at a time: for the call-sheet, not for a live page.
pub async fn students_not_reached(reads: &mut impl Reads, origin: OriginId) -> StoreResult<Vec<PersonId>> {
    let mut named = BTreeSet::new();
    let mut reached = BTreeSet::new();
    let mut after = 0_i64;
    loop {
        let rows: Vec<(i64, String, i64)> =
            on!(reads.tx(), |conn| sqlx::query_as(COVER).bind(origin.raw()).bind(after).fetch_all(conn).await)?;
        let Some(last) = rows.last() else { break };
        after = last.0;
        for (_, children, state) in &rows {
            let arrived = [StateKind::Accepted, StateKind::Delivered].map(StateKind::code).contains(state);
            let place = if arrived { &mut reached } else { &mut named };
            place.extend(ids(children));
        }
    }
    Ok(named.difference(&reached).map(|raw| PersonId::from_raw(*raw)).collect())
}

fn ids(children: &str) -> impl Iterator<Item = i64> {
    children.split_ascii_whitespace().filter_map(|id| id.parse().ok())
}

fn recipient(row: Row) -> StoreResult<Recipient> {
    let delivery = DeliveryId::from_raw(row.id);
    let damaged = |what: &str| StoreError::Damaged { row: delivery.to_string(), what: what.to_owned() };
    Ok(Recipient {
        delivery,
        channel: Channel::from_code(row.channel).ok_or_else(|| damaged("channel"))?,
        person: row.person_id.map(PersonId::from_raw),
        kind: row.kind.and_then(PersonKind::from_code),
        given: row.given.unwrap_or_default(),
        family: row.family.unwrap_or_default(),
        slot: row.slot.and_then(Slot::from_code),
        address: row.address,
        school: row.school_id.map(SchoolId::from_raw),
        children: ids(&row.children).map(PersonId::from_raw).collect(),
        state: DeliveryState::from_codes(row.state, row.reason).ok_or_else(|| damaged("state"))?,
        attempts: row.attempts,
        not_before: instant(row.not_before)?,
        updated_at: instant(row.updated_at)?,
    })
}
