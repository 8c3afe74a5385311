//! The rows of a broadcast are the preview's, row for row, whatever moment it breaks off at.

use std::collections::BTreeSet;

use proptest::prelude::*;
use schoolbell_domain::broadcast::BroadcastState;
use schoolbell_domain::category::Category;
use schoolbell_domain::channel::Channel;
use schoolbell_domain::delivery::plan::Decision;
use schoolbell_domain::delivery::{DeliveryState, StateKind, SuppressReason};
use schoolbell_domain::ids::{BroadcastId, OriginId, PersonId};
use schoolbell_store::read::broadcasts::lookup_broadcast;
use schoolbell_store::read::{report, tallies};
use schoolbell_store::testing::{on_both, sqlite};
use schoolbell_store::write::roster::{PointRow, RosterRow};

use super::town::{Town, draft, point};
use crate::commands::preview_broadcast::preview_broadcast;
use crate::commands::preview_people::{Asked, Which, preview_people};
use crate::commands::save_draft::save_draft;
use crate::commands::send_broadcast::send_broadcast;
use crate::jobs::expand_broadcast::{expand, expand_at_most};
use crate::{Actor, CommandError};

/// A row as preview and database both tell it.
type Row = (PersonId, Channel, Option<String>, Vec<PersonId>, DeliveryState);

/// Every row of the preview, by pages of 400 that somebody would turn.
async fn previewed(town: &Town, draft: &schoolbell_domain::broadcast::Draft) -> Result<Vec<Row>, CommandError> {
    let mut rows = Vec::new();
    loop {
        let asked = Asked { which: Which::Everything, name: "", skip: rows.len(), limit: 400 };
        let page = preview_people(&town.engine, &Actor::command_line(), draft, asked).await?;
        rows.extend(page.rows.into_iter().map(|shown| {
            let state = match shown.row.decision {
                Decision::Send { .. } => DeliveryState::Queued(None),
                Decision::Suppress(reason) => DeliveryState::Suppressed(reason),
            };
            let address = shown.row.address.map(|address| address.expose().to_owned());
            (shown.row.person, shown.row.channel, address, shown.row.children, state)
        }));
        if !page.more {
            break;
        }
    }
    rows.sort_by_key(|row| (row.0, row.1, row.2.clone(), row.3.clone()));
    Ok(rows)
}

async fn stored(town: &Town, id: BroadcastId) -> Result<Vec<Row>, CommandError> {
    let mut reads = town.engine.db.read().await?;
    let found = report::all(&mut reads, OriginId::from(id), None, 1_000_000).await?;
    let mut rows: Vec<Row> = found
        .into_iter()
        .filter_map(|row| row.person.map(|person| (person, row.channel, row.address, row.children, row.state)))
        .collect();
    rows.sort_by_key(|row| (row.0, row.1, row.2.clone(), row.3.clone()));
    Ok(rows)
}

async fn sent(town: &Town, category: Category) -> Result<BroadcastId, CommandError> {
    let (engine, cli) = (&town.engine, Actor::command_line());
    let draft = draft(category, None);
    let kept = save_draft(engine, &cli, None, &draft).await?;
    let digest = preview_broadcast(engine, &cli, &draft).await?.digest;
    send_broadcast(engine, &cli, (kept.id, 1), Some(&digest)).await?;
    Ok(kept.id)
}

#[tokio::test]
async fn the_rows_of_a_preview_are_found_by_answer_reason_and_name() {
    on_both(async |db| -> Result<(), CommandError> {
        let town = Town::build(db, 60).await?;
        let draft = draft(Category::SchoolsOut, None);
        let actor = Actor::command_line();
        let summary = preview_broadcast(&town.engine, &actor, &draft).await?.summary;
        let count = async |which, name| -> Result<usize, CommandError> {
            let asked = Asked { which, name, skip: 0, limit: 100_000 };
            Ok(preview_people(&town.engine, &actor, &draft, asked).await?.rows.len())
        };
        let goes = count(Which::Goes, "").await?;
        assert_eq!(u64::try_from(goes).unwrap(), summary.total_sends());
        assert_eq!(count(Which::Everything, "").await?, goes + count(Which::LeftOut, "").await?);
        for (reason, rows) in summary.by_reason() {
            assert_eq!(u64::try_from(count(Which::Because(reason), "").await?).unwrap(), rows, "{reason:?}");
        }
        let asked = Asked { which: Which::Everything, name: "", skip: 0, limit: 1 };
        let first = preview_people(&town.engine, &actor, &draft, asked).await?.rows.remove(0);
        let backwards = format!("{} {}", first.name.family, first.name.given).to_uppercase();
        assert!(count(Which::Everything, &backwards).await? >= 1, "{backwards}");
        assert_eq!(count(Which::Everything, "nobody of this name").await?, 0);
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn the_preview_is_the_send_row_for_row() {
    on_both(async |db| -> Result<(), CommandError> {
        let town = Town::build(db, 60).await?;
        for category in Category::ALL {
            let draft = draft(category, None);
            let preview = preview_broadcast(&town.engine, &Actor::command_line(), &draft).await?;
            let expected = previewed(&town, &draft).await?;
            let id = sent(&town, category).await?;
            expand(&town.engine, id).await?;
            assert_eq!(stored(&town, id).await?, expected, "{category:?}");
            let mut reads = town.engine.db.read().await?;
            let broadcast = lookup_broadcast(&mut reads, id).await?.expect("kept");
            assert_eq!(broadcast.plan_digest, Some(preview.digest), "{category:?}");
            assert_eq!(broadcast.state, BroadcastState::Sending);
            let open = tallies::open_counts(&mut reads, OriginId::from(id)).await?;
            assert_eq!(u64::try_from(open.to_send).unwrap(), preview.summary.total_sends());
            assert_eq!(u64::try_from(open.to_send + open.left_out).unwrap(), preview.summary.rows);
        }
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn siblings_who_share_a_phone_get_one_delivery_that_names_them_all() {
    on_both(async |db| -> Result<(), CommandError> {
        let town = Town::build(db, 30).await?;
        let id = sent(&town, Category::SchoolsOut).await?;
        expand(&town.engine, id).await?;
        let mut seen = BTreeSet::new();
        let mut of_several = 0;
        for (_, channel, address, children, state) in stored(&town, id).await? {
            if state.kind() == StateKind::Queued {
                // Custody keeps some children apart: then each delivery names its own.
                assert!(seen.insert((channel, address, children.clone())), "twice to one address about the same");
                of_several += usize::from(children.len() > 1);
            }
        }
        assert!(of_several > 0);
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn what_a_family_reads_names_its_own_children_and_their_school() {
    on_both(async |db| -> Result<(), CommandError> {
        let town = Town::build(db, 12).await?;
        let preview =
            preview_broadcast(&town.engine, &Actor::command_line(), &draft(Category::SchoolsOut, None)).await?;
        assert_eq!(preview.samples.len(), 5);
        let mail = preview
            .samples
            .iter()
            .flat_map(|family| &family.rows)
            .find(|row| row.row.channel == Channel::Email && row.row.children.len() == 2)
            .expect("a family of two with mail");
        assert!(mail.rendered.body.contains("Dear family of Ana and Luis"), "{}", mail.rendered.body);
        assert!(mail.rendered.html.as_ref().is_some_and(|html| html.contains("<strong>")));
        let texts = preview.channels.iter().find(|channel| channel.channel == Channel::Sms).expect("texts");
        assert_eq!(texts.segments, i64::try_from(texts.deliveries).unwrap(), "one segment each");
        assert!(texts.takes.is_some());
        Ok(())
    })
    .await
    .unwrap();
}

/// An office line of two families far apart: one call, and a row that says why the other person got none, also when the
/// run broke off in between.
#[tokio::test]
async fn a_work_line_of_two_families_rings_once_and_both_people_have_their_row() {
    on_both(async |db| -> Result<(), CommandError> {
        let town = Town::build(db, 240).await?;
        let line = "+13725559999";
        let guardians = [1_005, 3_395];
        let points = guardians.map(|person| point((person * 100, person, 1), 5, line.to_owned()));
        town.change(async |tx| PointRow::upsert(tx, &points).await.map(drop)).await?;
        for broken_off in [false, true] {
            let preview =
                preview_broadcast(&town.engine, &Actor::command_line(), &draft(Category::SchoolsOut, None)).await?;
            let id = sent(&town, Category::SchoolsOut).await?;
            if broken_off {
                expand_at_most(&town.engine, id, 1).await?;
            }
            expand(&town.engine, id).await?;
            let rows = stored(&town, id).await?;
            let told = rows.iter().filter(|row| row.2.as_deref() == Some(line)).map(|row| (row.0.raw(), row.4));
            let merged = DeliveryState::Suppressed(SuppressReason::Merged);
            assert_eq!(
                told.collect::<Vec<_>>(),
                [(guardians[0], DeliveryState::Queued(None)), (guardians[1], merged)],
                "broken off: {broken_off}"
            );
            let open = tallies::open_counts(&mut town.engine.db.read().await?, OriginId::from(id)).await?;
            assert_eq!(u64::try_from(open.to_send).unwrap(), preview.summary.total_sends());
            assert_eq!(u64::try_from(open.to_send + open.left_out).unwrap(), preview.summary.rows);
        }
        Ok(())
    })
    .await
    .unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    /// Crash table, row B: a run that breaks off after any number of pages goes on exactly behind the last that stands.
    #[test]
    fn an_expansion_that_breaks_off_anywhere_ends_with_the_same_rows(cuts in prop::collection::vec(0_usize..4, 0..4)) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let file = sqlite().await.unwrap();
            let town = Town::build(file.db.clone(), 240).await.unwrap();
            let draft = draft(Category::General, None);
            let expected = previewed(&town, &draft).await.unwrap();
            let id = sent(&town, Category::General).await.unwrap();
            for pages in cuts {
                expand_at_most(&town.engine, id, pages).await.unwrap();
            }
            expand(&town.engine, id).await.unwrap();
            assert_eq!(stored(&town, id).await.unwrap(), expected);
            let broadcast = lookup_broadcast(&mut town.engine.db.read().await.unwrap(), id).await.unwrap().unwrap();
            assert_eq!(broadcast.state, BroadcastState::Sending);
        });
    }
}
