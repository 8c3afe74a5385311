//! The queue: in order of priority, guarded, never past what consent or a stop has closed.

use schoolbell_domain::channel::Channel;
use schoolbell_domain::delivery::{DeliveryState, FailReason};
use schoolbell_domain::ids::OriginId;
use schoolbell_store::testing::{ids, on_both};
use schoolbell_store::write::deliveries::{Opening, insert};
use schoolbell_store::write::queue::{self, Claim};
use schoolbell_store::write::tallies::{self, Moves};
use schoolbell_store::{StoreError, read, write};

use crate::rows::{later, now, text};

fn claim(priority: i64, most: i64) -> Claim {
    Claim { channel: Channel::Sms, priority, now: now(), lease_until: later(120), most }
}

#[tokio::test]
async fn rows_are_claimed_once_in_the_order_in_which_they_fall_due() {
    on_both(async |db| -> Result<(), StoreError> {
        let ids = ids();
        let origin = OriginId::from_raw(ids.next(now()));
        let mut rows: Vec<_> = (0..10).map(|n| text(&ids, origin, n)).collect();
        rows[0].opening = Opening::Queued { not_before: later(60) };
        rows[9].opening = Opening::Queued { not_before: now() - jiff::SignedDuration::from_secs(5) };
        let mut tx = db.begin().await?;
        insert(&mut tx, &rows).await?;
        let mut moves = Moves::default();
        assert_eq!(queue::claim(&mut tx, claim(20, 10), &mut moves).await?, []);
        let first = queue::claim(&mut tx, claim(50, 1), &mut moves).await?;
        assert_eq!(first[0].id, rows[9].id, "the longest due first");
        assert_eq!((first[0].state, first[0].attempts), (DeliveryState::Queued(None), 1));
        assert_eq!(queue::claim(&mut tx, claim(50, 100), &mut moves).await?.len(), 8, "one is held");
        assert_eq!(queue::claim(&mut tx, claim(50, 100), &mut moves).await?, []);
        tallies::apply(&mut tx, &moves).await?;
        assert_eq!(read::queue::in_flight(&mut tx).await?, 9);
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a_step_from_where_the_row_no_longer_stands_is_not_taken_and_not_counted() {
    on_both(async |db| -> Result<(), StoreError> {
        let ids = ids();
        let origin = OriginId::from_raw(ids.next(now()));
        let rows = [text(&ids, origin, 1), text(&ids, origin, 2)];
        let mut tx = db.begin().await?;
        insert(&mut tx, &rows).await?;
        let mut moves = Moves::default();
        queue::claim(&mut tx, claim(50, 10), &mut moves).await?;
        let standing = queue::lock(&mut tx, &[rows[0].id, rows[1].id]).await?;
        let retry = DeliveryState::Queued(Some(FailReason::Busy));
        let mut steps = [standing[0].step(retry, Some(later(30))), standing[1].step(DeliveryState::Accepted, None)];
        steps[1].attempts = 7;
        let taken = queue::advance(&mut tx, now(), &steps, &mut moves).await?;
        assert_eq!(taken.into_iter().collect::<Vec<_>>(), [rows[0].id]);
        assert!(queue::advance(&mut tx, now(), &steps, &mut moves).await?.is_empty(), "twice is once");
        tallies::apply(&mut tx, &moves).await?;
        let states: Vec<_> =
            read::tallies::counts(&mut tx, origin).await?.into_iter().map(|count| (count.state, count.count)).collect();
        assert_eq!(states, [(retry, 1), (DeliveryState::Sending, 1)]);
        let again = Claim { now: later(30), ..claim(50, 10) };
        let again = queue::claim(&mut tx, again, &mut moves).await?;
        assert_eq!((again[0].state, again[0].attempts), (retry, 2), "the answer tells the state before");
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a_stop_cancels_what_waits_and_leaves_what_has_left() {
    on_both(async |db| -> Result<(), StoreError> {
        let ids = ids();
        let origin = OriginId::from_raw(ids.next(now()));
        let rows: Vec<_> = (0..50).map(|n| text(&ids, origin, n)).collect();
        let mut tx = db.begin().await?;
        insert(&mut tx, &rows).await?;
        let mut moves = Moves::default();
        queue::claim(&mut tx, claim(50, 20), &mut moves).await?;
        tallies::apply(&mut tx, &moves).await?;
        let mut cancelled = Vec::new();
        loop {
            match queue::cancel_queued(&mut tx, origin, now(), 12).await? {
                0 => break,
                count => cancelled.push(count),
            }
        }
        assert_eq!(cancelled, [12, 12, 6]);
        let open = read::tallies::open_counts(&mut tx, origin).await?;
        assert_eq!((open.to_send, open.settled), (20, 30));
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn the_rate_of_a_gateway_goes_on_where_it_stood_when_the_program_starts_again() {
    on_both(async |db| -> Result<(), StoreError> {
        let entry = write::gateways::GatewayEntry {
            name: "smsc",
            channel: Channel::Sms,
            kind: "smpp",
            per_second: 10.0,
            lines: None,
        };
        let mut tx = db.begin().await?;
        write::gateways::register(&mut tx, &entry, now()).await?;
        write::gateways::set_next_free_us(&mut tx, "smsc", 42).await?;
        write::gateways::register(&mut tx, &entry, now()).await?;
        assert_eq!(write::gateways::next_free_us(&mut tx, "smsc").await?, 42);
        assert_eq!(read::gateways::channels(&mut tx).await?, [Channel::Sms]);
        write::gateways::retire_others(&mut tx, &[], now()).await?;
        assert_eq!(read::gateways::channels(&mut tx).await?, []);
        Ok(())
    })
    .await
    .unwrap();
}
