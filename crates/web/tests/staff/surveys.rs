//! Surveys: built and asked by a principal, answered behind the link and in the portal, read by that school alone.

use jiff::SignedDuration;
use schoolbell_domain::ids::{ResponseId, SurveyId};
use schoolbell_domain::language::Language;
use schoolbell_domain::permission::Role;
use schoolbell_domain::survey::{Answer as Said, Answers, Via};
use schoolbell_store::StoreError;
use schoolbell_store::read::{broadcasts, district, surveys};
use schoolbell_store::write::surveys::{self as write, NewResponse, NewSeat};

use super::families::{ROSA, enter};
use super::pace::served;
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

/// A survey of Lincoln that can be asked, as the principal's browser writes it: where it is written on, and its deadline.
async fn written(world: &World, principal: &mut Browser<'_>) -> Done<(String, String)> {
    let soon = world.engine.now() + jiff::SignedDuration::from_hours(120);
    let soon = soon.in_tz("America/Chicago")?.strftime("%Y-%m-%dT%H:%M").to_string();
    let path = press(principal, "/surveys/new", ("add yes_no", &soon)).await?;
    press(principal, &path, ("add single", &soon)).await?;
    Ok((path, soon))
}

/// A survey of Lincoln that leaves; its address.
async fn asked(world: &World, principal: &mut Browser<'_>) -> Done<String> {
    let (path, soon) = written(world, principal).await?;
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

/// Families that are asked, each with an answer.
const FAMILIES: i64 = 10_000;

#[tokio::test]
#[ignore = "measures; scripts/bench surveys runs it"]
async fn measure_the_results_of_ten_thousand_families_over_four_channels() -> Done {
    let world = World::new().await?;
    let mut principal = world.signed_in(Role::Principal, Some(LINCOLN)).await?;
    let (path, _) = written(&world, &mut principal).await?;
    let path = path.replace("/edit", "");
    let id: SurveyId = path.trim_start_matches("/surveys/").parse()?;
    let school = district::schools(&mut world.engine.reader().read().await?).await?[0].id;
    let (now, english) = (world.engine.now(), Language::of("en"));
    let seat = |seat: i64| NewSeat {
        seat,
        school: Some(school),
        grade: format!("{:02}", seat % 12 + 1),
        language: Language::of(["en", "es", "vi"][usize::try_from(seat % 3).unwrap_or(0)]),
        speakers: Vec::new(),
        about: Vec::new(),
    };
    let seats: Vec<NewSeat> = (0..FAMILIES).map(seat).collect();
    let fill = async |tx: &mut schoolbell_store::Tx| {
        write::open(tx, id, "secret", now).await?;
        write::seats(tx, id, &seats).await?;
        for (number, via) in (0..FAMILIES).zip(Via::ALL.into_iter().cycle()) {
            let comes = number % 3 > 0;
            let day = comes.then(|| (2, Said::Choices(vec![u16::from(number % 5 > 1)])));
            let answers: Answers = std::iter::once((1, Said::Choices(vec![u16::from(!comes)]))).chain(day).collect();
            let hidden = number.to_string();
            let response = NewResponse {
                id: ResponseId::from_raw(number + 1),
                survey: id,
                hidden: &hidden,
                hidden_by: "",
                seat: Some(number),
                person: None,
                language: &english,
                via,
                answers: &answers,
                passed: &[],
                complete: true,
                at: now - SignedDuration::from_hours(number % 96),
            };
            write::keep(tx, &response).await?;
            write::answered(tx, id, number, Some(now)).await?;
        }
        Ok::<_, StoreError>(())
    };
    world.db.write("fill the survey", fill).await?;
    let words = principal.get(&path).await?.words();
    assert!(words.contains("10,000 of 10,000 (100.0 %)") && words.contains("6,666 (66.7 %)"), "{words}");
    for (what, path) in [
        ("the results", path.clone()),
        ("with two questions against each other", format!("{path}?down=1&across=2")),
        ("all answers as CSV", format!("{path}/answers.csv")),
        ("all answers for Excel", format!("{path}/answers.xlsx")),
    ] {
        let (half, most) = served(&mut principal, &path).await?;
        println!("a survey of {FAMILIES} families, {what}, served: half {half} ms, slowest of 20 {most} ms");
    }
    Ok(())
}
