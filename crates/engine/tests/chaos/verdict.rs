//! What the carrier's record and our rows say together of all broadcasts: lost, doubled, after STOP.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use schoolbell_domain::ids::OriginId;
use schoolbell_store::read;

use crate::district::District;
use crate::judge::judge;
use crate::world;

/// A STOP holds from its acknowledgement on; what stood in the connection's own buffers then is still on its way.
const ON_ITS_WAY: Duration = Duration::from_secs(1);

/// All must be zero but the explained doubles.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Totals {
    pub broadcasts: usize,
    pub deliveries: usize,
    pub submits: usize,
    pub lost: usize,
    /// Of what is not urgent.
    pub doubled: usize,
    /// Of what is urgent: each has an attempt whose end nobody knew.
    pub urgent_doubled: usize,
    pub urgent_doubled_unexplained: usize,
    pub unconfirmed: usize,
    pub stops: usize,
    pub after_stop: usize,
    pub receipts_lost: usize,
    /// Submits of a node that had lost the gateway to another.
    pub stale: usize,
    /// Answers of such nodes that were refused.
    pub late_refused: i64,
}

impl Totals {
    pub fn must_hold(&self) {
        let broken = (self.lost, self.doubled, self.urgent_doubled_unexplained, self.after_stop);
        assert_eq!(broken, (0, 0, 0, 0), "lost, doubled, unexplained, after STOP: {self:?}");
        assert_eq!((self.receipts_lost, self.stale), (0, 0), "receipts lost, submits without the right: {self:?}");
    }
}

pub async fn totals(district: &District, families: i64) -> Totals {
    let mut totals = Totals { broadcasts: district.sent.len(), submits: district.smsc.submits(), ..Totals::default() };
    for sent in &district.sent {
        let verdict = judge(&district.db, &district.smsc, (sent.id, Some(sent.notice))).await;
        let origin = OriginId::from(sent.id);
        let mut reads = district.db.read().await.unwrap();
        let rows: BTreeMap<_, _> = read::checks::addresses_of(&mut reads, origin).await.unwrap().into_iter().collect();
        let unknown: BTreeSet<String> = read::checks::unsettled_attempts_of(&mut reads, origin).await.unwrap();
        drop(reads);
        totals.deliveries += verdict.deliveries;
        totals.lost += verdict.lost;
        totals.unconfirmed += verdict.unconfirmed;
        // Each counts the acknowledged receipts of all.
        totals.receipts_lost = verdict.receipts_lost;
        let record = district.smsc.record();
        for family in 0..families {
            let number = world::number(family);
            let submits = record.submitted.get(&(number.clone(), Some(sent.notice))).map_or(0, Vec::len);
            // Whoever said STOP is left out of what follows; nobody else has no row.
            totals.lost += usize::from(!rows.contains_key(&number) && !record.heard.contains_key(&number));
            let doubles = submits.saturating_sub(1);
            if sent.category.rule().resend_on_lost_lease {
                totals.urgent_doubled += doubles;
                totals.urgent_doubled_unexplained += usize::from(doubles > 0 && !unknown.contains(&number));
            } else {
                totals.doubled += doubles;
            }
        }
    }
    hear_stops(district, &mut totals);
    let gateways = read::gateways::all(&mut district.db.read().await.unwrap()).await.unwrap();
    totals.late_refused = gateways.iter().map(|gateway| gateway.late_answers).sum();
    totals
}

/// What went to families after their STOP was acknowledged.
fn hear_stops(district: &District, totals: &mut Totals) {
    let record = district.smsc.record();
    totals.stops = record.heard.len();
    totals.stale = record.stale;
    for (number, heard_at) in &record.heard {
        let broadcasts = record.submitted.iter().filter(|((to, notice), _)| to == number && notice.is_some());
        let late = broadcasts.flat_map(|(_, submits)| submits).filter(|submit| submit.at > *heard_at + ON_ITS_WAY);
        totals.after_stop += late.count();
    }
}
