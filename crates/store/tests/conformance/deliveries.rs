//! Rows of a plan go in once, and the counters say what is there.

use schoolbell_domain::channel::Channel;
use schoolbell_domain::delivery::{DeliveryState, SuppressReason};
use schoolbell_domain::ids::{ContentId, OriginId};
use schoolbell_domain::language::Language;
use schoolbell_store::testing::{ids, on_both};
use schoolbell_store::write::content::NewContent;
use schoolbell_store::write::deliveries::{Inserted, Opening};
use schoolbell_store::{StoreError, read, write};

use crate::rows::{now, text};

#[tokio::test]
async fn a_page_planned_again_adds_nothing_and_counts_nothing_twice() {
    on_both(async |db| -> Result<(), StoreError> {
        let ids = ids();
        let origin = OriginId::from_raw(ids.next(now()));
        let page: Vec<_> = (0..1_700).map(|n| text(&ids, origin, n)).collect();
        let again: Vec<_> = (1_000..2_300).map(|n| text(&ids, origin, n)).collect();
        let mut tx = db.begin().await?;
        assert_eq!(write::deliveries::insert(&mut tx, &page).await?, Inserted { queued: 1_700, ..Inserted::default() });
        let inserted = write::deliveries::insert(&mut tx, &again).await?;
        let told: Vec<_> = again[..700].iter().map(|row| row.id).collect();
        assert_eq!(inserted, Inserted { queued: 600, suppressed: 0, passed_over: told });
        tx.commit().await?;
        let open = read::tallies::open_counts(&mut db.read().await?, origin).await?;
        assert_eq!((open.to_send, open.left_out), (2_300, 0));
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn what_is_left_out_is_kept_with_its_reason() {
    on_both(async |db| -> Result<(), StoreError> {
        let ids = ids();
        let origin = OriginId::from_raw(ids.next(now()));
        let mut rows = vec![text(&ids, origin, 1), text(&ids, origin, 1), text(&ids, origin, 1)];
        rows[1].opening = Opening::Suppressed(SuppressReason::Merged);
        rows[2].opening = Opening::Suppressed(SuppressReason::NoConsent);
        rows[2].school = None;
        let mut tx = db.begin().await?;
        let inserted = write::deliveries::insert(&mut tx, &rows).await?;
        assert_eq!((inserted.queued, inserted.suppressed), (1, 2));
        let counts = read::tallies::counts(&mut tx, origin).await?;
        let left_out: Vec<_> = counts.iter().map(|count| (count.school.is_some(), count.state, count.count)).collect();
        assert_eq!(
            left_out,
            [
                (false, DeliveryState::Suppressed(SuppressReason::NoConsent), 1),
                (true, DeliveryState::Suppressed(SuppressReason::Merged), 1),
                (true, DeliveryState::Queued(None), 1),
            ]
        );
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a_rendering_is_one_row_however_often_it_is_given() {
    on_both(async |db| -> Result<(), StoreError> {
        let ids = ids();
        let origin = OriginId::from_raw(ids.next(now()));
        let content = |body: &str| NewContent {
            id: ContentId::from_raw(ids.next(now())),
            channel: Channel::Sms,
            language: Language::of("en"),
            subject: String::new(),
            body: body.to_owned(),
            html: None,
            segments: 1,
        };
        let mut tx = db.begin().await?;
        let first = write::content::intern(&mut tx, origin, &[content("a"), content("b"), content("a")]).await?;
        assert_eq!(first[0], first[2]);
        assert_ne!(first[0], first[1]);
        let second = write::content::intern(&mut tx, origin, &[content("b")]).await?;
        assert_eq!(second, [first[1]]);
        let read = read::content::by_ids(&mut tx, &first[..2]).await?;
        assert_eq!(read.len(), 2);
        assert!(read.iter().any(|content| content.id == first[1] && content.body == "b"));
        Ok(())
    })
    .await
    .unwrap();
}
