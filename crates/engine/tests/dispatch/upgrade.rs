//! This program on a database that the next one has added to: two nodes beside each other, one of them older.

use std::collections::HashSet;

use schoolbell_domain::channel::Channel;
use schoolbell_engine::Engine;
use schoolbell_gateways::Capacity;
use schoolbell_store::StoreError;
use schoolbell_store::migrate::{self, Effect, MIGRATIONS, Migration};
use schoolbell_store::testing::on_both;

use crate::bench::Bench;
use crate::carrier::{Carrier, accepted};

/// Columns that this program leaves out, a table that it never heard of.
const NEXT: Migration = Migration {
    number: 9_001,
    name: "next",
    sql: "ALTER TABLE delivery ADD COLUMN campaign TEXT; ALTER TABLE broadcast ADD COLUMN campaign TEXT;
        ALTER TABLE gateway ADD COLUMN cost_millicents BIGINT NOT NULL DEFAULT 0;
        CREATE TABLE campaign (id BIGINT PRIMARY KEY, name TEXT NOT NULL);",
    effect: Effect::Adds,
};

/// Issue 3: the newer node migrates in mid-broadcast, and the older one goes on beside it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_goes_on_while_a_newer_one_adds_to_the_database_and_joins_it() {
    on_both(async |db| -> Result<(), StoreError> {
        let bench = Bench::new(db.clone());
        bench.queue(Channel::Email, 1_500, |_| {}).await;
        let old = Carrier::with(Channel::Email, Capacity { window: 20, per_second: 1e9 }, accepted);
        old.close_gate();
        old.gate.add_permits(300);
        let started = bench.start(old.clone());
        while old.took().len() < 300 {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
        let steps: Vec<_> = MIGRATIONS.iter().chain(&[NEXT]).copied().collect();
        assert_eq!(migrate::migrate_with(&db, &steps).await?.taken, [NEXT.number]);
        old.gate.add_permits(100_000);
        bench.queue(Channel::Email, 1_500, |row| row.merge_group = 1).await;
        bench.run_until_idle().await;
        started.end().await;

        // The older program starts again on what the newer one made.
        assert_eq!(migrate::migrate(&db).await?.newer, [NEXT.number]);
        let mut again = Bench::new(db.clone());
        again.engine = Engine::new(db.clone(), again.clock.clone(), 2);
        again.origin = bench.origin;
        let carrier = Carrier::new(Channel::Email, accepted);
        let started = again.start(carrier.clone());
        let ids = schoolbell_domain::ids::IdMaker::new(7);
        let rows = Bench { ids, ..again };
        rows.queue(Channel::Email, 100, |row| row.merge_group = 2).await;
        rows.run_until_idle().await;
        started.end().await;
        let each: HashSet<_> = old.took().iter().chain(&carrier.took()).map(|one| one.delivery).collect();
        assert_eq!((old.took().len(), carrier.took().len(), each.len()), (3_000, 100, 3_100));
        rows.counters_agree().await;
        Ok(())
    })
    .await
    .unwrap();
}
