//! One delivery per address and channel of a broadcast, naming all its children.
//!
//! Siblings who share a phone ring it once. Custody keeps children apart: what is about a student of whom somebody at
//! that address may hear nothing goes in a delivery of its own, with the student's id as its merge group (LAW-52).
//! Rule page: `docs/src/rules/dedupe.md`.

use super::plan::{Decision, PlanRow};
use super::reason::SuppressReason;
use crate::people::PersonKind;

/// A row with the number of its address within the page.
#[derive(Debug)]
pub(super) struct Placed {
    pub row: PlanRow,
    pub address: Option<usize>,
}

/// Merges the rows that would send to one address over one channel in one merge group.
///
/// The survivor belongs to a guardian before a student's home phone before staff, then to the older contact point; it
/// names the children of all. The others become `Suppressed(Merged)` and keep their own children.
pub(super) fn merge(rows: &mut [Placed]) {
    let mut order: Vec<usize> = (0..rows.len()).filter(|at| rows.get(*at).is_some_and(sends)).collect();
    order.sort_unstable_by_key(|at| rows.get(*at).map(|placed| (place(placed), rank(placed))));
    let mut from = 0;
    while from < order.len() {
        let first = order.get(from).and_then(|at| rows.get(*at)).map(place);
        let same = |at: &&usize| rows.get(**at).map(place) == first;
        let length = order.iter().skip(from).take_while(same).count().max(1);
        if let Some(group) = order.get(from..from + length).filter(|group| group.len() > 1) {
            merge_group(rows, group);
        }
        from += length;
    }
}

fn merge_group(rows: &mut [Placed], group: &[usize]) {
    let mut children = Vec::new();
    for at in group {
        if let Some(placed) = rows.get(*at) {
            children.extend_from_slice(&placed.row.children);
        }
    }
    children.sort_unstable();
    children.dedup();
    for at in group.iter().skip(1) {
        if let Some(placed) = rows.get_mut(*at) {
            placed.row.decision = Decision::Suppress(SuppressReason::Merged);
        }
    }
    if let Some(survivor) = group.first().and_then(|at| rows.get_mut(*at)) {
        survivor.row.children = children;
    }
}

fn sends(placed: &Placed) -> bool {
    matches!(placed.row.decision, Decision::Send { .. })
}

fn place(placed: &Placed) -> (Option<usize>, i64, i64) {
    (placed.address, placed.row.channel.code(), placed.row.merge_group)
}

fn rank(placed: &Placed) -> (u8, i64) {
    let kind = match placed.row.kind {
        PersonKind::Guardian => 0,
        PersonKind::Student => 1,
        PersonKind::Staff => 2,
    };
    (kind, placed.row.point.map_or(i64::MAX, crate::ids::ContactPointId::raw))
}
