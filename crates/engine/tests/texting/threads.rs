//! Threads over real SMPP, against a message centre that shares no code with ours.

use schoolbell_domain::consent::ConsentState;
use schoolbell_domain::conversation::enabled::Enabled;
use schoolbell_domain::conversation::staff_first::HeldReason;
use schoolbell_domain::conversation::text::{Direction, broken_link};
use schoolbell_domain::delivery::{DeliveryState, StateKind};
use schoolbell_domain::ids::ConversationId;
use schoolbell_engine::commands::change_settings::change_settings;
use schoolbell_engine::commands::texting::read_thread::settle_alarm;
use schoolbell_engine::{Actor, CommandError};
use schoolbell_store::read::{checks, district, sms_contacts, threads};
use schoolbell_store::testing::sqlite;
use serde_json::json;

use crate::peer::{Smsc, from_phone};
use crate::world::{MARTA, MATEO, POOL, ROBERT, ROBERTS, SARAH, World};

async fn delivered(world: &World, thread: ConversationId, count: usize) -> bool {
    let texts = world.texts(thread).await;
    texts.iter().filter(|line| line.state.is_some_and(|state| state.kind() == StateKind::Delivered)).count() == count
}

#[tokio::test]
async fn b21_an_unsolicited_text_is_held_and_answered_once_and_joins_only_after_staff_wrote_first() {
    let file = sqlite().await.unwrap();
    let mut smsc = Smsc::start(json!({ "receipts": "after" })).await;
    let world = World::build(file.db.clone()).await.opted_in().await;
    let running = world.start(smsc.gateway());
    smsc.event("bound").await;

    smsc.phone_says(ROBERTS, POOL[0], "Hello? Is this the school?").await;
    let answer = smsc.event("submit").await;
    assert!(answer["text"].as_str().unwrap().contains("until school staff has written to you first"), "{answer}");
    assert_eq!(answer["from"], POOL[0].trim_start_matches('+'), "the number that was texted answers");
    smsc.phone_says(ROBERTS, POOL[0], "Hello??").await;
    world.until("both to be held", async |world| world.held().await.len() == 2).await;
    let held = world.held().await;
    assert!(held.iter().all(|line| line.reason == HeldReason::StaffNotFirst && line.student == Some(SARAH)));
    assert_eq!(held.iter().filter(|line| line.answered).count(), 1, "answered once");

    let first = world.text(&world.bell, (SARAH, ROBERT), "Hi, this is Mrs. Bell. Are you there?").await.unwrap();
    let sent = smsc.event("submit").await;
    assert_eq!((sent["to"].as_str(), sent["from"].as_str()), (Some("13725550101"), Some("13705550001")));
    smsc.phone_says(ROBERTS, POOL[0], "Yes").await;
    world.until("the answer in the thread", async |world| world.texts(first.thread).await.len() == 2).await;
    // "Yes" is an answer to a question, no opt-in and no keyword.
    assert_eq!(world.bodies(first.thread).await, ["Hi, this is Mrs. Bell. Are you there?", "Yes"]);
    world.until("the receipt", async |world| delivered(world, first.thread, 1).await).await;
    running.end().await;
}

#[tokio::test]
async fn b2_multipart_texts_go_both_ways_and_a_receipt_before_its_answer_counts() {
    let file = sqlite().await.unwrap();
    let mut smsc = Smsc::start(json!({ "receipts": "early" })).await;
    let world = World::build(file.db.clone()).await.opted_in().await;
    let running = world.start(smsc.gateway());
    smsc.event("bound").await;

    let long = format!("{} - Mrs. Bell", "We begin the next unit on Monday. ".repeat(6));
    let sent = world.text(&world.bell, (SARAH, ROBERT), &long).await.unwrap();
    let (one, two) = (smsc.event("submit").await, smsc.event("submit").await);
    assert_eq!((&one["part"][2], &two["part"][2]), (&json!(1), &json!(2)));
    assert_eq!(one["from"], two["from"]);
    world.until("all receipts", async |world| delivered(world, sent.thread, 1).await).await;

    let part = |number: u8, text: &str| {
        let header = format!("0500032a02{number:02x}");
        from_phone(ROBERTS, POOL[0], &json!({ "udh": header, "message": text }))
    };
    for (tag, pdu) in [("two", part(2, "and thank you.")), ("one", part(1, "We will be there "))] {
        smsc.tell(json!({ "do": "deliver", "tag": tag, "pdu": pdu })).await;
    }
    let joined = "We will be there and thank you.";
    world
        .until("the parts as one", async |world| world.bodies(sent.thread).await.iter().any(|body| body == joined))
        .await;
    must_hold(&world, sent.thread, (2, 1)).await;
    running.end().await;
}

/// The chain of the thread holds, with so many texts and unread ones.
async fn must_hold(world: &World, thread: ConversationId, counted: (i64, i64)) {
    let texts = world.texts(thread).await;
    let mut reads = world.engine.reader().read().await.unwrap();
    let head = threads::lookup_thread(&mut reads, thread).await.unwrap().unwrap();
    let links: Vec<_> = texts.iter().map(|line| line.link.clone()).collect();
    assert_eq!(broken_link(&links, &head.head_hash), None, "the chain holds");
    assert_eq!((head.texts, head.unread), counted);
}

#[tokio::test]
async fn b2_texts_beyond_the_gsm_alphabet_go_both_ways_in_ucs_2() {
    let file = sqlite().await.unwrap();
    let mut smsc = Smsc::start(json!({ "receipts": "after" })).await;
    let world = World::build(file.db.clone()).await.opted_in().await;
    let running = world.start(smsc.gateway());
    smsc.event("bound").await;
    let sent = world.text(&world.bell, (SARAH, ROBERT), "Добрый день! 👍 - Mrs. Bell").await.unwrap();
    let submit = smsc.event("submit").await;
    assert_eq!((&submit["data_coding"], submit["text"].as_str()), (&json!(8), Some("Добрый день! 👍 - Mrs. Bell")));
    world.until("the receipt", async |world| delivered(world, sent.thread, 1).await).await;
    let mut foreign = from_phone(ROBERTS, POOL[0], &json!({ "message": "¿Mañana? 👍" }));
    foreign["data_coding"] = json!(8);
    smsc.deliver(foreign).await;
    world
        .until("UCS-2", async |world| world.bodies(sent.thread).await.last().is_some_and(|body| body == "¿Mañana? 👍"))
        .await;
    must_hold(&world, sent.thread, (2, 1)).await;
    running.end().await;
}

/// What the centre says of one of its message ids; the first that it gives is 1001.
fn receipt(id: u32, stat: &str) -> serde_json::Value {
    let words =
        format!("id:{id} sub:001 dlvrd:001 submit date:2701131200 done date:2701131201 stat:{stat} err:000 text:");
    let mut pdu = from_phone(ROBERTS, POOL[0], &json!({ "message": words }));
    pdu["esm_class"] = json!(4);
    pdu
}

#[tokio::test]
async fn b2_receipts_that_come_twice_late_or_out_of_order_leave_the_last_word() {
    let file = sqlite().await.unwrap();
    let mut smsc = Smsc::start(json!({ "receipts": "none" })).await;
    let world = World::build(file.db.clone()).await.opted_in().await;
    let running = world.start(smsc.gateway());
    smsc.event("bound").await;
    let sent = world.text(&world.bell, (SARAH, ROBERT), "Hi, this is Mrs. Bell.").await.unwrap();
    smsc.event("submit").await;
    let stands = async |at: usize| world.texts(sent.thread).await[at].state.map(DeliveryState::kind);
    world.until("its answer", async |_| stands(0).await == Some(StateKind::Accepted)).await;
    smsc.deliver(receipt(1001, "DELIVRD")).await;
    assert_eq!(stands(0).await, Some(StateKind::Delivered));
    for late in ["ENROUTE", "UNDELIV", "DELIVRD", "EXPIRED"] {
        smsc.deliver(receipt(1001, late)).await;
        assert_eq!(stands(0).await, Some(StateKind::Delivered), "{late} comes too late");
    }

    let long = format!("{} - Mrs. Bell", "We begin the next unit on Monday. ".repeat(6));
    world.text(&world.bell, (SARAH, ROBERT), &long).await.unwrap();
    smsc.event("submit").await;
    smsc.event("submit").await;
    world.until("its answers", async |_| stands(1).await == Some(StateKind::Accepted)).await;
    smsc.deliver(receipt(1003, "DELIVRD")).await;
    assert_eq!(stands(1).await, Some(StateKind::Accepted), "one part of two");
    smsc.deliver(receipt(1002, "ENROUTE")).await;
    smsc.deliver(receipt(1002, "DELIVRD")).await;
    assert_eq!(stands(1).await, Some(StateKind::Delivered), "both, the second part first");
    running.end().await;
}

#[tokio::test]
async fn b16_two_teachers_of_one_guardian_have_threads_and_numbers_of_their_own() {
    let file = sqlite().await.unwrap();
    let mut smsc = Smsc::start(json!({ "receipts": "after" })).await;
    let world = World::build(file.db.clone()).await.opted_in().await;
    let running = world.start(smsc.gateway());
    smsc.event("bound").await;

    let bell = world.text(&world.bell, (SARAH, ROBERT), "Hi, it's Mrs. Bell. Do you have a minute?").await.unwrap();
    let first = smsc.event("submit").await;
    let ortiz = world.text(&world.ortiz, (SARAH, ROBERT), "Mr. Ortiz here. May I call today?").await.unwrap();
    let second = smsc.event("submit").await;
    assert_ne!(bell.thread, ortiz.thread);
    assert_ne!(first["from"], second["from"], "one pair of numbers is one thread");

    smsc.phone_says(ROBERTS, second["from"].as_str().unwrap(), "Call me at 3").await;
    smsc.phone_says(ROBERTS, first["from"].as_str().unwrap(), "Yes I do").await;
    world
        .until("both answers", async |world| {
            world.texts(bell.thread).await.len() == 2 && world.texts(ortiz.thread).await.len() == 2
        })
        .await;
    assert_eq!(world.bodies(bell.thread).await[1], "Yes I do");
    assert_eq!(world.bodies(ortiz.thread).await[1], "Call me at 3");

    // A third thread with the same phone finds no number: two threads never share a pair.
    world.record(SARAH, SARAH, "+13725550111").await.unwrap();
    let third = world.text(&world.principal, (SARAH, ROBERT), "This is Pat Okafor. Please call.").await;
    assert!(matches!(third, Err(CommandError::Refused { rule: "B21", .. })), "{third:?}");
    running.end().await;
}

#[tokio::test]
async fn b16_a_reply_from_a_second_number_is_held_until_staff_write_to_it() {
    let file = sqlite().await.unwrap();
    let mut smsc = Smsc::start(json!({ "receipts": "after" })).await;
    let world = World::build(file.db.clone()).await.opted_in().await;
    let running = world.start(smsc.gateway());
    smsc.event("bound").await;
    let sent = world.text(&world.bell, (SARAH, ROBERT), "Hi, it's Mrs. Bell. Do you have a minute?").await.unwrap();
    let ours = smsc.event("submit").await["from"].as_str().unwrap().to_owned();

    // His other phone is on no record.
    smsc.phone_says("+13725550199", &ours, "This is Robert from my work phone").await;
    world.until("the stranger to be held", async |world| world.held().await.len() == 1).await;
    assert_eq!(world.held().await[0].reason, HeldReason::NotOnRecord);
    assert_eq!(world.texts(sent.thread).await.len(), 1);
    assert!(smsc.event("submit").await["text"].as_str().unwrap().contains("until school staff"), "answered once");

    // Once it is his number on the record it still waits for staff to write first; then it is a thread of its own.
    world.record(SARAH, ROBERT, "+13725550199").await.unwrap();
    smsc.phone_says("+13725550199", &ours, "Me again").await;
    world.until("it to be held", async |world| world.held().await.len() == 2).await;
    let new = world.text(&world.bell, (SARAH, ROBERT), "Hi, it's Mrs. Bell again.").await.unwrap();
    assert_ne!(new.thread, sent.thread, "another number is another thread");
    let from = smsc.event("submit").await["from"].as_str().unwrap().to_owned();
    smsc.phone_says("+13725550199", &from, "Good morning").await;
    world.until("the thread", async |world| world.texts(new.thread).await.len() == 2).await;
    assert_eq!(world.texts(sent.thread).await.len(), 1, "the first thread stays as it was");
    running.end().await;
}

#[tokio::test]
async fn law_9_stop_in_a_thread_closes_it_at_once_and_start_opens_it_again() {
    let file = sqlite().await.unwrap();
    let mut smsc = Smsc::start(json!({ "receipts": "after" })).await;
    let world = World::build(file.db.clone()).await.opted_in().await;
    let running = world.start(smsc.gateway());
    smsc.event("bound").await;
    let sent = world.text(&world.bell, (SARAH, ROBERT), "Hi, this is Mrs. Bell.").await.unwrap();
    let ours = smsc.event("submit").await["from"].as_str().unwrap().to_owned();

    smsc.phone_says(ROBERTS, &ours, "STOP").await;
    let confirmed = smsc.event("submit").await;
    assert!(confirmed["text"].as_str().unwrap().contains("no more texts"), "{confirmed}");
    assert_eq!(confirmed["from"], ours);
    let refused = world.text(&world.bell, (SARAH, ROBERT), "One more thing. - Mrs. Bell").await;
    assert!(
        matches!(&refused, Err(CommandError::Refused { rule: "B3", sentence }) if sentence.contains("START")),
        "{refused:?}"
    );
    assert_eq!(world.bodies(sent.thread).await.last().map(String::as_str), Some("STOP"), "on the record");

    // YES after a STOP may answer an older question: only START opens.
    smsc.phone_says(ROBERTS, &ours, "Yes").await;
    world.until("the yes", async |world| world.texts(sent.thread).await.len() == 3).await;
    assert!(world.text(&world.bell, (SARAH, ROBERT), "Hello? - Mrs. Bell").await.is_err());
    smsc.phone_says(ROBERTS, &ours, "Start").await;
    assert!(smsc.event("submit").await["text"].as_str().unwrap().contains("open again"));
    world.text(&world.bell, (SARAH, ROBERT), "Welcome back. - Mrs. Bell").await.unwrap();
    assert_eq!(smsc.event("submit").await["text"], "Welcome back. - Mrs. Bell");
    running.end().await;
}

#[tokio::test]
async fn b10_a_number_that_moves_to_another_family_never_brings_its_old_thread_along() {
    let file = sqlite().await.unwrap();
    let mut smsc = Smsc::start(json!({ "receipts": "after" })).await;
    let world = World::build(file.db.clone()).await.opted_in().await;
    let running = world.start(smsc.gateway());
    smsc.event("bound").await;
    let old = world.text(&world.bell, (SARAH, ROBERT), "Hi, this is Mrs. Bell.").await.unwrap();
    let ours = smsc.event("submit").await["from"].as_str().unwrap().to_owned();

    // Robert has a new phone; the carrier gives his old number to Marta.
    world.record(SARAH, ROBERT, "+13725550177").await.unwrap();
    let mut reads = world.engine.reader().read().await.unwrap();
    assert!(threads::lookup_thread(&mut reads, old.thread).await.unwrap().unwrap().closed_at.is_some());
    drop(reads);
    world.record(MATEO, MARTA, ROBERTS).await.unwrap();
    smsc.phone_says(ROBERTS, &ours, "Who is this?").await;
    world.until("it to be held", async |world| world.held().await.len() == 1).await;
    assert_eq!((world.held().await[0].reason, world.texts(old.thread).await.len()), (HeldReason::Closed, 1));
    smsc.event("submit").await;

    let new = world.text(&world.bell, (MATEO, MARTA), "Hi, this is Mrs. Bell.").await.unwrap();
    let now_from = smsc.event("submit").await["from"].as_str().unwrap().to_owned();
    assert_ne!(now_from, ours, "a number that this phone has had no thread with comes first");
    smsc.phone_says(ROBERTS, &now_from, "Hello").await;
    world.until("the new thread", async |world| world.texts(new.thread).await.len() == 2).await;
    assert_eq!(world.texts(old.thread).await.len(), 1, "the old thread stays as it was, readable");
    running.end().await;
}

#[tokio::test]
async fn b27_every_text_stands_with_author_number_time_and_status_and_the_student_can_be_texted_too() {
    let file = sqlite().await.unwrap();
    let mut smsc = Smsc::start(json!({ "receipts": "after" })).await;
    let world = World::build(file.db.clone()).await;
    let running = world.start(smsc.gateway());
    smsc.event("bound").await;
    world.record(SARAH, SARAH, "+13725550111").await.unwrap();
    let sent = world.text(&world.bell, (SARAH, SARAH), "Hi Sarah, are you able to get started?").await.unwrap();
    assert_eq!(smsc.event("submit").await["text"], "Hi Sarah, are you able to get started? - Mrs. Bell", "B26");
    world.until("the receipt", async |world| delivered(world, sent.thread, 1).await).await;
    let texts = world.texts(sent.thread).await;
    let text = &texts[0].link.text;
    assert_eq!((text.direction, text.author.as_str()), (Direction::Out, "Mrs. Bell"));
    let mut reads = world.engine.reader().read().await.unwrap();
    let line = threads::lookup_thread(&mut reads, sent.thread).await.unwrap().unwrap();
    assert_eq!((line.their_number.as_str(), line.student), ("+13725550111", SARAH));
    let student = sms_contacts::lookup_student(&mut reads, SARAH).await.unwrap().unwrap();
    assert_eq!(student.contacts[0].consent, ConsentState::OptedIn);
    let (today, ages) =
        (jiff::civil::date(2027, 1, 13), sms_contacts::ages(&mut reads, jiff::civil::date(2027, 1, 13)).await.unwrap());
    assert_eq!(student.enabled(ages, today), Enabled::Yes);
    drop(reads);
    running.end().await;
}

#[tokio::test]
async fn words_that_need_a_human_mark_the_thread_and_write_to_the_designated_person() {
    let file = sqlite().await.unwrap();
    let mut smsc = Smsc::start(json!({ "receipts": "after" })).await;
    let world = World::build(file.db.clone()).await.opted_in().await;
    let mut reads = world.engine.reader().read().await.unwrap();
    let found = district::get_district(&mut reads).await.unwrap();
    drop(reads);
    let mut settings = found.settings;
    settings.texting.urgent_contact = "counselor@example.org".to_owned();
    settings.texting.crisis_line = "988".to_owned();
    change_settings(&world.engine, &Actor::command_line(), &found.name, &found.zone_name, &settings).await.unwrap();
    let running = world.start(smsc.gateway());
    smsc.event("bound").await;
    let sent = world.text(&world.bell, (SARAH, ROBERT), "Hi, this is Mrs. Bell. How are you?").await.unwrap();
    let ours = smsc.event("submit").await["from"].as_str().unwrap().to_owned();
    smsc.phone_says(ROBERTS, &ours, "i want to die").await;
    world.until("the text", async |world| world.texts(sent.thread).await.len() == 2).await;
    let mut reads = world.engine.reader().read().await.unwrap();
    assert!(threads::lookup_thread(&mut reads, sent.thread).await.unwrap().unwrap().needs_human);
    let mails = checks::states_of(&mut reads, world.texts(sent.thread).await[1].link.text.id.into()).await.unwrap();
    assert_eq!(mails.len(), 1, "one mail to the counselor");
    assert_eq!(world.texts(sent.thread).await[1].state, None, "it is not the text's own delivery");
    drop(reads);
    settle_alarm(&world.engine, &world.principal, sent.thread).await.unwrap();
    let mut reads = world.engine.reader().read().await.unwrap();
    assert!(!threads::lookup_thread(&mut reads, sent.thread).await.unwrap().unwrap().needs_human);
    drop(reads);
    running.end().await;
}
