//! Joins the carrier's record to our rows by address (one delivery each) and by message id.

use std::collections::BTreeMap;

use schoolbell_domain::delivery::{DeliveryState, StateKind};
use schoolbell_domain::ids::{BroadcastId, OriginId};
use schoolbell_store::{Db, read};

use crate::smsc::Smsc;

/// What the two records say together.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    pub deliveries: usize,
    /// Addresses that the carrier has nothing for although our row does not say so, or whose row never ended.
    pub lost: usize,
    /// Addresses that the carrier has more than once.
    pub doubled: usize,
    /// Rows that say that we do not know.
    pub unconfirmed: usize,
    /// Of these, the ones that the carrier never got.
    pub unconfirmed_and_not_sent: usize,
    pub delivered: usize,
    /// Receipts that the carrier got acknowledged and we do not have.
    pub receipts_lost: usize,
}

/// Judges one broadcast; `notice` is the number in its text, by which the carrier's record knows it.
pub async fn judge(db: &Db, smsc: &Smsc, (broadcast, notice): (BroadcastId, Option<u32>)) -> Verdict {
    let mut reads = db.read().await.unwrap();
    let origin = OriginId::from(broadcast);
    let rows = read::checks::addresses_of(&mut reads, origin).await.unwrap();
    let kept = read::receipts::references(&mut reads, "smsc").await.unwrap();
    let counted = read::tallies::counts(&mut reads, origin).await.unwrap();
    drop(reads);
    let record = smsc.record();
    let mut verdict = Verdict { deliveries: rows.len(), ..Verdict::default() };
    let mut states: BTreeMap<(i64, i64), i64> = BTreeMap::new();
    for (address, state) in &rows {
        let submits = record.submitted.get(&(address.clone(), notice)).map_or(0, Vec::len);
        let unconfirmed = *state == DeliveryState::Unconfirmed;
        *states.entry((state.kind().code(), state.reason_code())).or_default() += 1;
        verdict.lost += usize::from(submits == 0 && !unconfirmed || !is_told(*state));
        verdict.doubled += usize::from(submits > 1);
        verdict.unconfirmed += usize::from(unconfirmed);
        verdict.unconfirmed_and_not_sent += usize::from(unconfirmed && submits == 0);
        verdict.delivered += usize::from(*state == DeliveryState::Delivered);
    }
    verdict.receipts_lost = record.acknowledged.iter().filter(|id| !kept.contains(*id)).count();
    // Who was left out has no address among the rows.
    let open = counted.iter().filter(|count| count.state.kind() != StateKind::Suppressed);
    let tallied: BTreeMap<(i64, i64), i64> = open.fold(BTreeMap::new(), |mut sums, count| {
        *sums.entry((count.state.kind().code(), count.state.reason_code())).or_default() += count.count;
        sums
    });
    assert_eq!(tallied, states, "the counters and the rows agree after every kill");
    verdict
}

/// Whether the row says what became of it: nothing waits or is being sent any more.
fn is_told(state: DeliveryState) -> bool {
    !matches!(state.kind(), StateKind::Queued | StateKind::Sending)
}
