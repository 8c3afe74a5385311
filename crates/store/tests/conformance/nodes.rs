//! Programs on one database: a number each; a gateway is one program's at a time.

use schoolbell_domain::channel::Channel;
use schoolbell_store::testing::on_both;
use schoolbell_store::write::gateways::{self, GatewayEntry};
use schoolbell_store::write::nodes::{self, NodeEntry};
use schoolbell_store::{Lease, StoreError, read};

use crate::rows::{later, now};

fn entry(name: &str) -> NodeEntry<'_> {
    NodeEntry { name, roles: "web,jobs", started_at: now() }
}

fn lease(from: i64, until: i64) -> Lease {
    Lease { from: later(from), until: later(until) }
}

#[tokio::test]
async fn every_program_gets_a_number_that_no_living_one_has() {
    on_both(async |db| -> Result<(), StoreError> {
        let mut tx = db.begin().await?;
        assert_eq!(nodes::take(&mut tx, &entry("a"), lease(0, 60)).await?, 0);
        assert_eq!(nodes::take(&mut tx, &entry("b"), lease(0, 60)).await?, 1);
        for n in 2..256 {
            nodes::take(&mut tx, &entry(&format!("n{n}")), lease(0, 90)).await?;
        }
        assert!(nodes::take(&mut tx, &entry("one too many"), lease(60, 90)).await.is_err());
        assert!(nodes::keep(&mut tx, (0, "a"), later(120)).await?);
        assert_eq!(nodes::take(&mut tx, &entry("c"), lease(61, 99)).await?, 1, "the one that is gone");
        assert!(!nodes::keep(&mut tx, (1, "b"), later(120)).await?, "its number is another's");
        assert_eq!(read::nodes::all(&mut tx).await?[1].name, "c");
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a_gateway_is_one_programs_until_it_lets_go_or_its_hold_runs_out() {
    on_both(async |db| -> Result<(), StoreError> {
        let mut tx = db.begin().await?;
        let entry = GatewayEntry { name: "texts", channel: Channel::Sms, kind: "smpp", per_second: 10.0, lines: None };
        gateways::register(&mut tx, &entry, now()).await?;
        assert!(gateways::take(&mut tx, "texts", "a", lease(0, 6)).await?);
        assert!(!gateways::take(&mut tx, "texts", "b", lease(5, 11)).await?);
        assert!(gateways::keep(&mut tx, "texts", "a", lease(5, 11)).await?);
        assert!(!gateways::take(&mut tx, "texts", "b", lease(8, 14)).await?);
        assert!(gateways::take(&mut tx, "texts", "b", lease(12, 18)).await?);
        assert!(!gateways::keep(&mut tx, "texts", "a", lease(13, 19)).await?);
        gateways::release(&mut tx, "texts", "a").await?;
        assert!(!gateways::take(&mut tx, "texts", "a", lease(13, 19)).await?, "what is b's a cannot let go");
        gateways::set_state(&mut tx, "texts", "up", "", now()).await?;
        gateways::register(&mut tx, &entry, now()).await?;
        assert_eq!(read::gateways::all(&mut tx).await.map(|all| all[0].held_by.clone())?.as_deref(), Some("b"));
        gateways::release(&mut tx, "texts", "b").await?;
        assert!(gateways::take(&mut tx, "texts", "a", lease(13, 19)).await?);
        gateways::count_late(&mut tx, "texts", 3).await?;
        assert_eq!(read::gateways::all(&mut tx).await?[0].late_answers, 3);
        Ok(())
    })
    .await
    .unwrap();
}
