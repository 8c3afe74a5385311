//! What a family asks of the record, as plain forms: from the student's page to the answer, the hearing and the statement (B14).

use jiff::ToSpan;
use jiff::tz::TimeZone;
use schoolbell_domain::conversation::communication::{Identity, Kind, Outcome};
use schoolbell_domain::ids::PersonId;
use schoolbell_domain::permission::Role;
use schoolbell_engine::Actor;
use schoolbell_engine::commands::texting::add_communication::{Contact, add_communication};

use super::texting::person_of;
use super::world::{Answer, Browser, Done, World};

const LINCOLN: &str = "Lincoln Elementary School";

/// Ana herself asks, so many days ago.
async fn ask(world: &World, student: PersonId, (kind, note): (Kind, &str), days_ago: i64) -> Done {
    let zone = TimeZone::get("America/Chicago")?;
    let day = world.engine.now().to_zoned(zone).checked_sub(days_ago.days())?;
    let asked = Contact {
        student,
        person: Some(student),
        kind,
        outcome: Outcome::Other,
        identity: Some(Identity::PhotoId),
        note,
        at: day.timestamp(),
    };
    Ok(add_communication(&world.engine, &Actor::command_line(), &asked).await?)
}

async fn step(browser: &mut Browser<'_>, path: &str, fields: &[(&str, &str)]) -> Done<Answer> {
    let csrf = browser.get(path).await?.csrf()?;
    let mut all = vec![("csrf", csrf.as_str())];
    all.extend(fields);
    browser.post(path, &all).await
}

#[tokio::test]
async fn b14_a_request_goes_from_the_student_s_page_over_the_work_list_to_its_answer_and_statement() -> Done {
    let world = World::new().await?;
    let mut principal = world.signed_in(Role::Principal, Some(LINCOLN)).await?;
    let mut registrar = world.signed_in(Role::Registrar, Some(LINCOLN)).await?;
    let list = principal.get("/texting/enrollments").await?;
    let ana = person_of(&list.text, ">Ana Ortega")?;
    ask(&world, ana.parse()?, (Kind::AmendmentRequest, "the meeting was on Tuesday"), 3).await?;
    ask(&world, ana.parse()?, (Kind::AccessRequest, "wants to see it all"), 50).await?;

    let inbox = principal.get("/texting").await?;
    assert!(inbox.words().contains("2 FERPA requests to answer, 1 overdue"), "{}", inbox.words());
    let work = registrar.get("/texting/requests").await?;
    let words = work.words();
    let (late, soon) = (words.find("wants to see it all"), words.find("the meeting was on Tuesday"));
    assert!(late.is_some() && late < soon, "overdue first: {words}");
    assert!(words.contains("Overdue") && words.contains(", 5 days late") && words.contains(", in 42 days"), "{words}");
    let student = principal.get(&format!("/texting/students/{ana}")).await?;
    assert!(student.words().contains("Asked to see the record") && student.words().contains("5 days late"));

    let link = work.text.split("href=\"/texting/requests/").nth(2).and_then(|rest| rest.split('"').next());
    let path = format!("/texting/requests/{}", link.ok_or("no second request")?);
    let page = principal.get(&path).await?;
    assert!(page.words().contains("Showed a photo ID") && page.words().contains("they may ask for a hearing"));
    let untold = step(&mut principal, &path, &[("step", "refused"), ("words", "the minutes show it")]).await?;
    assert_eq!(untold.status, 422);
    assert!(untold.words().contains("Tell the family in writing first") && untold.text.contains("the minutes show it"));
    let refused = [("step", "refused"), ("words", "the minutes show it"), ("told", "yes")];
    assert_eq!(step(&mut principal, &path, &refused).await?.to, path);
    assert_eq!(step(&mut principal, &path, &[("step", "hearing_asked"), ("words", "")]).await?.status, 303);
    let upholds = [("step", "hearing_upholds"), ("words", "two witnesses"), ("told", "yes")];
    let own = step(&mut principal, &path, &upholds).await?;
    assert!(own.status == 403 && own.words().contains("somebody without a stake"), "{} {}", own.status, own.words());
    assert_eq!(step(&mut registrar, &path, &upholds).await?.status, 303);
    let statement = [("step", "statement"), ("words", "We were there on Tuesday.")];
    assert_eq!(step(&mut registrar, &path, &statement).await?.status, 303);

    let student = principal.get(&format!("/texting/students/{ana}")).await?;
    for words in ["Refused after a hearing", "the minutes show it", "We were there on Tuesday.", "Dana Registrar"] {
        assert!(student.words().contains(words), "{words}: {}", student.words());
    }
    let record = principal.get(&format!("/texting/students/{ana}/record.csv")).await?;
    assert!(record.text.contains("Statement of the family") && record.text.contains("We were there on Tuesday."));
    let work = registrar.get("/texting/requests").await?;
    assert!(work.words().contains("1 FERPA request to answer, 1 overdue") && work.words().contains("Answered"));

    let mut teacher = world.signed_in(Role::Teacher, Some(LINCOLN)).await?;
    assert_eq!(teacher.get("/texting/requests").await?.status, 403);
    assert_eq!(teacher.get(&path).await?.status, 403);
    let mut elsewhere = world.signed_in_as(Role::Office, Some("Riverside High School"), "river@example.org").await?;
    assert!(elsewhere.get("/texting/requests").await?.words().contains("Nothing to answer"));
    assert_eq!(elsewhere.get(&path).await?.status, 403);
    Ok(())
}

#[tokio::test]
async fn b14_the_district_sets_the_days_to_answer_within_the_law() -> Done {
    let world = World::new().await?;
    let mut district = world.signed_in(Role::DistrictAdministrator, None).await?;
    let days = |access: &'static str| {
        [("act", "guard"), ("access_days", access), ("amendment_days", "20"), ("hearing_days", "15")]
    };
    assert_eq!(step(&mut district, "/texting/settings", &days("0")).await?.status, 422);
    assert_eq!(step(&mut district, "/texting/settings", &days("30")).await?.status, 303);
    let page = district.get("/texting/settings").await?;
    for set in [
        "name=\"access_days\" value=\"30\"",
        "name=\"amendment_days\" value=\"20\"",
        "name=\"hearing_days\" value=\"15\"",
    ] {
        assert!(page.text.contains(set), "{set}");
    }
    Ok(())
}
