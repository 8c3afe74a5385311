//! Surveys: built and asked by a principal, answered behind the link and in the portal, read by that school alone.

use schoolbell_domain::permission::Role;
use schoolbell_store::read::{broadcasts, surveys};

use super::families::{ROSA, enter};
use super::world::{Answer, Browser, Done, World};

const LINCOLN: &str = "Lincoln Elementary School";

fn borrowed(fields: &[(String, String)]) -> Vec<(&str, &str)> {
    fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

/// The builder with two questions: will you come, and if so on which day.
fn filled(page: &Answer, (act, soon): (&str, &str)) -> Done<Vec<(String, String)>> {
    let fields = [
        ("csrf", page.csrf()?),
        ("version", page.field("version")?),
        ("language", "en".to_owned()),
        ("title.en", "Conferences".to_owned()),
        ("q1.text.en", "Will you come?".to_owned()),
        ("q1.required", "yes".to_owned()),
        ("q2.text.en", "Which day?".to_owned()),
        ("q2.choices.en", "Monday\nFriday".to_owned()),
        ("q2.if", "1:0".to_owned()),
        ("seat", "family".to_owned()),
        ("door", "link".to_owned()),
        ("deadline", soon.to_owned()),
        ("act", act.to_owned()),
    ];
    Ok(fields.map(|(name, value)| (name.to_owned(), value)).to_vec())
}

async fn press(browser: &mut Browser<'_>, path: &str, what: (&str, &str)) -> Done<String> {
    let page = browser.get(path).await?;
    let to = browser.post(path, &borrowed(&filled(&page, what)?)).await?.to;
    Ok(to.split(['#', '?']).next().unwrap_or_default().to_owned())
}

/// A survey of Lincoln that leaves, as the principal's browser does it; its address.
async fn asked(world: &World, principal: &mut Browser<'_>) -> Done<String> {
    let soon = world.engine.now() + jiff::SignedDuration::from_hours(120);
    let soon = soon.in_tz("America/Chicago")?.strftime("%Y-%m-%dT%H:%M").to_string();
    let path = press(principal, "/surveys/new", ("add yes_no", &soon)).await?;
    press(principal, &path, ("add single", &soon)).await?;
    let message = press(principal, &path, ("ask", &soon)).await?;
    let review = principal.until(&format!("{message}?step=review"), "digest").await?;
    let fields = [
        ("csrf", review.csrf()?),
        ("version", review.field("version")?),
        ("digest", review.field("digest")?),
        ("when", "now".to_owned()),
    ];
    let fields = fields.map(|(name, value)| (name.to_owned(), value));
    let sent = principal.post(&message.replace("/edit", "/send"), &borrowed(&fields)).await?;
    assert!(sent.to.starts_with("/broadcasts/brd_"), "{} {}", sent.status, sent.words());
    let id = sent.to.trim_start_matches("/broadcasts/").parse()?;
    let mut reads = world.engine.reader().read().await?;
    let draft = broadcasts::lookup_broadcast(&mut reads, id).await?.ok_or("no message")?.draft;
    Ok(format!("/surveys/{}", draft.survey.ok_or("no survey")?))
}

#[tokio::test]
async fn a45_a52_a_school_asks_a_family_answers_and_only_the_school_reads() -> Done {
    let world = World::new().await?;
    world.open_day_and_night().await?;
    world.start_carriers();
    let mut principal = world.signed_in(Role::Principal, Some(LINCOLN)).await?;
    let survey = asked(&world, &mut principal).await?;
    // Rosa in the portal: nothing chosen is refused in words, a branch not taken does not count.
    let mut rosa = enter(&world, ROSA).await?;
    let home = rosa.until("/family", "The school asks: Conferences").await?;
    assert!(home.text.contains(&survey.replace("/surveys/", "/family/surveys/")));
    let path = survey.replace("/surveys/", "/family/surveys/");
    let page = rosa.get(&path).await?;
    assert!(page.words().contains("Only if you answered “Yes” to “Will you come?”"), "{}", page.words());
    let (csrf, seat) = (page.csrf()?, page.field("seat")?);
    let empty = rosa.post(&path, &[("csrf", &csrf), ("seat", &seat)]).await?;
    assert_eq!(empty.status, 422);
    assert!(empty.words().contains("This question needs an answer."), "{}", empty.words());
    let given = [("csrf", csrf.as_str()), ("seat", seat.as_str()), ("q1", "1"), ("q2", "0")];
    assert_eq!(rosa.post(&path, &given).await?.to, format!("{path}?done=yes"));
    let other = [("csrf", csrf.as_str()), ("seat", "12345"), ("q1", "1")];
    assert_eq!(rosa.post(&path, &other).await?.status, 404, "a seat of somebody else");
    // The school reads it, as a page and as files.
    let results = principal.get(&survey).await?.words();
    assert!(results.contains("1 of 2 (50.0 %)") && results.contains("1. Will you come?"), "{results}");
    let csv = principal.get(&format!("{survey}/answers.csv")).await?.text;
    assert!(csv.contains("Will you come?,Which day?\r\nRosa Ortega,Lincoln Elementary School,"), "{csv}");
    assert!(csv.contains(",Portal,") && csv.ends_with(",No,\r\n"), "{csv}");
    assert!(principal.get(&format!("{survey}/answers.xlsx")).await?.bytes.starts_with(b"PK"));
    // The district sees how many, not what; another school and the office see nothing.
    let mut district = world.signed_in(Role::DistrictAdministrator, None).await?;
    let seen = district.get(&survey).await?.words();
    assert!(seen.contains("1 of 2 (50.0 %)") && !seen.contains("Will you come?"), "{seen}");
    assert_eq!(district.get(&format!("{survey}/answers.csv")).await?.status, 404);
    let mut office = world.signed_in(Role::Office, Some(LINCOLN)).await?;
    assert_eq!(office.get(&survey).await?.status, 403);
    assert_eq!(office.get("/surveys").await?.status, 403);
    // Closed, it takes no more.
    let page = principal.get(&survey).await?;
    principal.post(&survey, &[("csrf", &page.csrf()?), ("act", "close")]).await?;
    let late = rosa.post(&path, &given).await?;
    assert_eq!(late.status, 409);
    assert!(late.words().contains("This survey is closed"), "{}", late.words());
    let id = survey.trim_start_matches("/surveys/").parse()?;
    let all = surveys::responses(&mut world.engine.reader().read().await?, id).await?;
    assert_eq!((all.len(), all[0].answers.len()), (1, 1));
    Ok(())
}
