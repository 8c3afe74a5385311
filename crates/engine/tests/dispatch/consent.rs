//! YES opens, STOP closes at once, the invitation goes once (A23-A29, LAW-9 to LAW-13, LAW-20).

use std::sync::atomic::{AtomicBool, Ordering};

use jiff::SignedDuration;
use schoolbell_domain::channel::Channel;
use schoolbell_domain::consent::{
    ConsentEventKind, ConsentState, PolicyAuthor, Program, RevocationRecord, RevocationScope,
};
use schoolbell_domain::delivery::plan::Basis;
use schoolbell_domain::delivery::settle::AttemptOutcome;
use schoolbell_domain::delivery::suppression::Suppression;
use schoolbell_domain::delivery::{DeliveryState, SuppressReason};
use schoolbell_domain::ids::{PersonId, SchoolId};
use schoolbell_domain::people::{Address, ContactRole, PersonKind, Slot};
use schoolbell_domain::permission::{Grant, Role, Scope};
use schoolbell_domain::settings::DistrictSettings;
use schoolbell_engine::commands::change_policy::change_revocation_policy;
use schoolbell_engine::commands::invite_again::{invite_again, unconfirmed};
use schoolbell_engine::commands::record_revocation::{Heard, HeardRevocation, Said, record_revocation};
use schoolbell_engine::jobs::invite_numbers;
use schoolbell_engine::{Actor, Queue};
use schoolbell_gateways::{Capacity, HeardText};
use schoolbell_store::testing::on_both;
use schoolbell_store::write::roster::{PersonRow, PointRow, RelationshipRow, RosterRow, SchoolRow, StudentRow};
use schoolbell_store::{StoreError, read, write};

use crate::bench::Bench;
use crate::carrier::{Carrier, accepted};

const FAMILY: &str = "+13700000000";
/// A number as staff type it: it must be one that can exist.
const HEARD_BY_STAFF: &str = "+13725550003";
const REVOKED: DeliveryState = DeliveryState::Suppressed(SuppressReason::Revoked);

fn heard(body: &str) -> HeardText {
    HeardText { from: FAMILY.to_owned(), to: "68453".to_owned(), body: body.to_owned(), media: Vec::new() }
}

async fn settings(bench: &Bench) {
    let settings = DistrictSettings {
        program_name: "Cedar Alerts".to_owned(),
        help_contact: "512-555-0100".to_owned(),
        short_code: "68453".to_owned(),
        ..DistrictSettings::default()
    };
    let mut tx = bench.db.begin().await.unwrap();
    write::district::insert_district(&mut tx, "Cedar ISD", "America/Chicago", &settings, bench.now()).await.unwrap();
    tx.commit().await.unwrap();
}

/// A child with two contacts, both with the same mobile; its sibling at another school has it too.
async fn family(bench: &Bench, number: &str, base: i64) {
    let (one, other, main, second) = (base + 1, base + 2, base + 3, base + 4);
    let mut tx = bench.db.begin().await.unwrap();
    SchoolRow::upsert(&mut tx, &[school(1), school(2)]).await.unwrap();
    let kinds = [
        (one, PersonKind::Student),
        (other, PersonKind::Student),
        (main, PersonKind::Guardian),
        (second, PersonKind::Guardian),
    ];
    PersonRow::upsert(&mut tx, &kinds.map(|(id, kind)| person(id, kind))).await.unwrap();
    StudentRow::upsert(&mut tx, &[student(one, 1), student(other, 2)]).await.unwrap();
    let relations = [
        relation(main, one, ContactRole::Main),
        relation(main, other, ContactRole::Main),
        relation(second, one, ContactRole::Secondary),
    ];
    RelationshipRow::upsert(&mut tx, &relations).await.unwrap();
    let points = [
        point(base + 5, (main, 1), Slot::Mobile, number),
        point(base + 6, (main, 2), Slot::Mobile, number),
        point(base + 7, (second, 1), Slot::Mobile, number),
        point(base + 8, (main, 1), Slot::Work, number),
    ];
    PointRow::upsert(&mut tx, &points).await.unwrap();
    tx.commit().await.unwrap();
}

fn school(id: i64) -> SchoolRow {
    SchoolRow {
        id,
        source_id: id.to_string(),
        name: "Cedar".to_owned(),
        level: "elementary".to_owned(),
        phone: None,
        active: true,
    }
}

fn person(id: i64, kind: PersonKind) -> PersonRow {
    PersonRow {
        id,
        kind: kind.code(),
        source_id: id.to_string(),
        given: "Ana".to_owned(),
        family: "Ruiz".to_owned(),
        folded_name: "ana ruiz".to_owned(),
        language: "en".to_owned(),
        title: None,
        active: true,
    }
}

fn student(person_id: i64, school_id: i64) -> StudentRow {
    StudentRow {
        person_id,
        school_id,
        number: person_id.to_string(),
        grade: "3".to_owned(),
        bus_am: None,
        bus_pm: None,
        birth_date: None,
        zip: None,
    }
}

fn relation(guardian_id: i64, student_id: i64, role: ContactRole) -> RelationshipRow {
    RelationshipRow {
        guardian_id,
        student_id,
        role: role.code(),
        relation: "parent".to_owned(),
        lives_with: true,
        custody_restricted: false,
        custody_document: None,
        active: true,
    }
}

fn point(id: i64, (person_id, school_id): (i64, i64), slot: Slot, number: &str) -> PointRow {
    PointRow {
        id,
        person_id,
        school_id,
        slot: slot.code(),
        address: number.to_owned(),
        extension: None,
        active: true,
        first_seen: 0,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn law_9_stop_closes_what_waits_at_once_and_is_confirmed_once() {
    on_both(async |db| -> Result<(), StoreError> {
        let bench = Bench::new(db);
        settings(&bench).await;
        let later = bench.now() + SignedDuration::from_hours(1);
        let hold = move |row: &mut write::deliveries::NewDelivery| {
            row.opening = write::deliveries::Opening::Queued { not_before: later };
        };
        let texts = bench.queue(Channel::Sms, 2, hold).await;
        let calls = bench.queue(Channel::Voice, 1, hold).await;
        let alarm = bench
            .queue(Channel::Voice, 1, |row| {
                hold(row);
                row.urgent = true;
                row.basis = Some(Basis::Emergency);
                row.merge_group = 1;
            })
            .await;
        let carrier = Carrier::new(Channel::Sms, accepted);
        let started = bench.start(carrier.clone());
        bench.run_until_idle().await;
        for body in ["Please STOP texting me", "stop", "END"] {
            carrier.sink().await.text("carrier", heard(body)).await.unwrap();
            bench.run_until_idle().await;
        }
        assert_eq!(bench.state(texts[0].id).await, REVOKED, "A28");
        assert_eq!(bench.state(texts[1].id).await, DeliveryState::Queued(None), "another family's");
        assert_eq!(bench.state(calls[0].id).await, REVOKED, "LAW-11");
        assert_eq!(bench.state(alarm[0].id).await, DeliveryState::Queued(None), "LAW-12");
        let sent: Vec<_> = carrier.took().iter().map(|sent| sent.content.body.clone()).collect();
        assert_eq!(sent.len(), 1, "one confirmation, then silence (LAW-20): {sent:?}");
        assert!(sent[0].contains("no more texts"), "LAW-13");
        let ledger = read::consent::ledger(&mut bench.db.read().await?, FAMILY).await?;
        assert_eq!(ledger.len(), 9, "each STOP, in every program");
        assert_eq!(read::consent::broken_link(FAMILY, &ledger), None);
        started.end().await;
        bench.counters_agree().await;
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a28_a_text_that_waits_for_the_wire_when_stop_comes_never_reaches_it() {
    on_both(async |db| -> Result<(), StoreError> {
        let bench = Bench::new(db);
        settings(&bench).await;
        // One number for all but the first: the carrier takes the first and holds; the rest stands claimed behind it.
        let rows = bench
            .queue(Channel::Sms, 4, |row| {
                if row.address.as_ref().is_some_and(|address| address.expose() != FAMILY) {
                    row.priority = 20;
                }
            })
            .await;
        let carrier = Carrier::with(Channel::Sms, Capacity { window: 1, per_second: 1e9 }, accepted);
        carrier.close_gate();
        let started = bench.start(carrier.clone());
        while read::queue::in_flight(&mut bench.db.read().await?).await? < 2 {
            tokio::task::yield_now().await;
        }
        carrier.sink().await.text("carrier", heard("STOP")).await.unwrap();
        while read::inbound::is_waiting(&mut bench.db.read().await?).await? {
            tokio::task::yield_now().await;
        }
        carrier.gate.add_permits(100);
        bench.run_until_idle().await;
        started.end().await;
        assert_eq!(bench.state(rows[0].id).await, REVOKED);
        let to_family: Vec<_> = carrier
            .took()
            .into_iter()
            .filter(|sent| sent.to.expose() == FAMILY)
            .map(|sent| sent.content.body.clone())
            .collect();
        assert_eq!(to_family.len(), 1, "only the confirmation: {to_family:?}");
        assert!(to_family[0].contains("no more texts"));
        bench.counters_agree().await;
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a23_consent_is_asked_again_when_a_text_is_claimed() {
    on_both(async |db| -> Result<(), StoreError> {
        let bench = Bench::new(db);
        let opted = |row: &mut write::deliveries::NewDelivery| row.basis = Some(Basis::OptedIn);
        let rows = bench.queue(Channel::Sms, 3, opted).await;
        let number = |n: usize| rows[n].address.clone().unwrap().expose().to_owned();
        bench.consent(&number(0), Program::Alerts, ConsentEventKind::OptedIn).await;
        bench.consent(&number(1), Program::Alerts, ConsentEventKind::OptedIn).await;
        bench.consent(&number(1), Program::Alerts, ConsentEventKind::RevokedByStaff).await;
        let carrier = Carrier::new(Channel::Sms, accepted);
        let started = bench.start(carrier.clone());
        bench.run_until_idle().await;
        started.end().await;
        assert_eq!(bench.state(rows[0].id).await, DeliveryState::Accepted);
        assert_eq!(bench.state(rows[1].id).await, REVOKED);
        assert_eq!(bench.state(rows[2].id).await, DeliveryState::Suppressed(SuppressReason::NoConsent));
        assert_eq!(carrier.took().len(), 1);
        bench.counters_agree().await;
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a26_yes_opens_a_number_on_file_and_invents_no_consent_for_another() {
    on_both(async |db| -> Result<(), StoreError> {
        let bench = Bench::new(db);
        settings(&bench).await;
        family(&bench, FAMILY, 100).await;
        let carrier = Carrier::new(Channel::Sms, accepted);
        let started = bench.start(carrier.clone());
        bench.run_until_idle().await;
        carrier.sink().await.text("carrier", heard("Yes!")).await.unwrap();
        let stranger = HeardText { from: "+13705559999".to_owned(), ..heard("YES") };
        carrier.sink().await.text("carrier", stranger).await.unwrap();
        carrier.sink().await.text("carrier", heard("what is this")).await.unwrap();
        bench.run_until_idle().await;
        started.end().await;
        let numbers = [FAMILY, "+13705559999"];
        let states = read::consent::states(&mut bench.db.read().await?, Program::Alerts, &numbers).await?;
        assert_eq!(states.get(FAMILY), Some(&ConsentState::OptedIn));
        assert_eq!(states.get("+13705559999"), None, "A26");
        let ledger = read::consent::ledger(&mut bench.db.read().await?, FAMILY).await?;
        let yes = ledger.iter().find(|entry| entry.link.event.kind == ConsentEventKind::OptedIn).unwrap();
        let evidence = &yes.link.event.evidence;
        assert!(evidence.contains("Yes!") && evidence.contains("inb_"), "A25: {evidence}");
        let replies: Vec<_> = carrier.took().iter().map(|sent| sent.content.body.clone()).collect();
        assert_eq!(replies.iter().filter(|body| body.contains("you will get school alerts")).count(), 1);
        assert_eq!(replies.iter().filter(|body| body.contains("not on our records")).count(), 1);
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a24_a_mobile_is_invited_once_whoever_shares_it_and_however_often_the_job_runs() {
    on_both(async |db| -> Result<(), StoreError> {
        let bench = Bench::new(db);
        settings(&bench).await;
        family(&bench, FAMILY, 100).await;
        family(&bench, "+13705550001", 200).await;
        bench.consent("+13705550001", Program::Alerts, ConsentEventKind::Stopped).await;
        let carrier = Carrier::new(Channel::Sms, accepted);
        // 8:00 in Chicago has not come yet at the clock of the tests; the window opens it.
        bench.clock.advance(SignedDuration::from_hours(8));
        let started = bench.start(carrier.clone());
        for _ in 0..3 {
            bench.run_until_idle().await;
            let job = invite_numbers::job(&bench.engine);
            bench.db.write("again", async |tx| write::jobs::enqueue(tx, job).await).await?;
            bench.engine.wake.now(Queue::Jobs);
            // Another child with the same number arrives.
            family(&bench, FAMILY, 300).await;
        }
        bench.run_until_idle().await;
        bench.clock.advance(SignedDuration::from_hours(24));
        bench.engine.wake.now(Queue::Deliveries);
        bench.run_until_idle().await;
        started.end().await;
        let took = carrier.took();
        assert_eq!(took.len(), 1, "not to work phones, not twice, not to who said STOP");
        assert!(took[0].content.body.contains("Reply YES") && took[0].to.expose() == FAMILY);
        let states = read::consent::states(&mut bench.db.read().await?, Program::Alerts, &[FAMILY]).await?;
        assert_eq!(states.get(FAMILY), Some(&ConsentState::Invited));
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a24_an_invitation_that_got_lost_goes_once_more_only_when_a_person_of_the_school_decides() {
    on_both(async |db| -> Result<(), StoreError> {
        let bench = Bench::new(db);
        settings(&bench).await;
        family(&bench, FAMILY, 100).await;
        // The wire breaks at the first one, and holds afterwards.
        let carrier = Carrier::new(Channel::Sms, |outgoing| {
            let lost = AttemptOutcome::Unknown { code: "the wire broke".to_owned() };
            if outgoing.content.body.contains("Reply YES") && !RETRIED.load(Ordering::SeqCst) {
                Some(lost)
            } else {
                accepted(outgoing)
            }
        });
        RETRIED.store(false, Ordering::SeqCst);
        bench.clock.advance(SignedDuration::from_hours(8));
        let started = bench.start(carrier.clone());
        let job = invite_numbers::job(&bench.engine);
        bench.db.write("invite", async |tx| write::jobs::enqueue(tx, job).await).await?;
        bench.engine.wake.now(Queue::Jobs);
        bench.run_until_idle().await;
        assert_eq!(carrier.took().len(), 1);
        let main = PersonId::from_raw(103);
        assert_eq!(unconfirmed(&bench.engine, &[FAMILY]).await.unwrap(), [FAMILY]);
        // By itself it never goes again, whatever time passes and however often the job runs.
        let job = invite_numbers::job(&bench.engine);
        bench.db.write("again", async |tx| write::jobs::enqueue(tx, job).await).await?;
        bench.engine.wake.now(Queue::Jobs);
        bench.run_until_idle().await;
        assert_eq!(carrier.took().len(), 1);
        // Staff of another school may not; of this one they may, once.
        let at = |school: i64| Actor {
            user: None,
            name: "Dolores".to_owned(),
            grants: vec![Grant { role: Role::Registrar, scope: Scope::School(SchoolId::from_raw(school)) }],
        };
        assert!(invite_again(&bench.engine, &at(9), main, FAMILY).await.is_err());
        RETRIED.store(true, Ordering::SeqCst);
        invite_again(&bench.engine, &at(1), main, FAMILY).await.unwrap();
        bench.run_until_idle().await;
        assert_eq!(carrier.took().len(), 2);
        assert!(invite_again(&bench.engine, &at(1), main, FAMILY).await.is_err(), "this one arrived");
        assert_eq!(unconfirmed(&bench.engine, &[FAMILY]).await.unwrap(), Vec::<String>::new());
        started.end().await;
        let ledger = read::consent::ledger(&mut bench.db.read().await?, FAMILY).await?;
        let invited: Vec<_> =
            ledger.iter().filter(|entry| entry.link.event.kind == ConsentEventKind::Invited).collect();
        assert_eq!(invited.len(), 2);
        assert_eq!(invited[1].link.event.actor, "Dolores");
        // Who has said STOP is not asked again.
        bench.consent(FAMILY, Program::Alerts, ConsentEventKind::Stopped).await;
        assert!(invite_again(&bench.engine, &at(1), main, FAMILY).await.is_err());
        Ok(())
    })
    .await
    .unwrap();
}

/// Whether the wire of the test above holds again.
static RETRIED: AtomicBool = AtomicBool::new(false);

async fn says(bench: &Bench, carrier: &Carrier, from: &str, body: &str) {
    let text = HeardText { from: from.to_owned(), ..heard(body) };
    carrier.sink().await.text("carrier", text).await.unwrap();
    bench.run_until_idle().await;
}

async fn state_of(bench: &Bench, program: Program, number: &str) -> ConsentState {
    let states = read::consent::states(&mut bench.db.read().await.unwrap(), program, &[number]).await.unwrap();
    states.get(number).copied().unwrap_or(ConsentState::Unknown)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn law_11_a_stop_reaches_as_far_as_the_policy_of_its_day_says() {
    on_both(async |db| -> Result<(), StoreError> {
        let bench = Bench::new(db);
        settings(&bench).await;
        // The district takes its own careful reading back: what is left is what the law asks for.
        let least = RevocationRecord {
            author: PolicyAuthor::District,
            effective_from: "2025-04-11".parse().unwrap(),
            scope: RevocationScope::Program,
            source: "a decision of the board".to_owned(),
        };
        change_revocation_policy(&bench.engine, &Actor::command_line(), least).await.unwrap();
        let carrier = Carrier::new(Channel::Sms, accepted);
        let started = bench.start(carrier.clone());
        bench.run_until_idle().await;
        // The clock of the tests stands at 2027-01-15.
        says(&bench, &carrier, FAMILY, "STOP").await;
        assert_eq!(state_of(&bench, Program::Alerts, FAMILY).await, ConsentState::Revoked);
        assert_eq!(state_of(&bench, Program::Voice, FAMILY).await, ConsentState::Unknown, "before 2027-01-31");
        bench.clock.advance(SignedDuration::from_hours(24 * 20));
        says(&bench, &carrier, "+13705550002", "STOP").await;
        started.end().await;
        for program in Program::GENERAL {
            assert_eq!(state_of(&bench, program, "+13705550002").await, ConsentState::Revoked, "{program:?}");
        }
        assert_eq!(state_of(&bench, Program::EmergencyCalls, "+13705550002").await, ConsentState::Unknown);
        Ok(())
    })
    .await
    .unwrap();
}

/// Two words of a family one after the other, with an emergency call waiting, and one planned after them.
async fn law_12(order: [Said; 2]) {
    on_both(async |db| -> Result<(), StoreError> {
        let bench = Bench::new(db);
        let later = bench.now() + SignedDuration::from_hours(1);
        let alarm = bench
            .queue(Channel::Voice, 1, move |row| {
                row.opening = write::deliveries::Opening::Queued { not_before: later };
                row.basis = Some(Basis::Emergency);
                row.urgent = true;
                row.address = Address::from_stored(HEARD_BY_STAFF);
            })
            .await;
        for said in order {
            let heard =
                HeardRevocation { number: HEARD_BY_STAFF, said, how: Heard::ByPhone, note: "the father called" };
            record_revocation(&bench.engine, &Actor::command_line(), heard).await.unwrap();
            let goes_on = said == Said::Stop && order[0] == Said::Stop;
            let state = if goes_on { DeliveryState::Queued(None) } else { REVOKED };
            assert_eq!(bench.state(alarm[0].id).await, state, "{said:?} of {order:?}");
        }
        assert_eq!(state_of(&bench, Program::EmergencyCalls, HEARD_BY_STAFF).await, ConsentState::Revoked);
        // What was planned before and is claimed after does not leave either.
        let next = bench
            .queue(Channel::Voice, 1, |row| {
                row.basis = Some(Basis::Emergency);
                row.merge_group = 1;
                row.address = Address::from_stored(HEARD_BY_STAFF);
            })
            .await;
        let started = bench.start(Carrier::new(Channel::Voice, accepted));
        bench.run_until_idle().await;
        started.end().await;
        assert_eq!(bench.state(next[0].id).await, REVOKED);
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn law_12_emergency_calls_go_on_after_a_stop_until_one_is_answered_with_it() {
    law_12([Said::Stop, Said::StopEmergencyCalls]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn law_12_a_later_general_stop_does_not_bring_emergency_calls_back() {
    law_12([Said::StopEmergencyCalls, Said::Stop]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn law_16_a_wrong_number_is_closed_everywhere_and_called_by_nobody() {
    on_both(async |db| -> Result<(), StoreError> {
        let bench = Bench::new(db);
        bench.consent(HEARD_BY_STAFF, Program::Alerts, ConsentEventKind::OptedIn).await;
        let heard = HeardRevocation {
            number: HEARD_BY_STAFF,
            said: Said::NotTheirs,
            how: Heard::ByPhone,
            note: "a stranger answered",
        };
        record_revocation(&bench.engine, &Actor::command_line(), heard).await.unwrap();
        assert_eq!(state_of(&bench, Program::Alerts, HEARD_BY_STAFF).await, ConsentState::Unknown);
        let ledger = read::consent::ledger(&mut bench.db.read().await?, HEARD_BY_STAFF).await?;
        assert!(ledger.iter().any(|entry| entry.link.event.evidence.contains("a stranger answered")));
        let number = Address::from_stored(HEARD_BY_STAFF).unwrap();
        for channel in [Channel::Voice, Channel::Sms] {
            let word = read::suppressions::lookup(&mut bench.db.read().await?, &number, channel).await?;
            assert_eq!(word.map(|word| word.kind), Some(Suppression::Dead), "{channel:?}");
        }
        Ok(())
    })
    .await
    .unwrap();
}

/// LAW-20: whether or not anybody subscribed, and whether or not the number is on any record.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn law_20_help_and_stop_are_answered_whether_or_not_subscribed() {
    on_both(async |db| -> Result<(), StoreError> {
        let bench = Bench::new(db);
        settings(&bench).await;
        let carrier = Carrier::new(Channel::Sms, accepted);
        let started = bench.start(carrier.clone());
        bench.run_until_idle().await;
        let stranger = "+13705559998";
        for (body, answer) in [("¿Ayuda?", "Help: 512-555-0100"), ("Alto.", "no more texts"), ("HELP", "Help:")] {
            says(&bench, &carrier, stranger, body).await;
            let last = carrier.took().last().map(|sent| (sent.to.expose().to_owned(), sent.content.body.clone()));
            assert!(
                last.as_ref().is_some_and(|(to, text)| to == stranger && text.contains(answer)),
                "{body}: {last:?}"
            );
        }
        for body in ["STOP", "parar", "please stop texting me"] {
            says(&bench, &carrier, stranger, body).await;
        }
        started.end().await;
        assert_eq!(carrier.took().len(), 3, "silence after the one confirmation");
        let ledger = read::consent::ledger(&mut bench.db.read().await?, stranger).await?;
        let sentence = ledger.iter().find(|entry| entry.link.event.evidence.contains("please stop texting me"));
        assert_eq!(sentence.map(|entry| entry.link.event.kind), Some(ConsentEventKind::Stopped), "LAW-9");
        assert_eq!(read::checks::without_basis(&mut bench.db.read().await?).await?, 0);
        Ok(())
    })
    .await
    .unwrap();
}
