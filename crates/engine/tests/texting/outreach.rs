//! What counts as a contact with a family: what they said, and what of ours has left (B13, B20).

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use schoolbell_domain::channel::Channel;
use schoolbell_domain::conversation::outreach::is_contacted_this_week;
use schoolbell_domain::conversation::sticky_note::Requester;
use schoolbell_domain::ids::PersonId;
use schoolbell_engine::CommandError;
use schoolbell_engine::commands::texting::cancel_text::cancel_text;
use schoolbell_engine::commands::texting::record_sms_number::{Removal, remove_sms_number};
use schoolbell_engine::commands::texting::send_text::{NewText, Stranger, Way, send_text};
use schoolbell_gateways::drill::{DrillConfig, DrillGateway};
use schoolbell_store::read::texting;
use schoolbell_store::testing::{on_both, sqlite};

use crate::world::{MARTA, MATEO, ROBERT, SARAH, World};

/// When the student's family was last texted; it is the only contact here.
async fn texted(world: &World, student: PersonId) -> Result<Option<Timestamp>, CommandError> {
    let mut reads = world.engine.reader().read().await?;
    let last = texting::last_contacts(&mut reads, &[student]).await?.remove(&student).unwrap_or_default();
    assert_eq!(last.any, last.text);
    let zone = jiff::tz::TimeZone::UTC;
    assert_eq!(is_contacted_this_week(last.any, world.engine.now(), &zone), last.any.is_some(), "B20");
    Ok(last.text)
}

fn later(at: Timestamp) -> NewText<'static> {
    NewText {
        student: MATEO,
        person: MARTA,
        body: "See you at 1:00. - Mrs. Bell",
        stranger: Stranger::No,
        reason: "",
        send_at: Some(at),
        way: Way::Alone,
    }
}

#[tokio::test]
async fn b13_b20_a_text_that_waits_was_taken_back_or_held_back_is_no_contact() {
    on_both(async |db| -> Result<(), CommandError> {
        let world = World::build(db).await.opted_in().await;
        let now = world.engine.now();
        let waits = send_text(&world.engine, &world.bell, &later(now + SignedDuration::from_hours(2))).await?;
        assert_eq!(texted(&world, MATEO).await?, None, "it waits for its time");
        cancel_text(&world.engine, &world.bell, waits.thread, waits.text).await?;
        assert_eq!(texted(&world, MATEO).await?, None, "taken back");
        world.clock.move_by(SignedDuration::from_hours(3));
        assert_eq!(texted(&world, MATEO).await?, None, "also when its time has come");

        world.text(&world.bell, (SARAH, ROBERT), "Hi, this is Mrs. Bell.").await?;
        assert_eq!(texted(&world, SARAH).await?, Some(world.engine.now()), "it leaves at once");
        let removal = Removal { student: SARAH, person: ROBERT, requester: Requester::Parent, more: "" };
        remove_sms_number(&world.engine, &world.bell, &removal).await?;
        assert_eq!(texted(&world, SARAH).await?, None, "it had not left when the family asked for no texts");
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn b13_b20_a_text_for_later_is_a_contact_from_when_it_left_and_one_that_failed_is_none() {
    let file = sqlite().await.unwrap();
    let world = World::build(file.db.clone()).await.opted_in().await;
    // The drill's phone with these last digits does not exist.
    world.record(SARAH, SARAH, "+13725550196").await.unwrap();
    let config = DrillConfig { speed: 10_000.0, per_second: 1_000.0, ..DrillConfig::of(Channel::Sms) };
    let running = world.start(Arc::new(DrillGateway::new("texts", config)));
    let text = later(world.engine.now() + SignedDuration::from_hours(11));
    let night = send_text(&world.engine, &world.bell, &text).await.unwrap();
    assert_eq!(night.not_before.to_string(), "2027-01-14T14:00:00Z", "8 a.m. in Chicago");
    let refused = world.text(&world.bell, (SARAH, SARAH), "Hi Sarah, this is Mrs. Bell.").await.unwrap();
    world
        .until("the refusal", async |world| {
            let state = world.texts(refused.thread).await[0].state;
            state.is_some_and(|state| state.kind() == schoolbell_domain::delivery::StateKind::Rejected)
        })
        .await;
    assert_eq!(texted(&world, SARAH).await.unwrap(), None, "nobody got it");
    assert_eq!(texted(&world, MATEO).await.unwrap(), None);

    world.clock.move_by(SignedDuration::from_hours(21));
    world.until("it to leave", async |world| texted(world, MATEO).await.unwrap() == Some(night.not_before)).await;
    running.end().await;
}
