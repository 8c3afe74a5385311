//! Households after a change of the roster.

use schoolbell_domain::roster::household::Households;
use schoolbell_store::read::roster;
use schoolbell_store::write::roster::set_households;
use schoolbell_store::{StoreResult, Tx};

/// Joins everybody anew by shared children and shared addresses, and writes those whose household moved.
pub(crate) async fn join(tx: &mut Tx) -> StoreResult<()> {
    let people = roster::people_households(tx).await?;
    let mut households = Households::default();
    for (person, _) in &people {
        households.add(*person);
    }
    for (guardian, student) in roster::active_links(tx).await? {
        households.join(guardian, student);
    }
    let shared = roster::shared_addresses(tx).await?;
    for same in shared.chunk_by(|one, other| one.0 == other.0) {
        let sharing: Vec<i64> = same.iter().map(|(_, person)| *person).collect();
        households.join_sharing(&sharing);
    }
    drop(shared);
    let stood: std::collections::HashMap<i64, i64> = people.into_iter().collect();
    let moved: Vec<(i64, i64)> = households
        .all()
        .filter(|(person, household)| stood.get(person).is_some_and(|before| before != household))
        .collect();
    set_households(tx, &moved).await
}
