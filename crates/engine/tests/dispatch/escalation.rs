//! A day of a broadcast under a clock that the test moves: texts first, phones in turn, retries by reason, and an end for
//! every call.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::SignedDuration;
use schoolbell_domain::audience::{Audience, AudienceRule};
use schoolbell_domain::broadcast::{CallWishes, Draft, StopsOn, Wording};
use schoolbell_domain::category::Category;
use schoolbell_domain::channel::Channel;
use schoolbell_domain::consent::{ConsentEventKind, Program};
use schoolbell_domain::delivery::receipt::ReceiptStatus;
use schoolbell_domain::delivery::settle::AttemptOutcome;
use schoolbell_domain::delivery::{DeliveryState, FailReason, SuppressReason};
use schoolbell_domain::ids::{BroadcastId, DeliveryId};
use schoolbell_domain::settings::DistrictSettings;
use schoolbell_engine::commands::import_roster::import_roster;
use schoolbell_engine::commands::preview_broadcast::preview_broadcast;
use schoolbell_engine::commands::save_draft::save_draft;
use schoolbell_engine::commands::send_broadcast::send_broadcast;
use schoolbell_engine::commands::set_up_district::set_up_district;
use schoolbell_engine::roster::{ImportRequest, Source};
use schoolbell_engine::{Actor, Queue};
use schoolbell_gateways::voice::Party;
use schoolbell_gateways::{Gateway, HeardCall, HeardReceipt, InboundSink, Outgoing};
use schoolbell_store::read;
use schoolbell_store::testing::sqlite;

use crate::bench::Bench;
use crate::carrier::{Carrier, accepted, reference};

pub type Done<T = ()> = Result<T, Box<dyn std::error::Error>>;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Mobile {
    None,
    OptedIn,
}

/// Households of one student with two home phones, told apart by the last digits; those that are texted have a mobile.
pub async fn families(bench: &Bench, homes: usize, mobile: Mobile) -> Done {
    let folder = tempfile::tempdir()?;
    let header = "Student_Number,Last_Name,First_Name,Grade_Level,SchoolID,School_Name,Home_Phone,Home_Phone_2,\
        Home_Language,Enroll_Status,Contact1_Name,Contact1_Relationship,Contact1_Mobile_Phone\n";
    let mut rows = vec![header.to_owned()];
    for n in 0..homes {
        let mobile = if mobile == Mobile::OptedIn { format!("(961) 555-{n:04}") } else { String::new() };
        let home = format!("(370) 555-{n:04},(960) 555-{n:04},en,0,Rosa Family{n},Mother,{mobile}\n");
        rows.push(format!("{n},Family{n},Ana,3,101,Lincoln Elementary School,{home}"));
    }
    let file = folder.path().join("students.csv");
    std::fs::write(&file, rows.concat())?;
    let actor = Actor::command_line();
    set_up_district(&bench.engine, &actor, "Cedar ISD", "America/Chicago", &DistrictSettings::default()).await?;
    import_roster(&bench.engine, &actor, ImportRequest::of(Source::Path(file))).await?;
    for n in 0..if mobile == Mobile::OptedIn { homes } else { 0 } {
        bench.consent(&format!("+1961555{n:04}"), Program::Alerts, ConsentEventKind::OptedIn).await;
    }
    Ok(())
}

pub async fn send(bench: &Bench, calls: CallWishes, category: Category) -> Done<BroadcastId> {
    let actor = Actor::command_line();
    let draft = Draft {
        title: "Book fair".to_owned(),
        category: Some(category),
        audience: Audience { include: vec![AudienceRule::District], except: Vec::new() },
        wordings: vec![Wording {
            sms_body: "The book fair is on Friday.".to_owned(),
            voice_body: "The book fair is on Friday.".to_owned(),
            ..Wording::default()
        }],
        calls,
        ..Draft::default()
    };
    let kept = save_draft(&bench.engine, &actor, None, &draft).await?;
    let preview = preview_broadcast(&bench.engine, &actor, &draft).await?;
    send_broadcast(&bench.engine, &actor, (kept.id, kept.version), Some(&preview.digest)).await?;
    Ok(kept.id)
}

#[expect(clippy::unnecessary_wraps, reason = "it stands where an answer may be missing")]
fn refused(reason: FailReason) -> Option<AttemptOutcome> {
    Some(AttemptOutcome::Refused { reason, code: String::new() })
}

/// The end of a call that was answered: who was there, and what they pressed.
fn heard(call: &Outgoing, party: Party, keys: &str) -> HeardCall {
    HeardCall {
        delivery: call.delivery,
        attempt: call.attempt,
        reference: reference(call),
        status: ReceiptStatus::Delivered,
        party,
        talked_ms: 20_000,
        keys: keys.to_owned(),
        raw: String::new(),
    }
}

/// The number's last four digits, and whether it is the first of the two home phones.
fn who(call: &Outgoing) -> (usize, bool) {
    let number = call.to.expose();
    (number[number.len() - 4..].parse().unwrap_or(0), number.starts_with("+1370"))
}

/// Minute by minute (`step` minutes at once), everything that is due is done; `each` then says what was heard.
pub async fn minutes(bench: &Bench, count: usize, step: i64, mut each: impl AsyncFnMut()) {
    for _ in 0..count {
        bench.engine.wake.now(Queue::Jobs);
        bench.engine.wake.now(Queue::Deliveries);
        bench.run_until_idle().await;
        each().await;
        bench.clock.advance(SignedDuration::from_mins(step));
    }
}

async fn ends(bench: &Bench, broadcast: BroadcastId) -> Done<HashMap<DeliveryId, DeliveryState>> {
    let rows = read::checks::states_of(&mut bench.db.read().await?, broadcast.into()).await?;
    Ok(rows.into_iter().collect())
}

/// What happens at the two phones of a home, told apart by the number: 24 hours, from nine in the morning.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_four_hours_of_texts_turns_and_retries_end_every_call_as_they_should() -> Done {
    let file = sqlite().await?;
    let bench = Arc::new(Bench::new(file.db.clone()));
    // From 2:00 in the night to 9:00, inside the hours.
    bench.clock.advance(SignedDuration::from_hours(7));
    families(&bench, 60, Mobile::OptedIn).await?;
    let texts = Carrier::named("texts", Channel::Sms, accepted);
    let calls = Carrier::named("calls", Channel::Voice, |call| match who(call) {
        // Every sixth home: busy twice, then answered. Its second phone rings out.
        (n, true) if n % 6 == 1 && call.attempt < 3 => refused(FailReason::Busy),
        (n, false) if n % 6 == 1 => refused(FailReason::NoAnswer),
        (n, true) if n % 6 == 2 => refused(FailReason::BadNumber),
        (n, _) if n % 6 == 3 => refused(FailReason::NoAnswer),
        (n, true) if n % 6 == 5 => refused(FailReason::Declined),
        (_, _) => accepted(call),
    });
    let started = bench.start_all(vec![texts.clone() as Arc<dyn Gateway>, calls.clone()]);
    bench.until_up(2).await;
    let wishes = CallWishes { stops_on: StopsOn::Heard, after_text_min: 10, in_turn_min: 5 };
    let broadcast = send(&bench, wishes, Category::General).await?;
    let (text_sink, call_sink) = (texts.sink().await, calls.sink().await);
    let began = bench.now();
    let (mut told_texts, mut told_calls) = (0, 0);
    let mut rang: HashMap<(usize, bool), Vec<i64>> = HashMap::new();
    let mut listen = async || {
        // The phone of every sixth family says that the text has arrived; the others say nothing.
        for text in texts.took().iter().skip(told_texts) {
            if who(text).0.is_multiple_of(6) {
                arrived(&*text_sink, text).await;
            }
        }
        told_texts = texts.took().len();
        for call in calls.took().iter().skip(told_calls) {
            let minute = bench.now().duration_since(began).as_mins();
            rang.entry(who(call)).or_default().push(minute);
            let (n, home) = who(call);
            let answered = matches!((n % 6, home, call.attempt), (4, _, _) | (1, true, 3) | (2 | 5, false, _));
            if answered {
                call_sink.call("calls", heard(call, Party::Person, "")).await.unwrap_or_default();
            }
        }
        told_calls = calls.took().len();
    };
    minutes(&bench, 90, 1, &mut listen).await;
    minutes(&bench, 90, 15, &mut listen).await;
    started.end().await;
    let of = |n: usize, home: bool| rang.get(&(n, home)).cloned().unwrap_or_default();
    for n in 0..60 {
        let (first, second) = (of(n, true), of(n, false));
        match n % 6 {
            0 => assert_eq!((first, second), (vec![], vec![]), "its text arrived: nobody is called"),
            1 => assert_eq!((first, second), (vec![10, 12, 17], vec![15]), "busy, busy, heard; the second in its turn"),
            2 => assert_eq!((first, second), (vec![10], vec![15]), "not in service; heard on the second"),
            3 => assert_eq!((first, second), (vec![10, 20, 40, 80], vec![15, 25, 45, 85]), "four tries each"),
            4 => assert_eq!((first, second), (vec![10], vec![]), "heard: the second is left alone"),
            _ => assert_eq!((first, second), (vec![10], vec![15]), "declined, heard on the second"),
        }
    }
    let ends = ends(&bench, broadcast).await?;
    let count = |wanted: DeliveryState| ends.values().filter(|state| **state == wanted).count();
    assert!(ends.values().all(|state| state.kind().is_final() || *state == DeliveryState::Accepted), "{ends:?}");
    assert_eq!(count(DeliveryState::Suppressed(SuppressReason::Reached)), 20 + 10 + 10 + 10, "calls left alone");
    assert_eq!(count(DeliveryState::Rejected(FailReason::BadNumber)), 10);
    Ok(())
}

async fn arrived(sink: &dyn InboundSink, text: &Outgoing) {
    let receipt = HeardReceipt { reference: reference(text), status: ReceiptStatus::Delivered, raw: String::new() };
    sink.receipts("texts", vec![receipt]).await.unwrap_or_default();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn key_4_at_one_phone_leaves_the_others_of_the_family_alone_also_one_that_rang_meanwhile() -> Done {
    let file = sqlite().await?;
    let bench = Bench::new(file.db.clone());
    bench.clock.advance(SignedDuration::from_hours(7));
    families(&bench, 3, Mobile::None).await?;
    let busy = Arc::new(AtomicBool::new(true));
    let is_busy = busy.clone();
    let calls = Carrier::new(Channel::Voice, move |call| match who(call) {
        (_, false) if is_busy.load(Ordering::Relaxed) => refused(FailReason::Busy),
        (_, _) => accepted(call),
    });
    let started = bench.start(calls.clone());
    bench.until_up(1).await;
    let wishes = CallWishes { stops_on: StopsOn::Confirmed, ..CallWishes::default() };
    let broadcast = send(&bench, wishes, Category::SchoolsOut).await?;
    minutes(&bench, 1, 1, async || {}).await;
    busy.store(false, Ordering::Relaxed);
    let sink = calls.sink().await;
    // Family 0 confirms, family 1 hears it only, family 2 has an answering machine. Their second phones were busy.
    for call in calls.took().iter().filter(|call| who(call).1) {
        let (party, keys) = [(Party::Person, "4"), (Party::Person, "1"), (Party::Machine, "")][who(call).0];
        sink.call("carrier", heard(call, party, keys)).await?;
    }
    minutes(&bench, 5, 1, async || {}).await;
    started.end().await;
    let second = |n| calls.took().iter().filter(|call| who(call) == (n, false)).count();
    assert_eq!([second(0), second(1), second(2)], [1, 2, 2], "who confirmed is not rung again");
    let ends = ends(&bench, broadcast).await?;
    let left_alone = DeliveryState::Suppressed(SuppressReason::Reached);
    assert_eq!(ends.values().filter(|state| **state == left_alone).count(), 1);
    Ok(())
}

/// An urgent message rings everywhere at once, whatever was chosen.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_urgent_waits_for_no_text_and_no_turn() -> Done {
    let file = sqlite().await?;
    let bench = Bench::new(file.db.clone());
    families(&bench, 2, Mobile::None).await?;
    let calls = Carrier::new(Channel::Voice, accepted);
    let started = bench.start(calls.clone());
    bench.until_up(1).await;
    let wishes = CallWishes { after_text_min: 60, in_turn_min: 60, ..CallWishes::default() };
    send(&bench, wishes, Category::SchoolHoursEmergency).await?;
    minutes(&bench, 1, 1, async || {}).await;
    started.end().await;
    assert_eq!(calls.took().len(), 4, "every phone in the first minute, at two in the night");
    Ok(())
}
