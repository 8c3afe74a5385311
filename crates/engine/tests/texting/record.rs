//! The record beside the texts: what came another way, the number's own field, the family's rights, ages, on both engines.

use jiff::SignedDuration;
use jiff::civil::date;
use schoolbell_domain::conversation::communication::{Identity, Kind, Outcome};
use schoolbell_domain::conversation::enabled::{Enabled, NotEnabled, Whose};
use schoolbell_engine::CommandError;
use schoolbell_engine::commands::texting::add_communication::{Contact, add_communication};
use schoolbell_engine::commands::texting::export_record::export_record;
use schoolbell_engine::commands::texting::record_sms_number::{NewNumber, Shared, record_sms_number};
use schoolbell_store::read::{communications, people_pages, sms_contacts, texting};
use schoolbell_store::testing::on_both;

use crate::rules::{fields, rule};
use crate::world::{MARTA, MATEO, ROBERT, ROBERTS, SARAH, World};

#[tokio::test]
async fn b6_b7_a_text_to_an_office_number_is_logged_and_answered_from_the_portal() {
    on_both(async |db| -> Result<(), CommandError> {
        let world = World::build(db).await.opted_in().await;
        let came = Contact {
            student: SARAH,
            person: Some(ROBERT),
            kind: Kind::TextElsewhere,
            outcome: Outcome::Reached,
            identity: Some(Identity::NumberOnRecord),
            note: "asked when the study session is",
            at: world.engine.now() - SignedDuration::from_mins(5),
        };
        add_communication(&world.engine, &world.bell, &came).await?;
        let outside = Contact { kind: Kind::TextedOutside, note: "", ..came };
        assert_eq!(
            fields(add_communication(&world.engine, &world.bell, &outside).await),
            ["note"],
            "B7: with its reason"
        );
        let sent = world.text(&world.bell, (SARAH, ROBERT), "Hi, this is Mrs. Bell. It is at 1:00.").await?;
        let lines = export_record(&world.engine, &world.principal, SARAH).await?;
        let what: Vec<_> = lines.iter().map(|line| line.what.as_str()).collect();
        assert_eq!(what[..2], ["Text that came to an office number: Reached", "Text sent"], "in one place");
        assert_eq!(world.texts(sent.thread).await.len(), 1);
        let mut reads = world.engine.reader().read().await?;
        let last = texting::last_contacts(&mut reads, &[SARAH]).await?;
        assert!(last[&SARAH].any.is_some() && last[&SARAH].call.is_none(), "B13: a text is no call");
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn b8_b9_the_sms_contact_number_is_a_field_of_its_own_and_changes_no_other_number() {
    on_both(async |db| -> Result<(), CommandError> {
        let world = World::build(db).await;
        let mut reads = world.engine.reader().read().await?;
        let before = people_pages::points(&mut reads, ROBERT).await?.len();
        drop(reads);
        world.record(SARAH, ROBERT, ROBERTS).await?;
        world.record(SARAH, ROBERT, "+13725550177").await?;
        let mut reads = world.engine.reader().read().await?;
        assert_eq!(
            people_pages::points(&mut reads, ROBERT).await?.len(),
            before,
            "phones of the roster are the school's"
        );
        let student = sms_contacts::lookup_student(&mut reads, SARAH).await?;
        let numbers: Vec<_> = student.iter().flat_map(|found| &found.contacts).map(|one| one.number.as_str()).collect();
        assert_eq!(numbers, ["+13725550177"], "a new number takes the place of the old");
        let notes = communications::notes(&mut reads, SARAH, 5).await?;
        assert_eq!(notes[0].body, "SMS number changed, 1/13/27 - A.Bell", "B11");
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn b14_law_52_requests_of_a_family_stand_in_the_record_with_how_the_asker_was_known() {
    on_both(async |db| -> Result<(), CommandError> {
        let world = World::build(db).await.opted_in().await;
        let asked = Contact {
            student: SARAH,
            person: Some(ROBERT),
            kind: Kind::AccessRequest,
            outcome: Outcome::Other,
            identity: None,
            note: "wants the whole record",
            at: world.engine.now(),
        };
        assert_eq!(fields(add_communication(&world.engine, &world.bell, &asked).await), ["identity"], "LAW-50");
        let known = Contact { identity: Some(Identity::PhotoId), ..asked };
        add_communication(&world.engine, &world.bell, &known).await?;
        let amend = Contact { kind: Kind::AmendmentRequest, note: "the date of the meeting is wrong", ..known };
        add_communication(&world.engine, &world.bell, &amend).await?;
        let lines = export_record(&world.engine, &world.principal, SARAH).await?;
        let ferpa: Vec<_> = lines.iter().filter(|line| line.what.starts_with("FERPA: asked to")).collect();
        assert_eq!(ferpa.len(), 2);
        assert!(ferpa.iter().all(|line| line.who == "Anna Bell with Robert Whitlock"));
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn law_52_law_54_under_thirteen_a_parent_opts_in_and_from_eighteen_on_the_student() {
    on_both(async |db| -> Result<(), CommandError> {
        let world = World::build(db).await;
        let own = NewNumber {
            student: SARAH,
            person: SARAH,
            number: "+13725550111",
            opted_in_by: Whose::Student,
            evidence: "texting form, signed 2027-01-11",
            shared: Shared::Unasked,
        };
        record_sms_number(&world.engine, &world.bell, &own).await?;
        world.record(MATEO, MARTA, "+13725550102").await?;
        let mut reads = world.engine.reader().read().await?;
        // Born on 2011-05-14, both; the records of the law are dated, so the day decides.
        for (day, sarah, mateo) in [
            (date(2027, 1, 13), Enabled::Yes, Enabled::Yes),
            (date(2029, 5, 13), Enabled::Yes, Enabled::Yes),
            (date(2029, 5, 14), Enabled::Yes, Enabled::No(NotEnabled::StudentMustOptIn)),
        ] {
            let ages = sms_contacts::ages(&mut reads, day).await?;
            let all = sms_contacts::students(&mut reads, &[SARAH, MATEO]).await?;
            assert_eq!((all[&SARAH].enabled(ages, day), all[&MATEO].enabled(ages, day)), (sarah, mateo), "{day}");
        }
        let young = sms_contacts::students(&mut reads, &[SARAH]).await?;
        let (day, ages) = (date(2024, 5, 13), sms_contacts::ages(&mut reads, date(2027, 1, 13)).await?);
        assert_eq!(young[&SARAH].age(day), Some(12));
        assert_eq!(young[&SARAH].enabled(ages, day), Enabled::No(NotEnabled::ParentMustOptIn), "LAW-54");
        drop(reads);
        world.clock.move_by(SignedDuration::from_hours(24 * 365 * 3));
        let refused = world.text(&world.bell, (MATEO, MARTA), "Hello. - Mrs. Bell").await;
        assert_eq!(rule(refused), "B3", "the composer is closed on the birthday");
        Ok(())
    })
    .await
    .unwrap();
}
