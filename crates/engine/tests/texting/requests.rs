//! What a family asks of the record: when it is due, who answers it, and what the record carries on, on both engines (B14).

use jiff::SignedDuration;
use jiff::civil::date;
use schoolbell_domain::conversation::communication::{Identity, Kind, Outcome};
use schoolbell_domain::conversation::record_request::{Standing, Step, Told};
use schoolbell_domain::permission::{Grant, Role, Scope};
use schoolbell_engine::commands::change_settings::change_settings;
use schoolbell_engine::commands::texting::add_communication::{Contact, add_communication};
use schoolbell_engine::commands::texting::answer_request::{Answer, answer_request};
use schoolbell_engine::commands::texting::export_record::export_record;
use schoolbell_engine::record_requests::Calendar;
use schoolbell_engine::{Actor, CommandError};
use schoolbell_store::read::record_requests::{self, RequestLine};
use schoolbell_store::read::{audit, district};
use schoolbell_store::testing::on_both;

use crate::rules::{fields, rule};
use crate::world::{MATEO, OAK, ROBERT, SARAH, World};

/// Sarah's father asks in person.
async fn ask(world: &World, kind: Kind, days_ago: i64) -> Result<(), CommandError> {
    let asked = Contact {
        student: SARAH,
        person: Some(ROBERT),
        kind,
        outcome: Outcome::Other,
        identity: Some(Identity::PhotoId),
        note: "the date of the meeting is wrong",
        at: world.engine.now() - SignedDuration::from_hours(24 * days_ago),
    };
    add_communication(&world.engine, &world.bell, &asked).await
}

async fn open(world: &World) -> Result<Vec<(RequestLine, String)>, CommandError> {
    let mut reads = world.engine.reader().read().await?;
    let calendar = Calendar::read(&mut reads, &world.engine).await?;
    let lines = record_requests::open(&mut reads, 100).await?;
    Ok(lines
        .into_iter()
        .map(|line| (calendar.due_on(&line).to_string(), line))
        .map(|(due, line)| (line, due))
        .collect())
}

async fn answer(world: &World, by: &Actor, of: &RequestLine, (step, words): (Step, &str)) -> Result<(), CommandError> {
    let answer = Answer { request: of.id, step, words, told: Told::Yes };
    answer_request(&world.engine, by, &answer).await
}

/// Of another school's office.
fn elsewhere(world: &World) -> Actor {
    let scope = Scope::School(schoolbell_domain::ids::SchoolId::from_raw(OAK.raw() + 1));
    Actor { grants: vec![Grant { role: Role::Principal, scope }], ..world.principal.clone() }
}

fn office(world: &World) -> Actor {
    let grants = vec![Grant { role: Role::Office, scope: Scope::School(OAK) }];
    // Another person than the principal who refuses.
    Actor { grants, ..world.ortiz.clone() }
}

#[tokio::test]
async fn b14_law_52_a_look_is_due_45_days_after_it_was_asked_for_and_an_amendment_when_the_district_says() {
    on_both(async |db| -> Result<(), CommandError> {
        let world = World::build(db).await;
        let mut reads = world.engine.reader().read().await?;
        let found = district::get_district(&mut reads).await?;
        drop(reads);
        ask(&world, Kind::AccessRequest, 50).await?;
        let mut settings = found.settings;
        settings.texting.requests.access_days = 90;
        settings.texting.requests.amendment_days = 20;
        change_settings(&world.engine, &Actor::command_line(), &found.name, &found.zone_name, &settings).await?;
        ask(&world, Kind::AccessRequest, 2).await?;
        ask(&world, Kind::AmendmentRequest, 2).await?;
        let due: Vec<_> = open(&world).await?.into_iter().map(|(_, due)| due).collect();
        // 2026-11-24 and 45 days; the district's 90 do not stand over the law; its own 20 for the amendment.
        assert_eq!(due, ["2027-01-08", "2027-02-25", "2027-01-31"]);

        // What was promised stands, whatever the district changes later.
        settings.texting.requests.amendment_days = 5;
        change_settings(&world.engine, &Actor::command_line(), &found.name, &found.zone_name, &settings).await?;
        assert_eq!(open(&world).await?[2].1, "2027-01-31");
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn b14_a_refused_amendment_has_its_reason_a_hearing_by_somebody_else_and_a_statement_in_the_export() {
    on_both(async |db| -> Result<(), CommandError> {
        let world = World::build(db).await;
        ask(&world, Kind::AmendmentRequest, 1).await?;
        let (line, _) = open(&world).await?.remove(0);
        let principal = &world.principal;
        let untold = Answer { request: line.id, step: Step::Refused, words: " ", told: Told::No };
        assert_eq!(fields(answer_request(&world.engine, principal, &untold).await), ["words", "told"]);
        let refusal = (Step::Refused, "the minutes of that day show it");
        assert_eq!(rule(answer(&world, &world.bell, &line, refusal).await), "permission", "a teacher does not decide");
        assert_eq!(rule(answer(&world, &elsewhere(&world), &line, refusal).await), "permission");
        assert_eq!(
            rule(answer(&world, principal, &line, (Step::HearingAsked, "")).await),
            "B14",
            "nothing was refused"
        );
        answer(&world, principal, &line, refusal).await?;
        assert!(open(&world).await?.is_empty(), "answered");
        assert_eq!(rule(answer(&world, principal, &line, (Step::Granted, "so be it")).await), "B14", "not twice");

        answer(&world, principal, &line, (Step::HearingAsked, "by letter")).await?;
        let (again, due) = open(&world).await?.remove(0);
        assert_eq!((again.standing(), due.as_str()), (Standing::HearingAsked, "2027-02-12"), "30 days for a hearing");
        let upholds = (Step::HearingUpholds, "the minutes and two witnesses");
        assert_eq!(rule(answer(&world, principal, &line, upholds).await), "LAW-52", "34 CFR 99.22(c)");
        answer(&world, &office(&world), &line, upholds).await?;
        answer(&world, principal, &line, (Step::Statement, "We were there, and so was Mateo Villarreal.")).await?;

        let mut reads = world.engine.reader().read().await?;
        let stands = record_requests::lookup_request(&mut reads, line.id).await?;
        assert_eq!(stands.as_ref().map(RequestLine::standing), Some(Standing::Upheld));
        let steps: Vec<_> = stands.iter().flat_map(|line| &line.steps).map(|step| step.taken_by.as_str()).collect();
        assert_eq!(steps, ["Pat Okafor", "Pat Okafor", "Luis Ortiz", "Pat Okafor"], "who decided");
        assert_eq!(record_requests::answered(&mut reads, 10).await?.len(), 1);
        let told = audit::of_subject(&mut reads, &line.id.to_string()).await?;
        assert_eq!(told.iter().filter(|line| line.action == "answer_request").count(), 4);
        drop(reads);
        let lines = export_record(&world.engine, principal, SARAH).await?;
        let of = |what: &str| lines.iter().find(|line| line.what.ends_with(what)).cloned();
        assert_eq!(of("Refused").map(|line| line.words), Some("the minutes of that day show it".to_owned()));
        let statement = of("Statement of the family").map(|line| (line.who, line.words));
        let words = "We were there, and so was [another student].".to_owned();
        assert_eq!(statement, Some(("Robert Whitlock, placed by Pat Okafor".to_owned(), words)), "34 CFR 99.21(c)");
        assert!(export_record(&world.engine, principal, MATEO).await?.is_empty(), "with this record alone");
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn b14_two_who_answer_at_once_give_one_answer_and_older_requests_are_due_too() {
    on_both(async |db| -> Result<(), CommandError> {
        let world = World::build(db.clone()).await;
        ask(&world, Kind::AccessRequest, 0).await?;
        let (line, _) = open(&world).await?.remove(0);
        let office = office(&world);
        let (one, other) = tokio::join!(
            answer(&world, &world.principal, &line, (Step::Granted, "")),
            answer(&world, &office, &line, (Step::Refused, "not on the record")),
        );
        assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
        let mut reads = world.engine.reader().read().await?;
        let stands = record_requests::lookup_request(&mut reads, line.id).await?;
        assert_eq!(stands.map(|line| line.steps.len()), Some(1));
        drop(reads);

        // As a program wrote it that knew no due days.
        let new = schoolbell_store::write::sms_contacts::NewCommunication {
            id: schoolbell_domain::ids::CommunicationId::from_raw(77),
            student: MATEO,
            person: None,
            kind: Kind::AccessRequest,
            outcome: Outcome::Other,
            identity: Some(Identity::PhotoId),
            note: String::new(),
            staff: "Anna Bell".to_owned(),
            user: None,
            at: world.engine.now(),
            recorded_at: world.engine.now(),
        };
        let mut tx = db.begin().await?;
        schoolbell_store::write::sms_contacts::communication(&mut tx, &new).await?;
        tx.commit().await?;
        let (old, due) = open(&world).await?.remove(0);
        assert_eq!((old.student, old.due_on, due), (MATEO, None, date(2027, 2, 27).to_string()));
        Ok(())
    })
    .await
    .unwrap();
}
