//! What the commands refuse and what they write, on both engines.

use jiff::SignedDuration;
use schoolbell_domain::conversation::communication::{Identity, Kind, Outcome};
use schoolbell_domain::conversation::enabled::{Enabled, NotEnabled};
use schoolbell_domain::conversation::policy::OnMark;
use schoolbell_domain::conversation::sticky_note::Requester;
use schoolbell_domain::delivery::{DeliveryState, StateKind, SuppressReason};
use schoolbell_domain::permission::{Grant, Role, Scope};
use schoolbell_engine::commands::change_settings::change_settings;
use schoolbell_engine::commands::texting::add_communication::{Contact, add_communication};
use schoolbell_engine::commands::texting::export_record::export_record;
use schoolbell_engine::commands::texting::read_thread::{must_read, read_thread};
use schoolbell_engine::commands::texting::record_sms_number::{Removal, remove_sms_number};
use schoolbell_engine::commands::texting::send_text::Stranger;
use schoolbell_engine::commands::texting::set_up_texting::{Part, set_school, set_shown_name};
use schoolbell_engine::{Actor, CommandError, CommandResult};
use schoolbell_store::read::{communications, district, sms_contacts, texting, threads};
use schoolbell_store::testing::on_both;

use crate::world::{MARTA, MATEO, OAK, RESTRICTED, ROBERT, ROBERTS, SARAH, World};

pub fn rule<T: std::fmt::Debug>(answer: CommandResult<T>) -> &'static str {
    match answer {
        Err(CommandError::Refused { rule, .. }) => rule,
        other => unreachable!("not refused: {other:?}"),
    }
}

pub fn fields<T: std::fmt::Debug>(answer: CommandResult<T>) -> Vec<String> {
    match answer {
        Err(CommandError::BadInput(problems)) => problems.into_iter().map(|problem| problem.field).collect(),
        other => unreachable!("not bad input: {other:?}"),
    }
}

async fn enabled(world: &World) -> Enabled {
    let mut reads = world.engine.reader().read().await.unwrap();
    let student = sms_contacts::lookup_student(&mut reads, SARAH).await.unwrap().unwrap();
    let today = jiff::civil::date(2027, 1, 13);
    let ages = sms_contacts::ages(&mut reads, today).await.unwrap();
    assert_eq!((ages.parent_opts_in_below, ages.own_rights_from), (13, 18), "LAW-52, LAW-54: dated records");
    student.enabled(ages, today)
}

#[tokio::test]
async fn b10_b11_b12_a_removal_closes_everything_in_one_transaction_with_its_sticky_note() {
    on_both(async |db| -> Result<(), CommandError> {
        let world = World::build(db).await.opted_in().await;
        assert_eq!(enabled(&world).await, Enabled::Yes);
        let sent = world.text(&world.bell, (SARAH, ROBERT), "Hi, this is Mrs. Bell.").await?;
        let removal = Removal { student: SARAH, person: ROBERT, requester: Requester::Parent, more: "" };
        remove_sms_number(&world.engine, &world.bell, &removal).await?;

        assert_eq!(enabled(&world).await, Enabled::No(NotEnabled::NoNumber));
        assert_eq!(world.texts(sent.thread).await[0].state, Some(DeliveryState::Suppressed(SuppressReason::Revoked)));
        assert_eq!(world.bodies(sent.thread).await, ["Hi, this is Mrs. Bell."], "the thread stays readable");
        assert_eq!(rule(world.text(&world.bell, (SARAH, ROBERT), "Hello. - Mrs. Bell").await), "B3");
        let mut reads = world.engine.reader().read().await?;
        let notes = communications::notes(&mut reads, SARAH, 10).await?;
        assert_eq!(notes[0].body, "Parent requested no texting, removed SMS number, 1/13/27 - A.Bell");
        drop(reads);
        // A second removal writes no second note, and the form alone opens nothing: the family asked us to stop.
        assert_eq!(fields(remove_sms_number(&world.engine, &world.bell, &removal).await), ["number"]);
        world.record(SARAH, ROBERT, ROBERTS).await?;
        assert_eq!(enabled(&world).await, Enabled::No(NotEnabled::Stopped));
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn b16_b17_only_people_on_the_record_of_ones_own_students_where_the_school_takes_part() {
    on_both(async |db| -> Result<(), CommandError> {
        let world = World::build(db).await.opted_in().await;
        assert_eq!(rule(world.text(&world.ortiz, (MATEO, MARTA), "Hello. - Mr. Ortiz").await), "B16");
        assert_eq!(rule(world.record(SARAH, MARTA, "+13725550120").await), "B16");
        assert_eq!(rule(world.record(SARAH, RESTRICTED, "+13725550121").await), "B16");
        assert_eq!(fields(world.record(SARAH, SARAH, ROBERTS).await), ["number"], "a shared number is for a person");
        assert_eq!(rule(world.text(&world.bell, (SARAH, SARAH), "Hello. - Mrs. Bell").await), "B3");
        let elsewhere =
            Actor { grants: vec![Grant { role: Role::Observer, scope: Scope::School(OAK) }], ..world.bell.clone() };
        assert_eq!(rule(world.text(&elsewhere, (SARAH, ROBERT), "Hello. - Mrs. Bell").await), "permission");
        set_school(&world.engine, &world.principal, OAK, Part::TakesNone).await?;
        assert_eq!(enabled(&world).await, Enabled::No(NotEnabled::SchoolTakesNoPart));
        assert_eq!(rule(world.text(&world.bell, (SARAH, ROBERT), "Hello. - Mrs. Bell").await), "B3");
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn b18_b19_the_guard_and_the_stranger_question_stop_a_text_or_keep_its_reason() {
    on_both(async |db| -> Result<(), CommandError> {
        let world = World::build(db).await.opted_in().await;
        let to = (SARAH, ROBERT);
        let marked = "Sarah Whitlock got a 92 on the test. - Mrs. Bell";
        assert_eq!(
            fields(world.text_as(&world.bell, to, "Hello. - Mrs. Bell", (Stranger::Unanswered, "")).await),
            ["stranger"]
        );
        assert_eq!(fields(world.text_as(&world.bell, to, "Hello. - Mrs. Bell", (Stranger::Yes, "")).await), ["reason"]);
        assert_eq!(fields(world.text(&world.bell, to, marked).await), ["reason"]);
        assert_eq!(fields(world.text(&world.bell, to, "Ask Mateo. - Mrs. Bell").await), ["reason"], "from the roster");
        assert_eq!(fields(world.text(&world.bell, to, " ").await), ["body"]);
        assert_eq!(fields(world.text(&world.bell, to, "We start at [[time]].").await), ["body"]);
        let sent = world.text_as(&world.bell, to, marked, (Stranger::No, "the parent asked for it by phone")).await?;
        let detail = world.texts(sent.thread).await[0].link.text.detail.clone();
        assert!(detail.contains("full_name") && detail.contains("asked for it by phone"), "{detail}");

        let mut reads = world.engine.reader().read().await?;
        let found = district::get_district(&mut reads).await?;
        drop(reads);
        let mut settings = found.settings;
        settings.texting.on_mark = OnMark::Stop;
        settings.texting.on_stranger = OnMark::Stop;
        change_settings(&world.engine, &Actor::command_line(), &found.name, &found.zone_name, &settings).await?;
        let reason = "the parent asked";
        assert_eq!(fields(world.text_as(&world.bell, to, marked, (Stranger::No, reason)).await), ["body"]);
        assert_eq!(
            fields(world.text_as(&world.bell, to, "Hi. - Mrs. Bell", (Stranger::Yes, reason)).await),
            ["stranger"]
        );
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn b19_b26_a_teacher_who_signs_with_the_full_name_of_the_roster_is_not_marked_and_a_colleague_is() {
    on_both(async |db| -> Result<(), CommandError> {
        let world = World::build(db).await.opted_in().await;
        set_shown_name(&world.engine, &world.bell, "Anna Bell").await?;
        let sent = world.text(&world.bell, (SARAH, ROBERT), "Are you able to log on?").await?;
        assert_eq!(world.bodies(sent.thread).await, ["Are you able to log on? - Anna Bell"]);
        let marked = world.text(&world.bell, (SARAH, ROBERT), "Ask Luis Ortiz. - Anna Bell").await;
        assert_eq!(fields(marked), ["reason"]);
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn law_15_a_text_at_night_waits_for_the_morning_and_ends_when_the_family_stops() {
    on_both(async |db| -> Result<(), CommandError> {
        let world = World::build(db).await.opted_in().await;
        world.clock.move_by(SignedDuration::from_hours(11));
        let sent = world.text(&world.bell, (SARAH, ROBERT), "See you tomorrow. - Mrs. Bell").await?;
        assert_eq!(sent.not_before.to_string(), "2027-01-14T14:00:00Z", "8 a.m. in Chicago");
        assert_eq!(world.texts(sent.thread).await[0].state.map(DeliveryState::kind), Some(StateKind::Queued));
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn b13_b15_calls_are_logged_with_whom_and_how_they_were_known_and_count_for_the_days_since() {
    on_both(async |db| -> Result<(), CommandError> {
        let world = World::build(db).await.opted_in().await;
        let now = world.engine.now();
        let call = Contact {
            student: SARAH,
            person: Some(ROBERT),
            kind: Kind::Call,
            outcome: Outcome::Reached,
            identity: None,
            note: "spoke about the project",
            at: now - SignedDuration::from_hours(50),
        };
        assert_eq!(fields(add_communication(&world.engine, &world.bell, &call).await), ["identity"]);
        let known = Contact { identity: Some(Identity::KnownVoice), ..call };
        assert_eq!(
            fields(add_communication(&world.engine, &world.bell, &Contact { person: Some(MARTA), ..known }).await),
            ["person"]
        );
        let early = Contact { at: now + SignedDuration::from_hours(1), ..known };
        assert_eq!(fields(add_communication(&world.engine, &world.bell, &early).await), ["at"]);
        add_communication(&world.engine, &world.bell, &known).await?;
        let note = Contact { kind: Kind::Note, identity: None, at: now, ..call };
        add_communication(&world.engine, &world.bell, &note).await?;
        world.text(&world.bell, (MATEO, MARTA), "Hi, this is Mrs. Bell.").await?;

        let mut reads = world.engine.reader().read().await?;
        let entries = communications::entries(&mut reads, SARAH, 10).await?;
        assert_eq!(entries.len(), 2);
        assert_eq!((entries[1].staff.as_str(), entries[1].person.as_deref()), ("Anna Bell", Some("Robert Whitlock")));
        let last = texting::last_contacts(&mut reads, &[SARAH, MATEO]).await?;
        assert_eq!(
            (last[&SARAH].call, last[&SARAH].any),
            (Some(known.at), Some(known.at)),
            "a note is no contact (B20)"
        );
        assert_eq!((last[&MATEO].call, last[&MATEO].text), (None, Some(now)));
        let taught = texting::of_school(&mut reads, OAK, 100).await?;
        assert_eq!(taught.len(), 3, "by section");
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn b2_a_thread_is_read_by_its_staff_and_by_those_entitled_and_every_look_is_kept() {
    on_both(async |db| -> Result<(), CommandError> {
        let world = World::build(db).await.opted_in().await;
        let sent = world.text(&world.bell, (MATEO, MARTA), "Hi, this is Mrs. Bell.").await?;
        let mut reads = world.engine.reader().read().await?;
        assert!(must_read(&world.engine, &mut reads, &world.bell, sent.thread).await.is_ok());
        assert!(must_read(&world.engine, &mut reads, &world.principal, sent.thread).await.is_ok());
        assert_eq!(
            rule(must_read(&world.engine, &mut reads, &world.ortiz, sent.thread).await.map(|_| ())),
            "permission"
        );
        drop(reads);
        read_thread(&world.engine, &world.principal, sent.thread).await?;
        let mut reads = world.engine.reader().read().await?;
        let looks = threads::looks(&mut reads, sent.thread, 10).await?;
        assert_eq!(looks.iter().map(|(reader, _)| reader.as_str()).collect::<Vec<_>>(), ["pat.okafor@example.org"]);
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn b14_a_family_gets_the_whole_record_without_other_students_and_the_export_is_noted() {
    on_both(async |db| -> Result<(), CommandError> {
        let world = World::build(db).await.opted_in().await;
        let to = (SARAH, ROBERT);
        let text = "Sarah works with Mateo today. - Mrs. Bell";
        world.text_as(&world.bell, to, text, (Stranger::No, "agreed by phone")).await?;
        let asked = Contact {
            student: SARAH,
            person: Some(ROBERT),
            kind: Kind::AmendmentRequest,
            outcome: Outcome::Other,
            identity: Some(Identity::PhotoId),
            note: "the date of the meeting is wrong",
            at: world.engine.now(),
        };
        add_communication(&world.engine, &world.bell, &asked).await?;
        assert_eq!(rule(export_record(&world.engine, &world.bell, SARAH).await.map(|_| ())), "permission");
        let lines = export_record(&world.engine, &world.principal, SARAH).await?;
        assert!(lines.iter().any(|line| line.words == "Sarah works with [another student] today. - Mrs. Bell"));
        assert!(lines.iter().any(|line| line.what.starts_with("FERPA: asked to amend")));
        let mut reads = world.engine.reader().read().await?;
        let last = texting::last_contacts(&mut reads, &[SARAH]).await?;
        assert_eq!(last[&SARAH].call, None, "a request is no contact");
        Ok(())
    })
    .await
    .unwrap();
}
