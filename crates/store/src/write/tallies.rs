//! Counters of deliveries, moved by deltas in the transaction that moves the rows: no page counts deliveries.

use std::collections::BTreeMap;

use schoolbell_domain::channel::Channel;
use schoolbell_domain::delivery::DeliveryState;
use schoolbell_domain::ids::{OriginId, SchoolId};

use crate::error::StoreResult;
use crate::sql::{execute_set, rows_that_fit};
use crate::statements;
use crate::tx::Tx;

/// Under which counters a delivery stands, apart from its state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    pub origin: OriginId,
    pub channel: Channel,
    /// `None` counts under 0.
    pub school: Option<SchoolId>,
}

/// Counters to move, gathered over a transaction.
#[derive(Debug, Default)]
pub struct Moves {
    // Ordered, so that two transactions on PostgreSQL take the rows in the same order and never lock each other out.
    deltas: BTreeMap<(Place, i64, i64), i64>,
    first_attempts: BTreeMap<(OriginId, Channel, i64), i64>,
}

statements! {
    APPLY = "INSERT INTO tally (origin_id, channel, school_id, state, reason, count) VALUES {rows:6@1} \
        ON CONFLICT (origin_id, channel, school_id, state, reason) DO UPDATE SET count = tally.count + excluded.count";
    APPLY_SECONDS = "INSERT INTO tally_second (origin_id, channel, second, count) VALUES {rows:4@1} \
        ON CONFLICT (origin_id, channel, second) DO UPDATE SET count = tally_second.count + excluded.count";
}

impl Moves {
    /// One delivery more in this state.
    pub fn enter(&mut self, place: Place, state: DeliveryState) {
        self.add(place, state, 1);
    }

    /// One delivery less in this state.
    pub fn leave(&mut self, place: Place, state: DeliveryState) {
        self.add(place, state, -1);
    }

    /// A first attempt that began in this second of Unix time.
    pub fn first_attempt(&mut self, place: Place, second: i64) {
        *self.first_attempts.entry((place.origin, place.channel, second)).or_default() += 1;
    }

    fn add(&mut self, place: Place, state: DeliveryState, delta: i64) {
        *self.deltas.entry((place, state.kind().code(), state.reason_code())).or_default() += delta;
    }

    /// The origins whose counters move.
    pub fn origins(&self) -> impl Iterator<Item = OriginId> + '_ {
        self.deltas.keys().map(|(place, ..)| place.origin)
    }
}

/// Moves the counters. The last thing before the commit, so that PostgreSQL holds their rows shortly.
pub async fn apply(tx: &mut Tx, moves: &Moves) -> StoreResult<()> {
    let deltas: Vec<_> = moves.deltas.iter().filter(|(_, delta)| **delta != 0).collect();
    for chunk in deltas.chunks(rows_that_fit(6, 500)) {
        execute_set!(tx, APPLY, [], chunk, |query, row| query
            .bind(row.0.0.origin.raw())
            .bind(row.0.0.channel.code())
            .bind(row.0.0.school.map_or(0, SchoolId::raw))
            .bind(row.0.1)
            .bind(row.0.2)
            .bind(*row.1))?;
    }
    let seconds: Vec<_> = moves.first_attempts.iter().collect();
    for chunk in seconds.chunks(rows_that_fit(4, 500)) {
        execute_set!(tx, APPLY_SECONDS, [], chunk, |query, row| query
            .bind(row.0.0.raw())
            .bind(row.0.1.code())
            .bind(row.0.2)
            .bind(*row.1))?;
    }
    Ok(())
}
