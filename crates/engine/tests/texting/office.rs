//! Office hours over a real wire, cover while somebody is away, and texts that wait for their time.

use jiff::SignedDuration;
use jiff::civil::{Time, date};
use schoolbell_domain::conversation::office_hours::{OfficeHours, Place};
use schoolbell_domain::delivery::{DeliveryState, StateKind};
use schoolbell_engine::commands::texting::cancel_text::cancel_text;
use schoolbell_engine::commands::texting::leave_cover::{NewLeave, arrange_cover, end_leave};
use schoolbell_engine::commands::texting::office_hours::set_office_hours;
use schoolbell_engine::commands::texting::read_thread::{must_read, read_thread};
use schoolbell_engine::commands::texting::send_text::{NewText, Stranger, Way, send_text};
use schoolbell_engine::{Actor, CommandError, CommandResult};
use schoolbell_store::read::{audit, office, threads};
use schoolbell_store::testing::{on_both, sqlite};
use serde_json::json;

use crate::peer::Smsc;
use crate::rules::{fields, rule};
use crate::world::{MARTA, MATEO, OAK, POOL, ROBERT, ROBERTS, SARAH, World};

#[tokio::test]
async fn outside_office_hours_a_thread_gets_one_answer_in_a_closed_period_and_alarm_and_stop_get_none() {
    let file = sqlite().await.unwrap();
    let mut smsc = Smsc::start(json!({ "receipts": "after" })).await;
    let world = World::build(file.db.clone()).await.opted_in().await;
    // Wednesday noon: the school's office opens at 13:00.
    let hours = OfficeHours::on_school_days(Time::constant(13, 0, 0, 0), Time::constant(16, 0, 0, 0));
    let school = Place::School(OAK);
    set_office_hours(&world.engine, &world.principal, school, Some((&hours, ""))).await.unwrap();
    let running = world.start(smsc.gateway());
    smsc.event("bound").await;
    let sent = world.text(&world.bell, (SARAH, ROBERT), "Hi, this is Mrs. Bell. Call me?").await.unwrap();
    smsc.event("submit").await;

    smsc.phone_says(ROBERTS, POOL[0], "Are you there?").await;
    let answer = smsc.event("submit").await;
    assert!(answer["text"].as_str().unwrap().starts_with("Oak Alerts: it is after hours."), "{answer}");
    assert_eq!(answer["from"], POOL[0].trim_start_matches('+'));
    smsc.phone_says(ROBERTS, POOL[0], "Hello?").await;
    smsc.phone_says(ROBERTS, POOL[0], "i want to die").await;
    world.until("the texts", async |world| world.texts(sent.thread).await.len() == 5).await;
    let mut reads = world.engine.reader().read().await.unwrap();
    let line = threads::lookup_thread(&mut reads, sent.thread).await.unwrap().unwrap();
    assert_eq!((line.unread, line.needs_human), (3, true), "an automatic answer reads nothing");
    drop(reads);
    let texts = world.texts(sent.thread).await;
    assert_eq!(texts.iter().filter(|text| text.link.text.author == "Automatic answer").count(), 1, "on the record");

    // Open: no answer. Closed again: a new period, and one answer more. STOP gets its own and no other.
    world.clock.move_by(SignedDuration::from_hours(2));
    smsc.phone_says(ROBERTS, POOL[0], "Now?").await;
    world.until("the text", async |world| world.texts(sent.thread).await.len() == 6).await;
    world.clock.move_by(SignedDuration::from_hours(3));
    smsc.phone_says(ROBERTS, POOL[0], "Still there?").await;
    world.until("the second answer", async |world| world.texts(sent.thread).await.len() == 8).await;
    assert!(smsc.event("submit").await["text"].as_str().unwrap().contains("after hours"));
    world.clock.move_by(SignedDuration::from_hours(20));
    smsc.phone_says(ROBERTS, POOL[0], "STOP").await;
    assert!(smsc.event("submit").await["text"].as_str().unwrap().contains("no more texts"));
    assert_eq!(world.texts(sent.thread).await.len(), 9);
    running.end().await;
}

#[tokio::test]
async fn the_nearest_office_hours_hold_and_only_those_who_may_set_them() {
    on_both(async |db| -> Result<(), CommandError> {
        let world = World::build(db).await;
        let at = |hour| OfficeHours::on_school_days(Time::constant(hour, 0, 0, 0), Time::constant(18, 0, 0, 0));
        let (seven, nine) = (at(7), at(9));
        let bell = world.bell.user.unwrap_or(schoolbell_domain::ids::UserId::from_raw(0));
        let engine = &world.engine;
        set_office_hours(engine, &Actor::command_line(), Place::District, Some((&seven, "Ask the office."))).await?;
        assert_eq!(rule(set_office_hours(engine, &world.principal, Place::District, None).await), "permission");
        assert_eq!(rule(set_office_hours(engine, &world.ortiz, Place::User(bell), None).await), "permission");
        let marked = Some((&nine, "You got a 92 on the test."));
        assert_eq!(fields(set_office_hours(engine, &world.bell, Place::User(bell), marked).await), ["words"]);
        set_office_hours(engine, &world.bell, Place::User(bell), Some((&nine, ""))).await?;
        let mut reads = engine.reader().read().await?;
        assert_eq!(office::hours_for(&mut reads, bell, OAK).await?.map(|found| found.hours), Some(nine));
        drop(reads);
        set_office_hours(engine, &world.bell, Place::User(bell), None).await?;
        let mut reads = engine.reader().read().await?;
        let found = office::hours_for(&mut reads, bell, OAK).await?;
        assert_eq!(found.map(|found| (found.hours, found.words)), Some((seven, "Ask the office.".to_owned())));
        Ok(())
    })
    .await
    .unwrap();
}

fn answer<'a>(body: &'a str, way: Way<'a>) -> NewText<'a> {
    NewText { student: MATEO, person: MARTA, body, stranger: Stranger::No, reason: "", send_at: None, way }
}

#[tokio::test]
async fn a_substitute_reads_and_answers_on_the_days_named_and_stands_in_the_log() {
    on_both(async |db| -> Result<(), CommandError> {
        let world = World::build(db).await.opted_in().await;
        let engine = &world.engine;
        let (bell, ortiz) = (world.bell.user.unwrap_or(world_user()), world.ortiz.user.unwrap_or(world_user()));
        let thread = world.text(&world.bell, (MATEO, MARTA), "Hi, this is Mrs. Bell.").await?.thread;
        let covering = Way::Covering(bell);
        assert_eq!(rule(send_text(engine, &world.ortiz, &answer("Hello.", covering)).await), "cover");
        let (first_day, last_day) = (date(2027, 1, 13), date(2027, 1, 14));
        let leave = NewLeave { away: bell, substitute: ortiz, first_day, last_day };
        assert_eq!(rule(arrange_cover(engine, &world.ortiz, leave).await), "permission");
        let itself = NewLeave { substitute: bell, ..leave };
        assert_eq!(fields(arrange_cover(engine, &world.bell, itself).await), ["substitute"]);
        arrange_cover(engine, &world.bell, leave).await?;

        read_thread(engine, &world.ortiz, thread).await?;
        send_text(engine, &world.ortiz, &answer("Mrs. Bell is back on Friday.", covering)).await?;
        let texts = world.texts(thread).await;
        assert_eq!(texts[1].link.text.author, "Mr. Ortiz for Mrs. Bell");
        assert_eq!(texts[1].link.text.body, "Mrs. Bell is back on Friday. - Mr. Ortiz", "B26: who writes");
        let new_family = NewText { student: SARAH, person: ROBERT, ..answer("Hello.", covering) };
        assert_eq!(rule(send_text(engine, &world.ortiz, &new_family).await), "cover", "opens no thread");

        world.clock.move_by(SignedDuration::from_hours(48));
        let mut reads = engine.reader().read().await?;
        assert_eq!(rule(must_read(engine, &mut reads, &world.ortiz, thread).await.map(|_| ())), "permission");
        drop(reads);
        assert_eq!(rule(send_text(engine, &world.ortiz, &answer("Hello.", covering)).await), "cover");

        // Ended early by the principal.
        let longer = NewLeave { last_day: date(2027, 1, 30), ..leave };
        arrange_cover(engine, &world.principal, longer).await?;
        let mut reads = engine.reader().read().await?;
        let covers = office::covered_by(&mut reads, ortiz, date(2027, 1, 15)).await?;
        assert_eq!(covers.iter().map(|cover| cover.user_name.as_str()).collect::<Vec<_>>(), ["Anna Bell"]);
        drop(reads);
        end_leave(engine, &world.principal, covers[0].id).await?;
        assert_eq!(rule(send_text(engine, &world.ortiz, &answer("Hello.", covering)).await), "cover");
        let mut reads = engine.reader().read().await?;
        let told = audit::of_subject(&mut reads, &bell.to_string()).await?;
        assert!(told.iter().any(|line| line.action == "arrange_cover"));
        Ok(())
    })
    .await
    .unwrap();
}

fn world_user() -> schoolbell_domain::ids::UserId {
    schoolbell_domain::ids::UserId::from_raw(0)
}

async fn later(world: &World, hours: i64) -> CommandResult<schoolbell_engine::commands::texting::send_text::SentText> {
    let at = world.engine.now() + SignedDuration::from_hours(hours);
    let new = NewText { send_at: Some(at), ..answer("See you at 1:00.", Way::Alone) };
    send_text(&world.engine, &world.bell, &new).await
}

#[tokio::test]
async fn a_text_for_later_leaves_within_the_window_and_can_be_taken_back_until_then() {
    let file = sqlite().await.unwrap();
    let mut smsc = Smsc::start(json!({ "receipts": "after" })).await;
    let world = World::build(file.db.clone()).await.opted_in().await;
    let running = world.start(smsc.gateway());
    smsc.event("bound").await;
    // Noon and 15 hours: 3 a.m., so it waits for 8 a.m.
    let night = later(&world, 15).await.unwrap();
    assert_eq!(night.not_before.to_string(), "2027-01-14T14:00:00Z");
    let soon = later(&world, 2).await.unwrap();
    let refused = cancel_text(&world.engine, &world.ortiz, night.thread, night.text).await;
    assert_eq!(rule(refused), "permission", "another teacher does not take it back");
    cancel_text(&world.engine, &world.bell, night.thread, night.text).await.unwrap();
    assert_eq!(rule(cancel_text(&world.engine, &world.bell, night.thread, night.text).await), "state");

    world.clock.move_by(SignedDuration::from_hours(3));
    assert_eq!(smsc.event("submit").await["text"], "See you at 1:00. - Mrs. Bell");
    world
        .until("the receipt", async |world| {
            let texts = world.texts(soon.thread).await;
            texts[1].state.is_some_and(|state| state.kind() == StateKind::Delivered)
        })
        .await;
    assert_eq!(rule(cancel_text(&world.engine, &world.bell, soon.thread, soon.text).await), "state", "it has left");
    world.clock.move_by(SignedDuration::from_hours(20));
    // The next text is the next that leaves: the one that was taken back never does.
    world.text(&world.bell, (MATEO, MARTA), "Good morning. - Mrs. Bell").await.unwrap();
    assert_eq!(smsc.event("submit").await["text"], "Good morning. - Mrs. Bell");
    let texts = world.texts(night.thread).await;
    assert_eq!(texts[0].state, Some(DeliveryState::Cancelled), "it stays on the record as not sent");
    running.end().await;
}
