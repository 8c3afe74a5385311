//! Jobs: claimed once, run again when their runner is gone, never lost when enqueued while they run.

use jiff::Timestamp;
use schoolbell_domain::ids::JobId;
use schoolbell_store::testing::{ids, on_both};
use schoolbell_store::write::jobs::{self, NewJob};
use schoolbell_store::{Lease, StoreError, read};

use crate::rows::{later, now};

fn lease(from: Timestamp, until: Timestamp) -> Lease {
    Lease { from, until }
}

fn job(id: i64, key: Option<&str>) -> NewJob {
    NewJob {
        id: JobId::from_raw(id),
        kind: "expand_broadcast",
        payload: format!("{id}"),
        unique_key: key.map(str::to_owned),
        run_at: now(),
    }
}

#[tokio::test]
async fn a_job_is_claimed_once_and_again_when_its_runner_is_gone() {
    on_both(async |db| -> Result<(), StoreError> {
        let ids = ids();
        let mut tx = db.begin().await?;
        jobs::enqueue(&mut tx, job(ids.next(now()), None)).await?;
        let first = jobs::claim(&mut tx, now(), lease(now(), later(60)), 10).await?;
        assert_eq!(first.len(), 1);
        assert_eq!(jobs::claim(&mut tx, later(59), lease(later(59), later(99)), 10).await?, []);
        let second = jobs::claim(&mut tx, later(61), lease(later(61), later(120)), 10).await?;
        assert_eq!(second[0].attempts, 2);
        assert!(!jobs::finish(&mut tx, &first[0]).await?, "the first runner has no right to it any more");
        assert!(!jobs::renew(&mut tx, &first[0], later(300)).await?);
        assert!(jobs::renew(&mut tx, &second[0], later(300)).await?);
        assert!(jobs::finish(&mut tx, &second[0]).await?);
        assert_eq!(read::jobs::open(&mut tx).await?, 0);
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a_key_enqueued_while_it_runs_runs_once_more() {
    on_both(async |db| -> Result<(), StoreError> {
        let ids = ids();
        let mut tx = db.begin().await?;
        jobs::enqueue(&mut tx, job(ids.next(now()), Some("invite"))).await?;
        jobs::enqueue(&mut tx, job(ids.next(now()), Some("invite"))).await?;
        let claimed = jobs::claim(&mut tx, now(), lease(now(), later(60)), 10).await?;
        assert_eq!(claimed.len(), 1, "two with one key are one");
        jobs::enqueue(&mut tx, job(ids.next(now()), Some("invite"))).await?;
        assert!(jobs::finish(&mut tx, &claimed[0]).await?);
        assert!(read::jobs::is_open(&mut tx, "invite").await?);
        let again = jobs::claim(&mut tx, later(1), lease(later(1), later(60)), 10).await?;
        assert!(jobs::finish(&mut tx, &again[0]).await?);
        assert!(!read::jobs::is_open(&mut tx, "invite").await?);
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a_failed_job_is_shown_and_a_retried_one_waits() {
    on_both(async |db| -> Result<(), StoreError> {
        let ids = ids();
        let mut tx = db.begin().await?;
        jobs::enqueue(&mut tx, job(ids.next(now()), None)).await?;
        jobs::enqueue(&mut tx, job(ids.next(now()), None)).await?;
        let claimed = jobs::claim(&mut tx, now(), lease(now(), later(60)), 10).await?;
        assert!(jobs::fail(&mut tx, &claimed[0], "no such broadcast").await?);
        assert!(jobs::retry(&mut tx, &claimed[1], later(30), "the carrier is away").await?);
        assert_eq!(jobs::claim(&mut tx, later(29), lease(later(29), later(60)), 10).await?, []);
        assert_eq!(jobs::claim(&mut tx, later(30), lease(later(30), later(60)), 10).await?.len(), 1);
        assert_eq!(read::jobs::failed(&mut tx, 10).await?[0].error, "no such broadcast");
        Ok(())
    })
    .await
    .unwrap();
}
